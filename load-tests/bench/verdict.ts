import type { ColdStart } from './cold-start.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import { median, randomFrom, ratioOf, type Ratio } from './paired-comparison.ts';
import type { StretchPair } from './saturation.ts';
import type { Targets } from './targets.ts';

/** What pairs of stretches say about the pipeline. */
export interface PipelineCost {
  readonly throughput: Ratio;
  /** Processor time without the pipeline, to that with it. Undefined where the machine doesn't say. */
  readonly processorTime: Ratio | undefined;
  /** The medians, of each arm. */
  readonly perSecond: { readonly protected: number; readonly unprotected: number };
  readonly processorMsEach: { readonly protected: number; readonly unprotected: number } | undefined;
  /** How much of its processor account had, the median of all stretches. Undefined where the machine doesn't say. */
  readonly busy: number | undefined;
  readonly others: number;
  /** In the order in which they were measured. */
  readonly pairs: readonly StretchPair[];
}

/** All that was measured; what was not asked for is undefined. */
export interface Measured {
  readonly pipeline: PipelineCost | undefined;
  readonly lag: EventLoopLag | undefined;
  readonly coldStart: ColdStart | undefined;
}

/** One target, and whether it was reached. */
export interface TargetCheck {
  readonly what: string;
  readonly value: number;
  readonly target: number;
  readonly unit: 'ratio' | 'ms';
  readonly isReached: boolean;
}

export interface BenchJudgement {
  readonly checks: readonly TargetCheck[];
  /** Why the run says nothing. */
  readonly invalid: string | undefined;
  readonly isPassed: boolean;
}

/** Below that, something else than account was what there was too little of. */
const saturatedShare = 0.9;

/** What the pairs have in common. */
export function costOf(pairs: readonly StretchPair[]): PipelineCost {
  const processorPairs = pairs.flatMap(({ protected: { processorMsEach: withIt }, unprotected }) => {
    const withoutIt = unprotected.processorMsEach;
    return withIt === undefined || withoutIt === undefined ? [] : [{ withIt, withoutIt }];
  });
  const all = pairs.flatMap((pair) => [pair.protected, pair.unprotected]);
  const busy = all.flatMap(({ busy }) => busy ?? []);
  return {
    throughput: ratioOf(
      pairs.map((pair) => ({ withIt: pair.protected.perSecond, withoutIt: pair.unprotected.perSecond })),
      randomFrom(1),
    ),
    // The other way round: what is kept of a processor, so that more is better in both ratios.
    processorTime:
      processorPairs.length === 0
        ? undefined
        : ratioOf(
            processorPairs.map(({ withIt, withoutIt }) => ({ withIt: withoutIt, withoutIt: withIt })),
            randomFrom(1),
          ),
    perSecond: {
      protected: median(pairs.map((pair) => pair.protected.perSecond)),
      unprotected: median(pairs.map((pair) => pair.unprotected.perSecond)),
    },
    processorMsEach:
      processorPairs.length === 0
        ? undefined
        : {
            protected: median(processorPairs.map(({ withIt }) => withIt)),
            unprotected: median(processorPairs.map(({ withoutIt }) => withoutIt)),
          },
    busy: busy.length === 0 ? undefined : median(busy),
    others: all.reduce((sum, { others }) => sum + others, 0),
    pairs,
  };
}

/** Compares what was measured with what is demanded. */
export function judge({ pipeline, lag, coldStart }: Measured, targets: Targets): BenchJudgement {
  const checks: TargetCheck[] = [];
  if (pipeline?.processorTime) {
    const { median: value } = pipeline.processorTime;
    checks.push(atLeast('processor time kept', value, targets.keptProcessorTime));
  }
  if (pipeline) checks.push(atLeast('throughput kept', pipeline.throughput.median, targets.keptThroughput));
  if (lag) checks.push(below('event loop lag p99 at 70 % load', lag.medianP99Ms, targets.lagP99Ms));
  if (coldStart) checks.push(below('cold start', coldStart.medianMs, targets.coldStartMs));
  const invalid = whyInvalid(pipeline, lag);
  return { checks, invalid, isPassed: invalid === undefined && checks.every(({ isReached }) => isReached) };
}

function whyInvalid(pipeline: PipelineCost | undefined, lag: EventLoopLag | undefined): string | undefined {
  const others = (pipeline?.others ?? 0) + (lag?.others ?? 0);
  if (others > 0) return `${others} requests were not answered with 201: what they cost is not what is compared`;
  if (pipeline?.busy !== undefined && pipeline.busy < saturatedShare) {
    const share = (pipeline.busy * 100).toFixed(0);
    return `account had only ${share} % of a processor: what limited the throughput was something else`;
  }
  return undefined;
}

const atLeast = (what: string, value: number, target: number): TargetCheck => ({
  what,
  value,
  target,
  unit: 'ratio',
  isReached: value >= target,
});

const below = (what: string, value: number, target: number): TargetCheck => ({
  what,
  value,
  target,
  unit: 'ms',
  isReached: value < target,
});
