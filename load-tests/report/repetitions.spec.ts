import { describe, expect, it } from 'vitest';
import { coverageOf, differenceOf, separationProbability, summaryOf } from './repetitions.ts';

describe('the summary of repetitions', () => {
  it('is their median and their range, in any order', () => {
    expect(summaryOf([5, 1, 4, 2, 3])).toEqual({ median: 3, low: 1, high: 5, measured: 5, runs: 5 });
    expect(summaryOf([4, 1, 2, 3])).toMatchObject({ median: 2.5 });
  });

  it('counts the runs in which it was not measured, and leaves them out of the median', () => {
    expect(summaryOf([2, undefined, null, Number.NaN, 4])).toEqual({
      median: 3,
      low: 2,
      high: 4,
      measured: 2,
      runs: 5,
    });
    expect(summaryOf([undefined, null])).toBeUndefined();
  });

  it('has times that never ended above all others', () => {
    expect(summaryOf([Infinity, 1, Infinity, Infinity, 2])).toMatchObject({ median: Infinity, low: 1, high: Infinity });
    expect(summaryOf([Infinity, Infinity])).toMatchObject({ median: Infinity, low: Infinity });
  });
});

describe('the certainty of an interval', () => {
  it('is that of order statistics', () => {
    expect(coverageOf(5)).toBe(0.9375);
    expect(coverageOf(1)).toBe(0);
  });

  it('is two in 252 ways for two intervals of five runs that do not overlap', () => {
    expect(separationProbability(5)).toBeCloseTo(2 / 252, 12);
    expect(separationProbability(1)).toBe(1);
  });

  // The chance that all of five runs are above the median, or all below it, by simulation.
  it('holds for runs of a skewed distribution', () => {
    let seed = 1;
    const random = () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
    const exponential = () => -Math.log(1 - random());
    const rounds = 20_000;
    let containing = 0;
    for (let round = 0; round < rounds; round++) {
      const { low, high } = summaryOf(Array.from({ length: 5 }, exponential))!;
      if (low <= Math.LN2 && Math.LN2 <= high) containing++;
    }

    expect(containing / rounds).toBeCloseTo(coverageOf(5), 2);
  });
});

describe('the difference of two arms', () => {
  const [low, high] = [summaryOf([1, 2, 3]), summaryOf([4, 5, 6])];

  it('is better or worse when no run of one reaches the other', () => {
    expect(differenceOf(low, high, 'lower')).toBe('better');
    expect(differenceOf(low, high, 'higher')).toBe('worse');
    expect(differenceOf(high, low, 'lower')).toBe('worse');
    expect(differenceOf(summaryOf([1, 2]), summaryOf([Infinity, Infinity]), 'lower')).toBe('better');
  });

  it('is not shown when the ranges touch', () => {
    expect(differenceOf(low, summaryOf([3, 5, 6]), 'lower')).toBe('no difference shown');
  });

  it('is not judged without a measurement in every run, or when all runs are equal', () => {
    expect(differenceOf(low, undefined, 'lower')).toBeUndefined();
    expect(differenceOf(low, summaryOf([4, undefined, 6]), 'lower')).toBeUndefined();
    expect(differenceOf(summaryOf([0, 0]), summaryOf([0, 0]), 'lower')).toBeUndefined();
  });
});
