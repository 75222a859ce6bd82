import { percentile } from '../runner/percentiles.ts';

/** What the same measurement gave with a thing and without it, one right after the other. */
export interface Pair {
  readonly withIt: number;
  readonly withoutIt: number;
}

/** A ratio, and within which bounds it is by what was seen. */
export interface Ratio {
  /** The median of the pairs' ratios. */
  readonly median: number;
  /** 95 % of the medians of resampled pairs are between the two. */
  readonly low: number;
  readonly high: number;
  readonly pairs: number;
}

const resamples = 2_000;

/**
 * The ratio of pairs, `withIt` to `withoutIt`. The median of paired ratios: what a machine does to both of a pair cancels out,
 * and a pair in which it did something to one of them counts no more than any other. The interval is a percentile bootstrap.
 *
 * @param random in [0, 1); the same sequence gives the same interval
 * @throws RangeError when there is no pair, or a number in one that is no ratio's
 */
export function ratioOf(pairs: readonly Pair[], random: () => number): Ratio {
  if (pairs.length === 0) throw new RangeError('there is no pair to compare');
  const ratios = pairs.map(({ withIt, withoutIt }) => {
    if (withIt > 0 && withoutIt > 0) return withIt / withoutIt;
    throw new RangeError(`a pair has two numbers above zero, not ${withIt} and ${withoutIt}`);
  });
  const medians = Array.from({ length: resamples }, () => median(ratios.map(() => pick(ratios, random))));
  medians.sort((a, b) => a - b);
  return {
    median: median(ratios),
    low: percentile(medians, 0.025),
    high: percentile(medians, 0.975),
    pairs: pairs.length,
  };
}

/** The middle value, or the mean of the two in the middle. NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

/** Mulberry32: numbers in [0, 1) that are the same for the same seed. */
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
