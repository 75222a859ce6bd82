import type { Threshold } from '../scenarios/scenario.ts';
import type { Measures } from './measures.ts';
import type { RunRecord } from './run-record.ts';

/** What came of one check. `shown`: measured, and nothing that this run has to keep. `not judged`: it could not be measured. */
export type Verdict = 'passed' | 'failed' | 'shown' | 'not judged';

/** A check with what was measured and what is allowed, for people. */
export interface Check {
  readonly name: string;
  readonly measured: string;
  readonly allowed: string;
  readonly verdict: Verdict;
}

export interface Judgement {
  readonly checks: readonly Check[];
  /** Why the run says nothing about the system, where it does not. */
  readonly invalid: string | undefined;
  /** Whether it is valid, and no check failed. */
  readonly isPassed: boolean;
  /** Circumstances under which numbers are to be read with care. */
  readonly cautions: readonly string[];
}

/** More than this of all processors, and numbers are about the machine rather than the system. */
const busyMachine = 0.8;
/** More than this on average, and nobody knows what would have been: every process waited for its turn. */
const exhaustedMachine = 0.95;
/** What a system is like that a fault can be told from: without that, nothing that follows says anything about the fault. */
const wellBefore = { goodput: 0.99, p95Ms: 100 };
/** The load generator must not be what is measured. */
const busyGenerator = 0.25;

/**
 * Judges a run.
 *
 * @param thresholds what it has to keep; the engines that ours is compared with have to keep none but the ledger
 */
export function judge(record: RunRecord, measures: Measures, thresholds: readonly Threshold[]): Judgement {
  const isOurs = record.engine === 'sliding-window';
  const checks = [
    ledgerCheck(record),
    ...thresholds.map((threshold) => {
      const { name, value, allowed, show } = read(threshold, measures);
      // Where it never came to be fast, or well again, the answer is known: it did not.
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
    // On a system of our own everything can be measured: what was not is a failure, or else a check could fall silent.
    isPassed:
      invalid === undefined &&
      checks.every(
        ({ verdict }) => verdict !== 'failed' && (verdict !== 'not judged' || record.omissions.length > 0 || !isOurs),
      ),
    cautions: cautionsOf(measures),
  };
}

function invalidity({ droppedRequests, requests }: RunRecord, { phases, machineShare }: Measures): string | undefined {
  if (requests.length === 0) return 'no request was made';
  if (droppedRequests > 0) {
    return `k6 could not begin ${droppedRequests} requests when they were due, so that this is not the load that was meant`;
  }
  if ((machineShare ?? 0) > exhaustedMachine) {
    return `the machine was exhausted (${percent(machineShare)} of all processors on average), by this or by something else`;
  }
  const before = phases.find(({ name }) => name === 'before');
  if (before === undefined) return undefined;
  const { goodput, latenciesMs } = before;
  if (goodput >= wellBefore.goodput && latenciesMs.p95 <= wellBefore.p95Ms) return undefined;
  return (
    `before anything was done to it the system was not well (goodput ${percent(goodput)}, p95 ${milliseconds(latenciesMs.p95)}): ` +
    `the machine is too slow for this load, or busy with something else`
  );
}

function cautionsOf({ generatorShare, machineShare }: Measures): string[] {
  return [
    ...((generatorShare ?? 0) > busyGenerator
      ? [`k6 itself took ${percent(generatorShare)} of all processors: latencies are partly its own`]
      : []),
    ...((machineShare ?? 0) > busyMachine
      ? [`the machine was busy (${percent(machineShare)} of all processors on average): latencies are partly its own`]
      : []),
  ];
}

function ledgerCheck({ ledger }: RunRecord): Check {
  const name = 'ledger: every accepted account exists once';
  const allowed = 'no finding';
  if (ledger === undefined) return { name, measured: 'not measured', allowed, verdict: 'not judged' };
  const { findings, requests, accounts, askedAgain } = ledger;
  const [first] = findings;
  const measured =
    first === undefined
      ? `${requests} requests, ${accounts} accounts, ${askedAgain} asked again`
      : `${findings.length} findings, the first: ${first.message}`;
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
      return { name: 'answers 5xx', value: measures.serverErrors, ...atMost(threshold.atMost, String) };
    case 'p99-protected':
      return {
        name: 'p99 once the breakers opened',
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
        name: 'load on customer once opened, of normal',
        value: measures.protected?.shareOfQuestions,
        ...atMost(threshold.atMost, percent),
      };
    case 'questions-per-arrival':
      return {
        name: 'questions to customer for each arrival',
        value: measures.questionsPerArrival,
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
