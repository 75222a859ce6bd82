import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidOptionsError } from './errors.ts';
import { IntervalFunction } from './interval-function.ts';

const firstWaits = (interval: (attempt: number) => number, count: number) =>
  Array.from({ length: count }, (_, index) => interval(index + 1));

describe('IntervalFunction', () => {
  it('returns a constant wait', () => {
    expect(firstWaits(IntervalFunction.of('2s'), 3)).toStrictEqual([2_000, 2_000, 2_000]);
  });

  it('rounds exponential waits down at every step, as Resilience4j does', () => {
    expect(firstWaits(IntervalFunction.ofExponentialBackoff(333, 1.5), 4)).toStrictEqual([333, 499, 748, 1_122]);
  });

  it('caps exponential waits', () => {
    expect(firstWaits(IntervalFunction.ofExponentialBackoff(1_000, 2, '3s'), 4)).toStrictEqual([
      1_000, 2_000, 3_000, 3_000,
    ]);
  });

  it('returns a safe integer for any number of attempts', () => {
    expect(IntervalFunction.ofExponentialBackoff(1, 10)(100_000)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('draws randomized waits uniformly around the interval', () => {
    expect(IntervalFunction.ofRandomized(1_000, 0.5, () => 0)(1)).toBe(500);
    expect(IntervalFunction.ofRandomized(1_000, 0.5, () => 0.5)(1)).toBe(1_000);
    expect(IntervalFunction.ofRandomized(1_000, 0.5, () => 0.9999)(1)).toBe(1_500);
  });

  it('keeps randomized exponential waits within their bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0.5, max: 4, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 30 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (initial, multiplier, factor, max, attempt, random) => {
          const plain = IntervalFunction.ofExponentialBackoff(initial, multiplier)(attempt);
          const wait = IntervalFunction.ofExponentialRandomBackoff(
            initial,
            multiplier,
            factor,
            max,
            () => random,
          )(attempt);

          expect(wait).toBeLessThanOrEqual(max);
          expect(wait).toBeGreaterThanOrEqual(Math.min(max, Math.max(1, Math.trunc(plain * (1 - factor)))));
          expect(wait).toBeLessThanOrEqual(Math.max(1, plain * (1 + factor) + 1));
        },
      ),
    );
  });

  it('refuses invalid options and reports every fault', () => {
    expect(() => IntervalFunction.of(0)).toThrow(InvalidOptionsError);
    expect(() => IntervalFunction.ofExponentialRandomBackoff('soon', 0, 2, -1)).toThrow(
      /interval.*soon[^]*multiplier is 0[^]*randomizationFactor is 2[^]*maxInterval is -1/i,
    );
  });

  it.each([0, -1, Number.NaN])('refuses the attempt %d', (attempt) => {
    expect(() => IntervalFunction.of(10)(attempt)).toThrow(RangeError);
  });
});
