import type { Thresholds } from '../scenarios/scenario.ts';
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
  /** Whether the run lacks the protection, so that it has to miss a limit. */
  readonly isControl: boolean;
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
 * @param isControl whether the run lacks the protection, so that it has to miss a limit; default: false
 */
export function judge(
  record: RunRecord,
  measures: Measures,
  thresholds: Thresholds,
  { isControl = false } = {},
): Judgement {
  const isOurs = record.engine === 'sliding-window';
  const limits = limitChecks(measures, thresholds);
  const checks = [
    ledgerCheck(record),
    ...limits.map((check) => ((isOurs && !isControl) || check.verdict === 'not judged' ? check : shownOnly(check))),
    ...(isOurs && isControl ? [controlCheck(limits)] : []),
  ];
  const invalid = invalidity(record, measures);
  return {
    checks,
    invalid,
    isControl,
    // On our own system everything is measurable, so a missing measurement is a failure.
    isPassed:
      invalid === undefined &&
      checks.every(
        ({ verdict }) => verdict !== 'failed' && (verdict !== 'not judged' || record.omissions.length > 0 || !isOurs),
      ),
    cautions: cautionsOf(measures),
  };
}

function limitChecks(measures: Measures, thresholds: Thresholds): Check[] {
  return (Object.entries(thresholds) as [keyof Thresholds, number][]).map(([threshold, limit]) => {
    const [name, bound, show, valueOf] = limited[threshold];
    const value = valueOf(measures);
    // A system that never became fast or healthy is a failed check, not a missing measurement.
    const isNever = value === undefined && threshold.startsWith('timeTo');
    const isMeasured = value !== undefined && !Number.isNaN(value);
    const holds = isMeasured && (bound === '≥' ? value >= limit : value <= limit);
    return {
      name,
      measured: isMeasured ? show(value) : isNever ? 'never' : 'not measured',
      allowed: `${bound} ${show(limit)}`,
      verdict: isMeasured || isNever ? (holds ? 'passed' : 'failed') : 'not judged',
    };
  });
}

const shownOnly = (check: Check): Check => ({ ...check, verdict: 'shown' });

/** A control arm that keeps every limit shows that the limits prove nothing. */
function controlCheck(limits: readonly Check[]): Check {
  const missed = limits.filter(({ verdict }) => verdict === 'failed').length;
  return {
    name: 'limits that the control arm misses',
    measured: `${missed} of ${limits.length}`,
    allowed: '≥ 1',
    verdict: missed > 0 ? 'passed' : 'failed',
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

const shareRefused = (phase: Measures['phases'][number] | undefined): number | undefined =>
  phase && phase.outcomes['503'] / phase.arrivals;

type Limited = readonly [
  name: string,
  bound: '≥' | '≤',
  show: (value: number) => string,
  value: (measures: Measures) => number | undefined,
];

/** The check of each threshold: its name, its direction, the format of its numbers and the measured value. */
const limited: Readonly<Record<keyof Thresholds, Limited>> = {
  goodput: ['goodput during', '≥', percent, (measures) => phaseOf(measures, 'during')?.goodput],
  overallGoodput: ['goodput over all', '≥', percent, ({ overallGoodput }) => overallGoodput],
  serverErrors: ['5xx responses', '≤', String, ({ serverErrors }) => serverErrors],
  p99ProtectedMs: [
    'p99 after the breakers opened',
    '≤',
    milliseconds,
    (measures) => measures.protected?.latenciesMs.p99,
  ],
  p99DuringMs: ['p99 during', '≤', milliseconds, (measures) => phaseOf(measures, 'during')?.latenciesMs.p99],
  verifiedNow: ['verified now, from 2 s on', '≥', percent, ({ noticed }) => noticed.verifiedNow],
  p99NoticedMs: ['p99 from 2 s on', '≤', milliseconds, ({ noticed }) => noticed.latenciesMs.p99],
  breakersLeftClosed: ['breakers that were not CLOSED', '≤', String, ({ breakersLeftClosed }) => breakersLeftClosed],
  timeToShareMs: ["time until the replica's share is back", '≤', seconds, ({ timeToShareMs }) => timeToShareMs],
  loadOnReturn: [
    'load on the replica in its first 3 s, of an equal share',
    '≤',
    (ratio) => ratio.toFixed(2),
    ({ loadOnReturn }) => loadOnReturn,
  ],
  timeToProtectMs: ['time to protect', '≤', seconds, ({ timeToProtectMs }) => timeToProtectMs],
  timeToRecoverMs: ['time to recover', '≤', seconds, ({ timeToRecoverMs }) => timeToRecoverMs],
  customerLoadProtected: [
    'load on customer after opening, of normal',
    '≤',
    percent,
    (measures) => measures.protected?.shareOfCustomerCalls,
  ],
  customerCallsPerArrival: [
    'calls to customer per request',
    '≤',
    (calls) => calls.toFixed(2),
    ({ customerCallsPerArrival }) => customerCallsPerArrival,
  ],
  upstreamRequestsPerArrival: [
    'requests to account per request',
    '≤',
    (requests) => requests.toFixed(3),
    ({ upstreamRequestsPerArrival }) => upstreamRequestsPerArrival,
  ],
  refused: ['refused with 503 during', '≥', percent, (measures) => shareRefused(phaseOf(measures, 'during'))],
  memoryGrowth: [
    'memory, last third over second',
    '≤',
    (ratio) => ratio.toFixed(3),
    ({ memoryGrowth }) => memoryGrowth,
  ],
  eventLoopLagGrowthMs: [
    'event-loop lag, last third minus second',
    '≤',
    milliseconds,
    ({ eventLoopLagGrowthMs }) => eventLoopLagGrowthMs,
  ],
};
