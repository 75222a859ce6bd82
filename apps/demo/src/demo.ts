import type { LocalSystem, SystemOptions } from '@breakwater/system-runner';
import { type Experiment, experiments, lookupsPerExperiment } from './experiments/experiments.ts';
import type { LookupSeries } from './experiments/lookups.ts';
import { lookUp } from './experiments/lookups-client.ts';
import { recover, type Recovery } from './experiments/recovery.ts';
import type { Target } from './experiments/target.ts';
import { deviations, recoveryDeviations } from './experiments/verdict.ts';
import type { DemoOptions } from './options.ts';
import type { Job, Progress } from './report/progress.ts';
import type { Results } from './report/results.ts';

/** Where the experiments are made, and how to show what is done there. */
export interface Stage {
  readonly target: Target;
  readonly progress: Progress;
  /** Ends whatever goes on. */
  readonly signal: AbortSignal;
}

/** How long customer takes to answer, on its own clock: slow enough to trip the breakers of this demo. */
export const customerLatency = '2s';

/** The system that the experiments are made for. */
export function systemOptions({ port, timeScale, gateway }: DemoOptions): SystemOptions {
  return {
    name: 'demo',
    port,
    lab: true,
    timeScale,
    gateway,
    console: true,
    env: { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: customerLatency } },
  };
}

/** Starts a system, step by step. */
export function startUp(system: LocalSystem, { progress, signal }: Omit<Stage, 'target'>): Promise<void> {
  return progress.run(
    system.steps.map((step) => ({ title: step.title, run: () => step.run(signal) })),
    'in turn',
  );
}

/** Runs the experiments, all at once: each has a breaker of its own. */
export async function runExperiments(stage: Stage): Promise<Results['experiments']> {
  const results = new Map<Experiment, LookupSeries>();
  const jobs = experiments.map((experiment) =>
    experimentJob(experiment, stage, (series) => results.set(experiment, series)),
  );
  await stage.progress.run(jobs, 'at once');
  // In the order of the report, not in that of their ends.
  return experiments.flatMap((experiment) => {
    const series = results.get(experiment);
    return series === undefined ? [] : [{ experiment, series }];
  });
}

/** Heals customer and shows that the breaker that the first experiment opened closes again. */
export async function runRecovery({ target, progress, signal }: Stage, opened: LookupSeries): Promise<Recovery> {
  const result = Promise.withResolvers<Recovery>();
  const title = `recovery of ${opened.breaker} on ${opened.instance}`;
  const job: Job = {
    title,
    run: async (show) => {
      const recovery = await recover({
        target,
        opened,
        signal,
        onCall: ({ state }) => show(`${title}  ${state}`),
      });
      result.resolve(recovery);
      return `${title}  ${recovery.finalState}`;
    },
  };
  await progress.run([job], 'in turn');
  return result.promise;
}

/** In which ways the run did not come out as stated: a sentence each. */
export function deviationsOf({ experiments: results, recovery }: Results): string[] {
  return [
    ...results.flatMap(({ experiment, series }) => deviations(experiment, series)),
    ...recoveryDeviations(recovery),
  ];
}

const longestName = Math.max(...experiments.map(({ name }) => name.length));

function experimentJob({ name }: Experiment, { target, signal }: Stage, onResult: (series: LookupSeries) => void): Job {
  const status = (calls: number, state: string): string =>
    `${name.padEnd(longestName)}  ${String(calls).padStart(2)}/${lookupsPerExperiment}  ${state}`;
  return {
    title: status(0, ''),
    run: async (show) => {
      const series = await lookUp({
        gatewayUrl: target.gatewayUrl,
        breaker: name,
        times: lookupsPerExperiment,
        reset: true,
        signal,
        onCall: ({ n, state }) => show(status(n, state)),
      });
      onResult(series);
      return status(series.calls.length, series.calls.at(-1)?.state ?? '');
    },
  };
}
