import { type Outcome, outcomes } from '@breakwater/system-runner/ledger';
import type { Engine, EngineTable } from '../runner/engines.ts';
import { milliseconds, percent, perSecond, seconds } from '../runner/judgement.ts';
import { type Measures, phaseOf } from '../runner/measures.ts';
import type { RunRecord } from '../runner/run-record.ts';
import {
  coverageOf,
  differenceOf,
  differences,
  separationProbability,
  type Summary,
  summaryOf,
} from './repetitions.ts';

/** One of several runs of the same arm. */
export interface RepeatedRun extends Pick<RunRecord, 'engine' | 'ledger' | 'droppedRequests'> {
  /** From 1. */
  readonly repetition: number;
  readonly measures: Measures;
  /** Why the run is invalid; undefined for a valid run. */
  readonly invalid?: string | undefined;
  /** Why an earlier run was made again; undefined when it was not. */
  readonly repeatedBecause?: string | undefined;
}

/** The runs of all engines, without their single requests: the content of `comparison.json`. */
export interface EngineComparison extends Pick<
  RunRecord,
  'scenario' | 'variant' | 'isShort' | 'startedAt' | 'machine'
> {
  readonly claim: string;
  readonly repetitions: number;
  readonly runs: readonly RepeatedRun[];
}

/** A measure of the tables. */
interface Row {
  readonly name: string;
  /** Undefined for a measure of which neither more nor less is better. */
  readonly better?: 'lower' | 'higher';
  readonly of: (run: RepeatedRun) => number | null | undefined;
  readonly show: (value: number) => string;
}

const duringOf = ({ measures }: RepeatedRun) => phaseOf(measures, 'during');
const shareOf =
  (outcome: Outcome) =>
  (run: RepeatedRun): number | undefined => {
    const during = duringOf(run);
    return during && during.outcomes[outcome] / during.arrivals;
  };
const betterOutcomes: Readonly<Partial<Record<Outcome, 'lower' | 'higher'>>> = {
  'verified now': 'higher',
  refused: 'lower',
  failed: 'lower',
};
/** A time that never ended is longer than all others. */
const orNever = (ms: number | null | undefined): number => ms ?? Infinity;
const secondsOrNever = (ms: number): string => (ms === Infinity ? 'never' : seconds(ms));

const rows: readonly Row[] = [
  ...outcomes.map((outcome): Row => {
    const better = betterOutcomes[outcome];
    return { name: outcome, ...(better && { better }), of: shareOf(outcome), show: percent };
  }),
  ...(['p50', 'p95', 'p99', 'max'] as const).map((which): Row => ({
    name: which,
    better: 'lower',
    of: (run) => duringOf(run)?.latenciesMs[which],
    show: milliseconds,
  })),
  {
    name: 'p99 after opening',
    better: 'lower',
    of: ({ measures }) => measures.protected?.latenciesMs.p99,
    show: milliseconds,
  },
  { name: '5xx responses', better: 'lower', of: ({ measures }) => measures.serverErrors, show: String },
  {
    name: 'time to protect',
    better: 'lower',
    of: ({ measures }) => orNever(measures.timeToProtectMs),
    show: secondsOrNever,
  },
  {
    name: 'time until verified again',
    better: 'lower',
    of: ({ measures }) => orNever(measures.timeToVerifyMs),
    show: secondsOrNever,
  },
  {
    name: 'time to recover',
    better: 'lower',
    of: ({ measures }) => orNever(measures.timeToRecoverMs),
    show: secondsOrNever,
  },
  {
    name: 'calls to customer per second',
    better: 'lower',
    of: (run) => duringOf(run)?.customerCallsPerSecond,
    show: perSecond,
  },
  { name: 'processors: the system and k6', of: ({ measures }) => measures.ownShare, show: percent },
  { name: 'processors: other programs', of: ({ measures }) => measures.othersShare, show: percent },
  { name: 'processors: the machine', of: ({ measures }) => measures.machineShare, show: percent },
];

