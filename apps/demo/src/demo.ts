import type { LocalSystem, SystemOptions } from '@breakwater/system-runner';
import {
  type Experiment,
  experiments,
  lookupsPerExperiment,
  type LookupSeries,
} from '@breakwater/contracts/experiments';
import { experimentDeviations, requestLookups } from './lookup-series.ts';
import type { DemoOptions } from './options.ts';
import type { Job, Progress } from './progress.ts';
import { recover, type Recovery, recoveryDeviations } from './recovery.ts';
import type { DemoResults } from './report.ts';
import type { ExperimentTarget } from './target.ts';

/** The system under experiment, and where to display progress. */
export interface DemoContext {
  readonly target: ExperimentTarget;
  readonly progress: Progress;
  /** Cancels everything in flight. */
  readonly signal: AbortSignal;
}

/** Customer's response time on its own clock: slow enough to open the breakers of the experiments. */
export const customerLatency = '2s';

/**
 * The system that the demo starts. Users may break it, unless it ends after the experiments.
 *
 * @param report receives a sentence when a process has ended and is started again
 */
export function systemOptions(
  { port, timeScale, gateway, once }: DemoOptions,
  report: (message: string) => void,
): SystemOptions {
  return {
    name: 'demo',
    port,
    lab: true,
    timeScale,
    gateway,
    console: true,
    unexpectedEnd: once ? 'breaks' : 'is-restarted',
    processControl: !once,
    report,
    env: { account: { DEMO_MODE: 'true' }, customer: { CUSTOMER_LATENCY: customerLatency } },
  };
}

/** Starts a system step by step. */
export function startUp(system: LocalSystem, { progress, signal }: Omit<DemoContext, 'target'>): Promise<void> {
  const [compile, ...others] = system.steps.map((step) => ({ title: step.title, run: () => step.run(signal) }));
  const check = { title: 'Check the policies', run: () => system.checkPolicies(signal) };
  const jobs = compile === undefined ? [] : [compile, check, ...others];
  return progress.run(jobs, 'sequential');
}

/** Runs all experiments in parallel: each has its own breaker. */
async function runExperiments({ target, progress, signal }: DemoContext): Promise<DemoResults['experiments']> {
  // In the order of the report instead of completion order.
  const results: { experiment: Experiment; series: LookupSeries }[] = [];
  const jobs = experiments.map((experiment, index): Job => {
    const { name } = experiment;
    const status = (calls: number, state: string): string =>
      `${name.padEnd(longestName)}  ${String(calls).padStart(2)}/${lookupsPerExperiment}  ${state}`;
    return {
      title: status(0, ''),
      run: async (show) => {
        const series = await requestLookups({
          gatewayUrl: target.gatewayUrl,
          breaker: name,
          times: lookupsPerExperiment,
          reset: true,
          signal,
          onCall: ({ n, state }) => show(status(n, state)),
        });
        results[index] = { experiment, series };
        return status(series.calls.length, series.calls.at(-1)?.state ?? '');
      },
    };
  });
  await progress.run(jobs, 'parallel');
  return results;
}

const longestName = Math.max(...experiments.map(({ name }) => name.length));

/** Makes customer fast again and shows that the breaker of the first experiment closes. */
async function runRecovery({ target, progress, signal }: DemoContext, opened: LookupSeries): Promise<Recovery> {
  const recovered = Promise.withResolvers<Recovery>();
  const title = `recovery of ${opened.breaker} on ${opened.instance}`;
  const run: Job['run'] = async (show) => {
    const recovery = await recover({ target, opened, signal, onCall: ({ state }) => show(`${title}  ${state}`) });
    recovered.resolve(recovery);
    return `${title}  ${recovery.finalState}`;
  };
  await progress.run([{ title, run }], 'sequential');
  return recovered.promise;
}

/** Runs the experiments, and the recovery of the first one. */
export async function runAll(context: DemoContext, timeScale: number): Promise<DemoResults> {
  const results = await runExperiments(context);
  const [first] = results;
  if (first === undefined) throw new Error('there are no experiments');
  const recovery = await runRecovery(context, first.series);
  return { experiments: results, recovery, timeScale };
}

/** Lists the differences between the expected and the actual results: a sentence each. */
export function deviationsOf({ experiments: results, recovery }: DemoResults): readonly string[] {
  return [
    ...results.flatMap(({ experiment, series }) => experimentDeviations(experiment, series)),
    ...recoveryDeviations(recovery),
  ];
}
