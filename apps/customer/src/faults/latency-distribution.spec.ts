import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LatencyDistribution, type Percentiles } from './latency-distribution.ts';
import { seededRandom } from './testing/seeded-random.ts';

const percentiles = fc
  .array(fc.integer({ min: 0, max: 300_000 }), { minLength: 8, maxLength: 8 })
  .map((durations) => durations.sort((one, other) => one - other))
  .chain(([min, p50 = 0, p75, p90, p95, p99, p999, max = 0]) =>
    fc
      .record({ min: fc.constant(min), p75: fc.constant(p75), p90: fc.constant(p90) }, { requiredKeys: [] })
      .map((some): Percentiles => ({ ...some, p50, p95, p99, p999, max })),
  );

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('LatencyDistribution', () => {
  it('never gives a larger share of answers a shorter time', () => {
    fc.assert(
      fc.property(percentiles, share, share, (given, one, other) => {
        const distribution = new LatencyDistribution(given);
        const [smaller, larger] = [Math.min(one, other), Math.max(one, other)];
        // A straight line's end may be off by the rounding of a double.
        expect(distribution.quantile(smaller)).toBeLessThanOrEqual(distribution.quantile(larger) + 1e-6);
      }),
    );
  });

  it('meets every percentile that is given, and stays between the shortest and the longest', () => {
    fc.assert(
      fc.property(percentiles, share, (given, share) => {
        const distribution = new LatencyDistribution(given);
        expect(distribution.quantile(0)).toBe(given.min ?? 0);
        expect(distribution.quantile(0.5)).toBeCloseTo(given.p50, 6);
        expect(distribution.quantile(0.99)).toBeCloseTo(given.p99 ?? Number.NaN, 6);
        expect(distribution.quantile(1)).toBeCloseTo(given.max, 6);
        expect(distribution.quantile(share)).toBeGreaterThanOrEqual((given.min ?? 0) - 1e-6);
        expect(distribution.quantile(share)).toBeLessThanOrEqual(given.max + 1e-6);
      }),
    );
  });

  it('draws a straight line between two percentiles', () => {
    const distribution = new LatencyDistribution({ p50: 20, p90: 100, max: 300 });

    expect([0.25, 0.7, 0.95].map((share) => Math.round(distribution.quantile(share)))).toEqual([10, 60, 200]);
  });

  it.each([
    { share: 0.5, ms: 20 },
    { share: 0.9, ms: 80 },
    { share: 0.99, ms: 1_000 },
  ])('keeps $share of many draws at or below $ms ms', ({ share, ms }) => {
    const distribution = new LatencyDistribution({ p50: 20, p90: 80, p99: 1_000, max: 3_000 });
    const random = seededRandom(1);

    const draws = Array.from({ length: 20_000 }, () => distribution.quantile(random()));

    expect(draws.filter((drawn) => drawn <= ms).length / draws.length).toBeCloseTo(share, 2);
  });
});