const runsOf = (runs: readonly RepeatedRun[], engine: Engine): readonly RepeatedRun[] =>
  runs.filter((run) => run.engine === engine);

/** A row per measure, a column per engine: the median, and the range below which no run was and above which none was. */
export function engineTableOf({ engines }: EngineTable, { runs }: EngineComparison): string[][] {
  const columns = engines.map((engine) => runsOf(runs, engine));
  return [
    ['during the fault', ...engines],
    ...rows.map(({ name, of, show }) => [name, ...columns.map((column) => shown(summaryOf(column.map(of)), show))]),
    ['ledger', ...columns.map(ledgerOf)],
    ['valid runs', ...columns.map((column) => `${column.filter(isValid).length} of ${column.length}`)],
  ];
}

const isValid = ({ invalid }: RepeatedRun): boolean => invalid === undefined;

function shown(summary: Summary | undefined, show: (value: number) => string): string {
  if (summary === undefined) return '–';
  const [median, low, high] = [summary.median, summary.low, summary.high].map(show);
  const range = low === high ? '' : ` (${low} to ${high})`;
  const missing = summary.measured < summary.runs ? `, in ${summary.measured} of ${summary.runs} runs` : '';
  return `${median}${range}${missing}`;
}

function ledgerOf(runs: readonly RepeatedRun[]): string {
  if (runs.some(({ ledger }) => ledger === undefined)) return 'not read';
  const violations = runs.reduce((sum, { ledger }) => sum + (ledger?.findings.length ?? 0), 0);
  return violations === 0 ? 'no violation' : `${violations} violations`;
}

/** The greatest probability with which a difference may be shown although there is none. */
const maxError = 0.05;

/** In which measures our engine is better than the others of a table, and in which it is not: a sentence per engine. */
export function findingsOf({ engines }: EngineTable, { runs, repetitions }: EngineComparison): string[] {
  const [our, ...others] = engines;
  if (our === undefined || separationProbability(repetitions) > maxError) return [];
  const ours = runsOf(runs, our);
  return others.map((engine) => {
    const found = rows.flatMap(({ name, of, better }) => {
      const other = runsOf(runs, engine);
      const difference = better && differenceOf(summaryOf(ours.map(of)), summaryOf(other.map(of)), better);
      return difference === undefined ? [] : [{ name, difference }];
    });
    const parts = differences.flatMap((wanted) => {
      const names = found.filter(({ difference }) => difference === wanted).map(({ name }) => name);
      return names.length === 0 ? [] : [`${wanted} in ${names.join(', ')}`];
    });
    return `${our} next to ${engine}: ${parts.join('; ')}.`;
  });
}

/** How the tables are to be read: a paragraph. */
export function methodOf({ repetitions, runs, machine, isShort }: EngineComparison): string {
  const arms = new Set(runs.map(({ engine }) => engine)).size;
  const repeated = runs.filter(({ repeatedBecause }) => repeatedBecause !== undefined).length;
  const interval =
    separationProbability(repetitions) > maxError
      ? `${repetitions === 1 ? 'One repetition is' : `${repetitions} repetitions are`} too few to show a difference.`
      : `A cell has the median and the range of ${repetitions} runs; the range contains the median of all such runs with a ` +
        `probability of ${percent(coverageOf(repetitions))}. One engine counts as better in a measure when each of its runs is better than ` +
        `each of the other's; for two engines without a difference, the probability of that is ` +
        `${percent(separationProbability(repetitions))} in each measure.`;
  return (
    `${arms} arms, ${repetitions} ${repetitions === 1 ? 'run' : 'runs'} each, in turns, each with a new system from the lab entries on ` +
    `one machine (${machine.description}). ${interval} A run is made again, once, when it is invalid or when programs that have nothing ` +
    `to do with it take more than a tenth of all processors: ${repeated} of ${runs.length} were.` +
    (isShort ? ' The phases were short, which is for checks of the comparison itself.' : '')
  );
}
