import type { Threshold } from '../scenarios/scenario.ts';
import type { Measures } from './measures.ts';
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

/**
 * Judges a run.
 *
 * @param thresholds limits for our engine; other engines are only compared, except for the ledger
 */
export function judge(record: RunRecord, measures: Measures, thresholds: readonly Threshold[]): Judgement {
  const isOurs = record.engine === 'sliding-window';
  const checks = [
    ledgerCheck(record),
    ...thresholds.map((threshold) => {
      const { name, value, allowed, show } = read(threshold, measures);
      // A system that never became fast or healthy is a failed check, not a missing measurement.
      const isNever = value === undefined && threshold.kind.startsWith('time-to-');
      const isMeasured = value !== undefined && !Number.isNaN(value);
      const verdict = isMeasured || isNever ? (isMeasured && allowed.holds(value) ? 'passed' : 'failed') : 'not judged';
      return {
        name,
        measured: isMeasured ? show(value) : isNever ? 'never' : 'not measured',
        allowed: allowed.text,
        verdict: isOurs || verdict === 'not judged' ? verdict : 'shown',
      } satisfies Check;
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

function invalidity({ droppedRequests, requests }: RunRecord, { phases, machineShare }: Measures): string | undefined {
  if (requests.length === 0) return 'no request was sent';
  if (droppedRequests > 0) {
    return `k6 could not start ${droppedRequests} requests in time, so the load was lower than planned`;
  }
  if ((machineShare ?? 0) > exhaustedMachine) {
    return `the machine was exhausted (${percent(machineShare)} of all processors on average)`;
  }
  const before = phases.find(({ name }) => name === 'before');
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

interface Reading {
  readonly name: string;
  readonly value: number | undefined;
  readonly allowed: { readonly text: string; readonly holds: (value: number) => boolean };
  readonly show: (value: number) => string;
}

function read(threshold: Threshold, measures: Measures): Reading {
  const phase = (name: string) => measures.phases.find((each) => each.name === name);
  const atMost = (limit: number, show: Reading['show']) => ({
    allowed: { text: `≤ ${show(limit)}`, holds: (value: number) => value <= limit },
    show,
  });
  const atLeast = (limit: number, show: Reading['show']) => ({
    allowed: { text: `≥ ${show(limit)}`, holds: (value: number) => value >= limit },
    show,
  });
  switch (threshold.kind) {
    case 'goodput':
      return { name: 'goodput during', value: phase('during')?.goodput, ...atLeast(threshold.atLeast, percent) };
    case 'goodput-overall':
      return { name: 'goodput over all', value: measures.overallGoodput, ...atLeast(threshold.atLeast, percent) };
    case 'server-errors':
      return { name: '5xx responses', value: measures.serverErrors, ...atMost(threshold.atMost, String) };
    case 'p99-protected':
      return {
        name: 'p99 after the breakers opened',
        value: measures.protected?.latenciesMs.p99,
        ...atMost(threshold.atMostMs, milliseconds),
      };
    case 'p99-during':
      return {
        name: 'p99 during',
        value: phase('during')?.latenciesMs.p99,
        ...atMost(threshold.atMostMs, milliseconds),
      };
    case 'time-to-protect':
      return { name: 'time to protect', value: measures.timeToProtectMs, ...atMost(threshold.atMostMs, seconds) };
    case 'time-to-recover':
      return { name: 'time to recover', value: measures.timeToRecoverMs, ...atMost(threshold.atMostMs, seconds) };
    case 'customer-load-protected':
      return {
        name: 'load on customer after opening, of normal',
        value: measures.protected?.shareOfCustomerCalls,
        ...atMost(threshold.atMost, percent),
      };
    case 'customer-calls-per-arrival':
      return {
        name: 'calls to customer per request',
        value: measures.customerCallsPerArrival,
        ...atMost(threshold.atMost, (value) => value.toFixed(2)),
      };
    case 'memory-growth':
      return {
        name: 'memory, last third over second',
        value: measures.memoryGrowth,
        ...atMost(threshold.atMost, (value) => value.toFixed(3)),
      };
    case 'event-loop-lag-growth':
      return {
        name: 'event-loop lag, last third minus second',
        value: measures.eventLoopLagGrowthMs,
        ...atMost(threshold.atMostMs, milliseconds),
      };
  }
}

/** `99.31 %`. */
export const percent = (share: number | undefined): string => `${((share ?? Number.NaN) * 100).toFixed(2)} %`;
/** `87 ms`. */
export const milliseconds = (ms: number): string => `${ms.toFixed(0)} ms`;
/** `10.3 s`. */
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
