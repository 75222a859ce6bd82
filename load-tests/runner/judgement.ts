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
  /** Whether a limit was missed, also by a run that is not judged by it. */
  readonly isMissed: boolean;
  /** What the control arm shows: a limit that it keeps is no evidence for the claim. Undefined without a control arm. */
  readonly control?: string;
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
/** Above this share of other programs, a run shows the machine as much as the system. */
const disturbingOthers = 0.1;
/** Required before the fault; otherwise the effect of the fault cannot be determined. */
const requiredBefore = { settled: 0.99, p95Ms: 100 };
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
 * @param options.controlThresholds limits of the control arm, which lacks the protection and therefore has to miss one of
 *   `thresholds`; default: the run is no control arm
 * @param options.control the judgement of the control arm
 */
export function judge(
  record: RunRecord,
  measures: Measures,
  thresholds: Thresholds,
  { controlThresholds, control }: { readonly controlThresholds?: Thresholds; readonly control?: Judgement } = {},
): Judgement {
  const isOurs = record.engine === 'sliding-window';
  const isControl = controlThresholds !== undefined;
  const limits = limitChecks(measures, thresholds);
  const own = isControl ? limitChecks(measures, controlThresholds) : [];
  const others = limits.filter(({ name }) => own.every((each) => each.name !== name));
  const shownOf = (each: readonly Check[]) =>
    each.map((check) => (isOurs || check.verdict === 'not judged' ? check : shownOnly(check)));
  const checks = [
    inEveryArm(ledgerCheck(record), control),
    ...shownOf(own),
    ...(isControl
      ? others.map((check) => (check.verdict === 'not judged' ? check : shownOnly(check)))
      : shownOf(limits)),
    ...(isOurs && isControl ? [controlCheck(limits)] : []),
  ].map((check) => compared(check, control));
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
      isMissed: (isMeasured || isNever) && !holds,
    };
  });
}

const shownOnly = (check: Check): Check => ({ ...check, verdict: 'shown' });

/** The ledger proves nothing about the protection, and holds without it, too. */
const inEveryArm = (check: Check, control: Judgement | undefined): Check =>
  control === undefined ? check : { ...check, control: 'in every arm' };

function compared(check: Check, control: Judgement | undefined): Check {
  const there = control?.checks.find(({ name }) => name === check.name);
  if (there === undefined || check.control !== undefined) return check;
  const remark = there.isMissed
    ? 'missed'
    : there.verdict === 'passed'
      ? 'in every arm'
      : there.verdict === 'not judged'
        ? 'not judged'
        : 'kept: no evidence';
  return { ...check, control: `${there.measured}, ${remark}` };
}

/** A control arm that keeps every limit shows that the limits prove nothing. */
function controlCheck(limits: readonly Check[]): Check {
  const missed = limits.filter(({ verdict }) => verdict === 'failed').length;
  return {
    name: 'limits that the control arm misses',
    measured: `${missed} of ${limits.length}`,
    allowed: '≥ 1',
    verdict: missed > 0 ? 'passed' : 'failed',
    isMissed: missed === 0,
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
  const { settled, latenciesMs } = before;
  if (settled >= requiredBefore.settled && latenciesMs.p95 <= requiredBefore.p95Ms) return undefined;
  return (
    `before the fault the system was not healthy (settled ${percent(settled)}, p95 ${milliseconds(latenciesMs.p95)}): ` +
    `the machine is too slow or too busy for this load`
  );
}

/** Whether programs that have nothing to do with the run took so much that its latencies partly show them. */
export const isDisturbed = ({ othersShare }: Measures): boolean => (othersShare ?? 0) > disturbingOthers;

function cautionsOf(measures: Measures): string[] {
  const { generatorShare, machineShare, othersShare } = measures;
  return [
    ...(isDisturbed(measures)
      ? [`other programs took ${percent(othersShare)} of all processors: latencies include the time that they took`]
      : []),
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
  if (ledger === undefined) return { name, measured: 'not measured', allowed, verdict: 'not judged', isMissed: false };
  const { findings, requests, accounts, retried } = ledger;
  const [first] = findings;
  const measured =
    first === undefined
      ? `${requests} requests, ${accounts} accounts, ${retried} retried`
      : `${findings.length} violations, the first: ${first.message}`;
  return { name, measured, allowed, verdict: first === undefined ? 'passed' : 'failed', isMissed: first !== undefined };
}

const shareRefused = (phase: Measures['phases'][number] | undefined): number | undefined =>
  phase && phase.outcomes.refused / phase.arrivals;

type Limited = readonly [
  name: string,
  bound: '≥' | '≤',
  show: (value: number) => string,
  value: (measures: Measures) => number | undefined,
];

/** The check of each threshold: its name, its direction, the format of its numbers and the measured value. */
const limited: Readonly<Record<keyof Thresholds, Limited>> = {
  settled: ['verified or accepted during', '≥', percent, (measures) => phaseOf(measures, 'during')?.settled],
  serverErrors: ['5xx responses', '≤', String, ({ serverErrors }) => serverErrors],
  p99ProtectedMs: [
    'p99 from 1 s after the breakers opened',
    '≤',
    milliseconds,
    (measures) => measures.protected?.latenciesMs.p99,
  ],
  p99DuringMs: ['p99 during', '≤', milliseconds, (measures) => phaseOf(measures, 'during')?.latenciesMs.p99],
  verifiedNow: ['verified now, from 2 s on', '≥', percent, ({ noticed }) => noticed.verifiedNow],
  p99NoticedMs: ['p99 from 2 s on', '≤', milliseconds, ({ noticed }) => noticed.latenciesMs.p99],
  staysDown: ['verified now, in the 60 s after', '≤', percent, ({ verifiedAfterwards }) => verifiedAfterwards],
  healthyEjected: ['ejections of healthy replicas', '≤', String, ({ ejections }) => ejections?.healthy],
  faultyEjected: ['ejections of the faulty replica', '≥', String, ({ ejections }) => ejections?.faulty],
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
  timeToVerifyMs: ['time until verified again', '≤', seconds, ({ timeToVerifyMs }) => timeToVerifyMs],
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
  refused: ['refused during', '≥', percent, (measures) => shareRefused(phaseOf(measures, 'during'))],
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
