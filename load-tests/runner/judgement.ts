import type { Threshold } from '../scenarios/scenario.ts';
import { type Measures, phaseOf } from './measures.ts';
import type { RunRecord } from './run-record.ts';

/** Result of a check. `shown`: measured, but without a limit for this run. `not judged`: not measured. */
export type CheckResult = 'passed' | 'failed' | 'shown' | 'not judged';

/** A check with its measured and allowed values as text. */
export interface Check {
  readonly name: string;
  readonly measured: string;
  readonly allowed: string;
  readonly verdict: CheckResult;
}

export interface Judgement {
  readonly checks: readonly Check[];
  /** Why the run is invalid; undefined for a valid run. */
  readonly invalid: string | undefined;
  /** Whether the run is valid and no check failed. */
  readonly isPassed: boolean;
  /** Circumstances that distort the numbers. */
  readonly cautions: readonly string[];
}

/** Above this share of all processors, latencies partly depend on the machine. */
const busyMachine = 0.8;
/** Above this average share, every process waited for a processor, and the run is invalid. */
const exhaustedMachine = 0.95;
/** Required before the fault; otherwise the effect of the fault cannot be determined. */
const requiredBefore = { goodput: 0.99, p95Ms: 100 };
/** Above this share, the load generator itself affects latencies. */
const busyGenerator = 0.25;

/** Shows a measured value, or a dash without one; JSON has null for NaN. */
const shown =
  (format: (value: number) => string) =>
  (value: number | null | undefined): string =>
    typeof value === 'number' && !Number.isNaN(value) ? format(value) : '–';

/** `99.31 %`. */
export const percent = shown((share) => `${(share * 100).toFixed(2)} %`);
/** `87 ms`. */
export const milliseconds = shown((ms) => `${ms.toFixed(0)} ms`);
/** `10.3 s`. */
export const seconds = shown((ms) => `${(ms / 1_000).toFixed(1)} s`);
/** `12.5`. */
export const perSecond = shown((rate) => rate.toFixed(1));

/**
 * Judges a run.
 *
 * @param thresholds limits for our engine; other engines are only compared, except for the ledger
 */
export function judge(record: RunRecord, measures: Measures, thresholds: readonly Threshold[]): Judgement {
  const isOurs = record.engine === 'sliding-window';
  const checks = [
    ledgerCheck(record),
    ...thresholds.map((threshold): Check => {
      const [name, valueOf, show] = limited[threshold.kind];
      const [value, limit] = [valueOf(measures), limitOf(threshold)];
      // A system that never became fast or healthy is a failed check, not a missing measurement.
      const isNever = value === undefined && threshold.kind.startsWith('time-to-');
      const isMeasured = value !== undefined && !Number.isNaN(value);
      const holds = isMeasured && ('atLeast' in threshold ? value >= limit : value <= limit);
      const verdict = isMeasured || isNever ? (holds ? 'passed' : 'failed') : 'not judged';
      return {
        name,
        measured: isMeasured ? show(value) : isNever ? 'never' : 'not measured',
        allowed: `${'atLeast' in threshold ? '≥' : '≤'} ${show(limit)}`,
        verdict: isOurs || verdict === 'not judged' ? verdict : 'shown',
      };
    }),
  ];
  const invalid = invalidity(record, measures);
  return {
    checks,
    invalid,
    // On our own system everything is measurable, so a missing measurement is a failure.
    isPassed:
      invalid === undefined &&
      checks.every(
        ({ verdict }) => verdict !== 'failed' && (verdict !== 'not judged' || record.omissions.length > 0 || !isOurs),
      ),
    cautions: cautionsOf(measures),
  };
}

function invalidity({ droppedRequests, requests }: RunRecord, measures: Measures): string | undefined {
  const { machineShare } = measures;
  if (requests.length === 0) return 'no request was sent';
  if (droppedRequests > 0) {
    return `k6 could not start ${droppedRequests} requests in time, so the load was lower than planned`;
  }
  if ((machineShare ?? 0) > exhaustedMachine) {
    return `the machine was exhausted (${percent(machineShare)} of all processors on average)`;
  }
  const before = phaseOf(measures, 'before');
  if (before === undefined) return undefined;
  const { goodput, latenciesMs } = before;
  if (goodput >= requiredBefore.goodput && latenciesMs.p95 <= requiredBefore.p95Ms) return undefined;
  return (
    `before the fault the system was not healthy (goodput ${percent(goodput)}, p95 ${milliseconds(latenciesMs.p95)}): ` +
    `the machine is too slow or too busy for this load`
  );
}

function cautionsOf({ generatorShare, machineShare }: Measures): string[] {
  return [
    ...((generatorShare ?? 0) > busyGenerator
      ? [`k6 itself took ${percent(generatorShare)} of all processors: latencies include its delays`]
      : []),
    ...((machineShare ?? 0) > busyMachine
      ? [`the machine was busy (${percent(machineShare)} of all processors on average): latencies include its delays`]
      : []),
  ];
}

function ledgerCheck({ ledger }: RunRecord): Check {
  const name = 'ledger: every accepted account exists once';
  const allowed = 'no violation';
  if (ledger === undefined) return { name, measured: 'not measured', allowed, verdict: 'not judged' };
  const { findings, requests, accounts, retried } = ledger;
  const [first] = findings;
  const measured =
    first === undefined
      ? `${requests} requests, ${accounts} accounts, ${retried} retried`
      : `${findings.length} violations, the first: ${first.message}`;
  return { name, measured, allowed, verdict: first === undefined ? 'passed' : 'failed' };
}

type Limited = readonly [
  name: string,
  value: (measures: Measures) => number | undefined,
  show: (value: number) => string,
];

/** What each threshold limits: the name of the check, the measured value, and the format of both numbers. */
const limited: Readonly<Record<Threshold['kind'], Limited>> = {
  goodput: ['goodput during', (measures) => phaseOf(measures, 'during')?.goodput, percent],
  'goodput-overall': ['goodput over all', ({ overallGoodput }) => overallGoodput, percent],
  'server-errors': ['5xx responses', ({ serverErrors }) => serverErrors, String],
  'p99-protected': ['p99 after the breakers opened', (measures) => measures.protected?.latenciesMs.p99, milliseconds],
  'p99-during': ['p99 during', (measures) => phaseOf(measures, 'during')?.latenciesMs.p99, milliseconds],
  'time-to-protect': ['time to protect', ({ timeToProtectMs }) => timeToProtectMs, seconds],
  'time-to-recover': ['time to recover', ({ timeToRecoverMs }) => timeToRecoverMs, seconds],
  'customer-load-protected': [
    'load on customer after opening, of normal',
    (measures) => measures.protected?.shareOfCustomerCalls,
    percent,
  ],
  'customer-calls-per-arrival': [
    'calls to customer per request',
    ({ customerCallsPerArrival }) => customerCallsPerArrival,
    (value) => value.toFixed(2),
  ],
  'memory-growth': ['memory, last third over second', ({ memoryGrowth }) => memoryGrowth, (value) => value.toFixed(3)],
  'event-loop-lag-growth': [
    'event-loop lag, last third minus second',
    ({ eventLoopLagGrowthMs }) => eventLoopLagGrowthMs,
    milliseconds,
  ],
};

function limitOf(threshold: Threshold): number {
  if ('atLeast' in threshold) return threshold.atLeast;
  return 'atMost' in threshold ? threshold.atMost : threshold.atMostMs;
}
