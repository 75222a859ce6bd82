import type { ColdStart } from './cold-start.ts';
import type { Arm } from './environment.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { median, type Pair, randomFrom, ratioOf } from './paired-comparison.ts';
import type { StretchPair } from './saturation.ts';

/** The targets of account. */
export interface Targets {
  /** Minimum ratio of the values with the pipeline to those without. */
  readonly keptProcessorTime: number;
  readonly keptThroughput: number;
  readonly lagP99Ms: number;
  readonly coldStartMs: number;
}

/** The targets of a full run. */
export const committedTargets: Targets = {
  keptProcessorTime: 0.97,
  keptThroughput: 0.97,
  lagP99Ms: 20,
  coldStartMs: 1_000,
};

/** Targets that only a large regression misses, even on a busy machine. */
export const guardTargets: Targets = {
  keptProcessorTime: 0.85,
  keptThroughput: 0.8,
  lagP99Ms: 100,
  coldStartMs: 4_000,
};

/** The cost of the pipeline, computed from all pairs of stretches. */
export type PipelineCost = ReturnType<typeof costOf>;

/** All results; undefined for measurements that were not selected. */
export interface Measured {
  readonly pipeline: PipelineCost | undefined;
  readonly lag: EventLoopLag | undefined;
  readonly coldStart: ColdStart | undefined;
}

/** A target with the measured value. */
export interface TargetCheck {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: 'ratio' | 'ms';
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

const mediansOf = (pairs: readonly Pair[]): Record<Arm, number> => ({
  protected: median(pairs.map(({ withIt }) => withIt)),
  unprotected: median(pairs.map(({ withoutIt }) => withoutIt)),
});

/** Compares the results with the targets. */
export function judge({ pipeline, lag, coldStart }: Measured, targets: Targets): BenchJudgement {
  const checks: TargetCheck[] = [];
  if (pipeline?.processorTime) {
    const { median: value } = pipeline.processorTime;
    checks.push(check('ratio', 'processor time kept', value, targets.keptProcessorTime));
  }
  if (pipeline) checks.push(check('ratio', 'throughput kept', pipeline.throughput.median, targets.keptThroughput));
  if (lag) checks.push(check('ms', 'event loop lag p99 at 70 % load', lag.medianP99Ms, targets.lagP99Ms));
  if (coldStart) checks.push(check('ms', 'cold start', coldStart.medianMs, targets.coldStartMs));
  const invalid = whyInvalid(pipeline, lag);
  return { checks, invalid, isPassed: invalid === undefined && checks.every(({ isReached }) => isReached) };
}

function whyInvalid(pipeline: PipelineCost | undefined, lag: EventLoopLag | undefined): string | undefined {
  const others = (pipeline?.others ?? 0) + (lag?.others ?? 0);
  if (others > 0) return `${others} requests received no 201, so their cost is not comparable`;
  if (pipeline?.busy !== undefined && pipeline.busy < saturatedShare) {
    const share = (pipeline.busy * 100).toFixed(0);
    return `account used only ${share} % of a processor: something else limited the throughput`;
  }
  return undefined;
}

/** A ratio has to reach its target, a duration has to stay below it. */
const check = (unit: TargetCheck['unit'], what: string, value: number, target: number): TargetCheck => ({
  what,
  value,
  target,
  unit,
  isReached: unit === 'ratio' ? value >= target : value < target,
});
