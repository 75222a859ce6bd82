import { SystemFailure } from '@breakwater/system-runner';
import { repeatedRunOf, writeComparisonNumbers, writeComparisonReport } from '../report/engine-report.ts';
import type { EngineComparison, RepeatedRun } from '../report/engine-tables.ts';
import type { JudgedRun } from '../report/terminal.ts';
import type { Durations, Scenario, Variant } from '../scenarios/scenario.ts';
import { type Engine, engines } from './engines.ts';
import { isDisturbed, percent } from './judgement.ts';
import type { K6Program } from './k6-program.ts';
import { warmUpSeconds } from './load-of.ts';
import { runAndJudge } from './run-and-judge.ts';
import { turnsOf } from './turns.ts';

/** A comparison of all engines in one scenario. */
export interface ComparePlan {
  readonly scenario: Scenario;
  readonly variant: Variant;
  readonly repetitions: number;
  readonly durations: Durations;
  readonly isShort: boolean;
  /** Directory for reports. */
  readonly out: string;
}

/** The start of the system, its end and the audit take about this long. */
const aroundLoadSeconds = 20;

/** What a comparison is expected to take. */
export function expectedMinutes({ repetitions, durations: { before, during, after } }: ComparePlan): number {
  const runs = engines.length * repetitions;
  return Math.ceil((runs * (warmUpSeconds + before + during + after + aroundLoadSeconds)) / 60);
}

/** Why a run shows the machine more than the engine, so that it has to be made again; undefined when it need not. */
export function reasonToRepeat({ judgement, measures }: Pick<JudgedRun, 'judgement' | 'measures'>): string | undefined {
  if (judgement.invalid !== undefined) return judgement.invalid;
  return isDisturbed(measures) ? `other programs took ${percent(measures.othersShare)} of all processors` : undefined;
}

/**
 * Makes a run, and makes it again when it shows the machine more than the engine, or when the system did not start.
 *
 * @param onRepetition is called before the second run
 */
export async function withOneRepetition(
  run: () => Promise<JudgedRun>,
  onRepetition: (why: string) => void,
): Promise<{ readonly judged: JudgedRun; readonly repeatedBecause: string | undefined }> {
  let repeatedBecause: string | undefined;
  try {
    const judged = await run();
    repeatedBecause = reasonToRepeat(judged);
    if (repeatedBecause === undefined) return { judged, repeatedBecause };
  } catch (error) {
    // Other errors are bugs, or the interruption.
    if (!(error instanceof SystemFailure)) throw error;
    repeatedBecause = error.message;
  }
  onRepetition(repeatedBecause);
  return { judged: await run(), repeatedBecause };
}

/** The comparison, the runs by which it is judged, and its page. */
export interface Compared {
  readonly comparison: EngineComparison;
  readonly runs: readonly JudgedRun[];
  readonly report: string;
}

/**
 * Runs every engine several times, in turns. Each run has a new system: a circuit breaker, a cache or a process that is warm from an
 * earlier run would make the repetitions depend on each other. Writes the numbers after each run.
 *
 * @param report is called after each run
 * @returns undefined when it was interrupted
 */
export async function compareEngines(
  plan: ComparePlan,
  k6: K6Program,
  signal: AbortSignal,
  report: (line: string) => void,
): Promise<Compared | undefined> {
  const { scenario, variant, durations, isShort, repetitions, out } = plan;
  const turns = turnsOf(engines, repetitions);
  const repeated: RepeatedRun[] = [];
  const runs: JudgedRun[] = [];
  /** The first run of each engine, with its requests, for its chart. */
  const charted = new Map<Engine, JudgedRun>();
  let comparison: EngineComparison | undefined;
  let folder = '';
  for (const [index, { arm: engine, repetition }] of turns.entries()) {
    const label = `${scenario.name}, run ${index + 1} of ${turns.length}, ${engine}`;
    const run = () =>
      runAndJudge({ scenario, engine, variant, durations, isShort, isLab: true, target: undefined, label }, k6, signal);
    const { judged, repeatedBecause } = await withOneRepetition(run, (why) =>
      report(`${label}: made again, because ${why}`),
    );
    if (signal.aborted) return undefined;
    if (!charted.has(engine)) charted.set(engine, judged);
    // The requests of an hour would fill the memory.
    runs.push({ ...judged, record: { ...judged.record, requests: [], breakers: [], services: [], forwarded: [] } });
    repeated.push(repeatedRunOf(judged, repetition, repeatedBecause));
    const { startedAt, machine } = (runs[0] ?? judged).record;
    const { name, claim } = scenario;
    comparison = { scenario: name, claim, variant, repetitions, isShort, startedAt, machine, runs: [...repeated] };
    folder = await writeComparisonNumbers(comparison, out);
    report(`${label}: ${judged.judgement.invalid ?? 'done'}`);
  }
  if (comparison === undefined) throw new Error('there is nothing to compare');
  return { comparison, runs, report: await writeComparisonReport(comparison, [...charted.values()], folder) };
}
