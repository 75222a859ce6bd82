/**
 * A measure in several runs of the same arm. The interval from the lowest to the highest of n independent runs contains the median of
 * all such runs, which may have any distribution, with a probability of 1 - 2^(1-n): 93.75 % for five (order statistics; Le Boudec,
 * Performance Evaluation of Computer and Communication Systems, 2010, section 2.2; Hoefler and Belli, SC 2015).
 */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** The number of runs in which it was measured. */
  readonly measured: number;
  /** The number of runs. */
  readonly runs: number;
}

/** @param values undefined, null or NaN for a run in which it was not measured; Infinity for a time that never ended */
export function summaryOf(values: readonly (number | null | undefined)[]): Summary | undefined {
  const isMeasured = (value: number | null | undefined): value is number =>
    typeof value === 'number' && !Number.isNaN(value);
  const sorted = values.filter(isMeasured).toSorted(byValue);
  const [low] = sorted;
  if (low === undefined) return undefined;
  const [below, above] = [sorted[Math.ceil(sorted.length / 2) - 1]!, sorted[Math.floor(sorted.length / 2)]!];
  return {
    // Two times of Infinity have no mean.
    median: below === above ? below : (below + above) / 2,
    low,
    high: sorted.at(-1)!,
    measured: sorted.length,
    runs: values.length,
  };
}

/** Infinity minus Infinity is NaN, and no order. */
const byValue = (one: number, other: number): number => (one === other ? 0 : one - other);

/** With what probability the interval of n runs contains the median of all such runs. */
export const coverageOf = (runs: number): number => 1 - 2 ** (1 - runs);

/**
 * The probability that the intervals of n runs each do not overlap although both arms are the same: two of all ways to divide the
 * runs among the arms (an exact permutation test, two-sided).
 */
export function separationProbability(runs: number): number {
  let ways = 1;
  for (let n = 1; n <= runs; n++) ways *= (runs + n) / n;
  return 2 / ways;
}

/** How one arm compares with another in a measure. */
export const differences = ['better', 'worse', 'no difference shown'] as const;
export type Difference = (typeof differences)[number];

/**
 * Compares two arms: one is better when each of its runs is. Undefined when one of them was not measured in every run, or when the
 * measure is the same in all runs of both.
 */
export function differenceOf(
  ours: Summary | undefined,
  other: Summary | undefined,
  better: 'lower' | 'higher',
): Difference | undefined {
  if (ours === undefined || other === undefined) return undefined;
  if (ours.measured < ours.runs || other.measured < other.runs) return undefined;
  if (ours.low === other.high && ours.high === other.low) return undefined;
  const isBelow = ours.high < other.low;
  const isAbove = ours.low > other.high;
  if (!isBelow && !isAbove) return 'no difference shown';
  return isBelow === (better === 'lower') ? 'better' : 'worse';
}

/** With fewer runs, the interval contains the median in less than nine of ten cases. */
export const defaultRepetitions = 5;
