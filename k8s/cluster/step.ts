import { type ClusterFacts, Recorder, type StepResult } from './record.ts';
import type { Run } from './run.ts';

/** A part of the check. */
export interface Step {
  /** For `--steps`, such as `roll-out-account`. */
  readonly name: string;
  /** What is true when it has passed. */
  readonly title: string;
  /** Why this cluster cannot show it; undefined when it can. Default: every cluster can. */
  readonly missing?: (facts: ClusterFacts) => string | undefined;
  /**
   * Whether account may refuse requests meanwhile, with `Retry-After`: they count neither as lost nor as successes. Default: false.
   */
  readonly mayRefuse?: boolean;
  readonly run: (run: Run, record: Recorder) => Promise<void>;
}

/** Runs a step. Its errors become its result. @param now seconds since the start of the run */
export async function perform(step: Step, run: Run, facts: ClusterFacts, now: () => number): Promise<StepResult> {
  const { name, title } = step;
  const at = Math.round(now());
  const missing = step.missing?.(facts);
  if (missing !== undefined) {
    return { name, title, status: 'not checked', at, seconds: 0, figures: {}, reasons: [missing] };
  }
  const record = new Recorder();
  try {
    await step.run(run, record);
  } catch (error) {
    record.faults.push(error instanceof Error ? error.message : String(error));
  }
  const seconds = Math.round(now() - at);
  const { figures, faults, load } = record;
  const isMissing = record.missing !== undefined && faults.length === 0;
  return {
    name,
    title,
    status: faults.length > 0 ? 'failed' : isMissing ? 'not checked' : 'passed',
    at,
    seconds,
    figures,
    ...(load === undefined ? {} : { load }),
    reasons: isMissing ? [record.missing!] : faults,
  };
}
