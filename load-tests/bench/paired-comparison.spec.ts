import { describe, expect, it } from 'vitest';
import { median, type Pair, randomFrom, ratioOf } from './paired-comparison.ts';

const pair = (withIt: number, withoutIt: number): Pair => ({ withIt, withoutIt });

describe('ratioOf', () => {
  it('returns the median of the ratios of all pairs', () => {
    const { median, pairs } = ratioOf([pair(98, 100), pair(49, 50), pair(196, 200)], randomFrom(1));

    expect(median).toBeCloseTo(0.98, 10);
    expect(pairs).toBe(3);
  });

  it('ignores a disturbance of one value of one pair', () => {
    const quiet = Array.from({ length: 8 }, () => pair(97, 100));

    const { median, low, high } = ratioOf([...quiet, pair(20, 100)], randomFrom(1));

    expect([median, low, high]).toEqual([0.97, 0.97, 0.97]);
  });

  it('returns a wider interval when the pairs differ more', () => {
    const spread = (by: number) =>
      ratioOf(
        Array.from({ length: 21 }, (_, at) => pair(100 + (at - 10) * by, 100)),
        randomFrom(7),
      );
    const [narrow, wide] = [spread(0.1), spread(1)];

    expect(narrow.low).toBeLessThan(1);
    expect(narrow.high).toBeGreaterThan(1);
    expect(wide.high - wide.low).toBeGreaterThan(5 * (narrow.high - narrow.low));
  });

  it('returns the same interval for the same random numbers', () => {
    const pairs = [pair(9, 10), pair(8, 10), pair(10, 10), pair(7, 10)];

    expect(ratioOf(pairs, randomFrom(3))).toEqual(ratioOf(pairs, randomFrom(3)));
  });

  it('returns an interval that contains the true ratio in at least 85 of 100 samples', () => {
    const random = randomFrom(11);
    const noisy = () => 100 * (1 + (random() - 0.5) / 5);
    const hits = Array.from({ length: 100 }, () => {
      const pairs = Array.from({ length: 20 }, () => pair(0.95 * noisy(), noisy()));
      const { low, high } = ratioOf(pairs, random);
      return low <= 0.95 && 0.95 <= high;
    });

    expect(hits.filter(Boolean).length).toBeGreaterThanOrEqual(85);
  });

  it('rejects an empty list, and numbers that are not above 0', () => {
    expect(() => ratioOf([], randomFrom(1))).toThrow('there is no pair');
    expect(() => ratioOf([pair(1, 0)], randomFrom(1))).toThrow('not 1 and 0');
    expect(() => ratioOf([pair(Number.NaN, 1)], randomFrom(1))).toThrow(RangeError);
  });
});

describe('median', () => {
  it.each([
    [[3, 1, 2], 2],
    [[4, 1, 3, 2], 2.5],
    [[5], 5],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('is NaN without values', () => {
    expect(median([])).toBeNaN();
  });
});

describe('randomFrom', () => {
  it('returns the same numbers for the same seed, spread over [0, 1)', () => {
    const numbers = (seed: number) => {
      const random = randomFrom(seed);
      return Array.from({ length: 1_000 }, random);
    };

    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
    expect(Math.min(...numbers(1))).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers(1))).toBeLessThan(1);
    expect(median(numbers(1))).toBeCloseTo(0.5, 1);
  });
});
