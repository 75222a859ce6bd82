import { describe, expect, it } from 'vitest';
import { latenciesOf, percentile } from './percentiles.ts';

const hundred = Array.from({ length: 100 }, (_, index) => index + 1);

describe('percentile', () => {
  it('returns the smallest value that the given share does not exceed', () => {
    expect(percentile(hundred, 0.99)).toBe(99);
    expect(percentile(hundred, 0.5)).toBe(50);
    expect(percentile(hundred, 1)).toBe(100);
    expect(percentile([1, 2, 3], 0.5)).toBe(2);
  });

  it('returns the largest of few values', () => {
    expect(percentile([1, 2, 1_000], 0.99)).toBe(1_000);
  });

  it('returns NaN without values', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });

  it.each([0, -0.1, 1.1, Number.NaN])('rejects %d as a share', (share) => {
    expect(() => percentile(hundred, share)).toThrow('share is more than 0 and at most 1');
  });
});

describe('latenciesOf', () => {
  it('accepts values in any order', () => {
    expect(latenciesOf(hundred.toReversed())).toEqual({ p50: 50, p95: 95, p99: 99, max: 100 });
  });
});
