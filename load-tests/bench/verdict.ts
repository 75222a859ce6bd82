import type { ColdStart } from './cold-start.ts';
import type { Protection } from './environment.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { MemoryUse } from './memory.ts';
import type { WatchingCost } from './watching.ts';
import { differenceOf, median, type Pair, randomFrom, ratioOf } from './paired-comparison.ts';
import type { StretchPair } from './saturation.ts';
import type { ProtectionTimes } from './services/protection.ts';
import type { RatioTarget, ServiceComparison } from './services/comparison.ts';

/** The targets of account. */
export interface Targets extends Readonly<Record<RatioTarget, number>> {
  /** The most that the pipeline may add to the processor time of a request. */
  readonly pipelineMicros: number;
  readonly lagP99Ms: number;
  readonly coldStartMs: number;
  /** The most that memory may grow from the second to the last third of a run. Its bound is the request in Kubernetes. */
  readonly memoryGrowth: number;
}

/** The targets of a full run. */
export const committedTargets: Targets = {
  pipelineMicros: 60,
  lagP99Ms: 20,
  coldStartMs: 1_000,
  memoryGrowth: 1.1,
  accountToBare: 1.3,
  // Otherwise the bare service is too slow to be the limit.
  earlierToBare: 1.8,
  tracedToAccount: 1.1,
};

/** Targets that only a large regression misses, even on a busy machine. */
export const guardTargets: Targets = {
  pipelineMicros: 200,
  lagP99Ms: 100,
  coldStartMs: 4_000,
  memoryGrowth: 1.1,
  accountToBare: 2,
  earlierToBare: 1.8,
  tracedToAccount: 1.1,
};

/** The cost of the pipeline, computed from all pairs of stretches. */
export type PipelineCost = ReturnType<typeof costOf>;

/** All results; undefined for measurements that were not selected. */
export interface Measured {
  readonly pipeline: PipelineCost | undefined;
  readonly lag: EventLoopLag | undefined;
  readonly coldStart: ColdStart | undefined;
  readonly services: ServiceComparison | undefined;
  readonly protection: ProtectionTimes | undefined;
  readonly memory: MemoryUse | undefined;
  readonly watching: WatchingCost | undefined;
}

/** A target with the measured value. */
export interface TargetCheck {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: 'ms' | 'µs' | 'MiB' | '×';
  /** How the value has to relate to the target. */
  readonly bound: 'at least' | 'at most' | 'below';
  readonly isReached: boolean;
}

export interface BenchJudgement {
  readonly checks: readonly TargetCheck[];
  /** Why the run is invalid; undefined for a valid run. */
  readonly invalid: string | undefined;
  readonly isPassed: boolean;
}

/** Below this share of its processor, account was not what limited the throughput. */
const saturatedShare = 0.9;

export function costOf(pairs: readonly StretchPair[]) {
  const rates = pairs.map((pair) => ({ withIt: pair.protected.perSecond, withoutIt: pair.unprotected.perSecond }));
  const times = pairs.flatMap(({ protected: { processorMsEach: withIt }, unprotected }) => {
    const withoutIt = unprotected.processorMsEach;
    return withIt === undefined || withoutIt === undefined ? [] : [{ withIt, withoutIt }];
  });
  // Inverted, so that a higher value is better in both ratios.
  const inverted = times.map(({ withIt, withoutIt }) => ({ withIt: withoutIt, withoutIt: withIt }));
  const all = pairs.flatMap((pair) => [pair.protected, pair.unprotected]);
  const busy = all.flatMap((stretch) => stretch.busy ?? []);
  return {
    throughput: ratioOf(rates, randomFrom(1)),
    /** Processor time without the pipeline, divided by that with it. Undefined where the platform does not report it. */
    processorTime: times.length === 0 ? undefined : ratioOf(inverted, randomFrom(1)),
    /** The processor time that the pipeline adds to a request, in milliseconds. Undefined likewise. */
    addedMs: times.length === 0 ? undefined : differenceOf(times, randomFrom(1)),
    /** The median of each arm. */
    perSecond: mediansOf(rates),
    processorMsEach: times.length === 0 ? undefined : mediansOf(times),
    /** The share of its processor that account used, median of all stretches. */
    busy: busy.length === 0 ? undefined : median(busy),
    /** Requests without a 201. */
    others: all.reduce((sum, { others }) => sum + others, 0),
    /** In the order in which they were measured. */
    pairs,
  };
}

const mediansOf = (pairs: readonly Pair[]): Record<Protection, number> => ({
  protected: median(pairs.map(({ withIt }) => withIt)),
  unprotected: median(pairs.map(({ withoutIt }) => withoutIt)),
});

/** Compares the results with the targets. */
export function judge({ pipeline, lag, coldStart, services, memory }: Measured, targets: Targets): BenchJudgement {
  const checks: TargetCheck[] = [];
  const check = (
    what: string,
    value: number,
    bound: TargetCheck['bound'],
    target: number,
    unit: TargetCheck['unit'],
  ) => {
    const isReached = bound === 'at least' ? value >= target : bound === 'at most' ? value <= target : value < target;
    checks.push({ what, value, bound, target, unit, isReached });
  };
  if (pipeline?.addedMs) {
    check('processor time of the pipeline', pipeline.addedMs.median * 1_000, 'at most', targets.pipelineMicros, 'µs');
  }
  if (lag) check('event loop lag p99 at 70 % load', lag.medianP99Ms, 'below', targets.lagP99Ms, 'ms');
  if (coldStart) check('cold start', coldStart.medianMs, 'below', targets.coldStartMs, 'ms');
  for (const { of, to, bound, ratio } of services?.ratios ?? []) {
    if (bound) check(`processor time of ${of} / ${to}`, ratio.median, bound.is, targets[bound.target], '×');
  }
  for (const { name, growth, maxMiB, requestedMiB } of memory?.services ?? []) {
    check(`memory of ${name}, last third / second`, growth, 'at most', targets.memoryGrowth, '×');
    check(`memory of ${name}`, maxMiB, 'below', requestedMiB, 'MiB');
  }
  const invalid = whyInvalid({ pipeline, lag, services });
  return { checks, invalid, isPassed: invalid === undefined && checks.every(({ isReached }) => isReached) };
}

function whyInvalid({ pipeline, lag, services }: Partial<Measured>): string | undefined {
  const others = [pipeline, lag, ...(services?.arms ?? [])].reduce((sum, each) => sum + (each?.others ?? 0), 0);
  if (others > 0) return `${others} requests received no 201, so their cost is not comparable`;
  if (pipeline?.busy !== undefined && pipeline.busy < saturatedShare) {
    const share = (pipeline.busy * 100).toFixed(0);
    return `account used only ${share} % of a processor: something else limited the throughput`;
  }
  return undefined;
}
