import { progressOn } from '@breakwater/system-runner/progress';
import type { JudgedRun } from '../report/terminal.ts';
import { judge, type Judgement } from './judgement.ts';
import type { K6Program } from './k6-program.ts';
import { measure } from './measures.ts';
import { type RunRequest, runScenario } from './run-scenario.ts';

/** What is run, and how. */
export interface RunPlan extends Omit<RunRequest, 'k6' | 'say' | 'signal'> {
  /** The judgement of the control arm, if there is one. */
  readonly control?: Judgement | undefined;
  /** The beginning of the progress line. Default: the scenario. */
  readonly label?: string;
}

/** Runs a scenario once, measures and judges it. */
export async function runAndJudge(plan: RunPlan, k6: K6Program, signal: AbortSignal): Promise<JudgedRun> {
  const { scenario, variant, target, control, label = scenario.name } = plan;
  const progress = progressOn(process.stderr);
  try {
    const record = await runScenario({ ...plan, k6, signal, say: (what) => progress.say(`${label}: ${what}`) });
    const measures = measure(record);
    const all = scenario.thresholds(variant);
    const { customerCallsPerArrival: _ofReplicas, ...ofClients } = all;
    // Nothing but the clients measures a system that was not started here.
    const thresholds = target === undefined ? all : scenario.isMeasuredByClients ? ofClients : {};
    const judgement = judge(
      record,
      measures,
      thresholds,
      variant === scenario.control
        ? { controlThresholds: scenario.controlThresholds ?? {} }
        : control === undefined
          ? {}
          : { control },
    );
    return { claim: scenario.claim, record, measures, judgement };
  } finally {
    progress.clear();
  }
}
