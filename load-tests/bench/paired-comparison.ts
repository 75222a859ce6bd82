import { percentile } from '@breakwater/system-runner/percentiles';

/** Two values of the same measurement, one right after the other: with and without the measured part. */
export interface Pair {
  readonly withIt: number;
  readonly withoutIt: number;
}

/** A ratio or a difference with its confidence interval. */
export interface Estimate {
  /** The median of the pairs' values. */
  readonly median: number;
  /** 95 % of the medians of resampled pairs are between `low` and `high`. */
  readonly low: number;
  readonly high: number;
  readonly pairs: number;
}

const resamples = 2_000;

/**
 * The ratio of `withIt` to `withoutIt`: the median of the ratios of all pairs. A disturbance of both values of a
 * pair cancels out, and one of a single value does not move the median. The interval is a percentile bootstrap.
 *
 * @param random in [0, 1); the same sequence gives the same interval
 * @throws RangeError without pairs, or when a value is not above 0
 */
export function ratioOf(pairs: readonly Pair[], random: () => number): Estimate {
  if (pairs.length === 0) throw new RangeError('there is no pair to compare');
  const ratios = pairs.map(({ withIt, withoutIt }) => {
    if (withIt > 0 && withoutIt > 0) return withIt / withoutIt;
    throw new RangeError(`both numbers of a pair must be above 0, not ${withIt} and ${withoutIt}`);
  });
  return estimate(ratios, random);
}

/** The difference between `withIt` and `withoutIt`, as {@link ratioOf} computes the ratio. @throws RangeError without pairs */
export function differenceOf(pairs: readonly Pair[], random: () => number): Estimate {
  if (pairs.length === 0) throw new RangeError('there is no pair to compare');
  return estimate(
    pairs.map(({ withIt, withoutIt }) => withIt - withoutIt),
    random,
  );
}

function estimate(values: readonly number[], random: () => number): Estimate {
  const medians = Array.from({ length: resamples }, () => median(values.map(() => pick(values, random))));
  medians.sort((a, b) => a - b);
  return {
    median: median(values),
    low: percentile(medians, 0.025),
    high: percentile(medians, 0.975),
    pairs: values.length,
  };
}

/** The middle value, or the mean of the two in the middle. NaN without values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Mulberry32: pseudo-random numbers in [0, 1), the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick(values: readonly number[], random: () => number): number {
  return values[Math.floor(random() * values.length)]!;
}
