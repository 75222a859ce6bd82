import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { InvalidOptionsError } from './errors.ts';
import { describeIntervalFunction, IntervalFunction } from './interval-function.ts';

const firstWaits = (interval: (attempt: number) => number, count: number) =>
  Array.from({ length: count }, (_, index) => interval(index + 1));

describe('IntervalFunction', () => {
  it.each([
    ['of', [500, 500, 500]],
    ['ofExponentialBackoff', [500, 750, 1_125]],
    ['ofRandomized', [500, 500, 500]],
    ['ofExponentialRandomBackoff', [500, 750, 1_125]],
  ] as const)('%s waits 500 ms first and grows by half by default', (name, waits) => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    onTestFinished(() => random.mockRestore());

    expect(firstWaits(IntervalFunction[name](), 3)).toStrictEqual(waits);
    random.mockReturnValue(0);
    expect(IntervalFunction[name]()(1)).toBe(name.includes('Random') ? 250 : 500);
  });

  it.each([
    [() => IntervalFunction.of('1s'), '1000 ms'],
    [() => IntervalFunction.ofExponentialBackoff(100, 2), '100 ms × 2'],
    [() => IntervalFunction.ofExponentialBackoff(100, 2, '3s'), '100 ms × 2, at most 3000 ms'],
    [() => IntervalFunction.ofRandomized(100, 0.25), '100 ms ± 25 %'],
    [() => IntervalFunction.ofExponentialRandomBackoff(100, 2, 0.25), '100 ms × 2 ± 25 %'],
    [() => IntervalFunction.ofExponentialRandomBackoff(100, 2, 0.25, '3s'), '100 ms × 2 ± 25 %, at most 3000 ms'],
    [() => () => 100, undefined],
  ])('is described by its numbers: %s, %s', (create, description) => {
    expect(describeIntervalFunction(create())).toBe(description);
  });

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
    expect(IntervalFunction.ofExponentialBackoff(7, 1)(Number.MAX_SAFE_INTEGER)).toBe(7);
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

  it('shrinks with a multiplier below 1, also to 0 ms', () => {
    expect(firstWaits(IntervalFunction.ofExponentialBackoff(3, 0.5), 4)).toStrictEqual([3, 1, 0, 0]);
  });

  it('calls the source of random numbers without an argument', () => {
    const random = vi.fn(() => 0.5);

    IntervalFunction.ofRandomized(10, 0.5, random)(3);

    expect(random).toHaveBeenCalledExactlyOnceWith();
  });

  it('waits at least 1 ms when it is randomized', () => {
    expect(IntervalFunction.ofRandomized(1, 1, () => 0)(1)).toBe(1);
  });

  it('randomizes exponential waits before they are capped', () => {
    const waits = (random: number) =>
      firstWaits(
        IntervalFunction.ofExponentialRandomBackoff(100, 2, 0.5, 350, () => random),
        3,
      );

    expect(waits(0)).toStrictEqual([50, 100, 200]);
    expect(waits(0.9999)).toStrictEqual([150, 300, 350]);
  });

  it.each([[1], [-0.1], ['0.5']])('draws the middle instead of %j, and warns once', (drawn) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());
    const randomized = IntervalFunction.ofRandomized(1_000, 0.5, () => drawn as number);

    expect(firstWaits(randomized, 2)).toStrictEqual([1_000, 1_000]);
    const what = typeof drawn === 'string' ? `'${drawn}'` : String(drawn);
    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      `random of IntervalFunction 1000 ms ± 50 % returned ${what}, but must return a number of at least 0 and below 1. ` +
        'Calls get their own result or error anyway. This is reported once.',
      { type: 'ResilienceFunctionWarning' },
    );
  });

  const oneMs = "at least 1 ms (milliseconds, or text such as '500ms', '2s', '1m' or 'PT2S')";

  it.each([
    [
      () => IntervalFunction.of(0.9),
      `A constant interval has an invalid option:\n  - interval is 0.9; allowed: ${oneMs}`,
    ],
    [
      () => IntervalFunction.ofExponentialBackoff('soon', Infinity, 0),
      'An exponential backoff has 3 invalid options:\n' +
        `  - initialInterval is soon; allowed: ${oneMs}\n` +
        '  - multiplier is Infinity; allowed: a number above 0\n' +
        `  - maxInterval is 0; allowed: ${oneMs}`,
    ],
    [
      () => IntervalFunction.ofRandomized(0, 1.1),
      'A randomized interval has 2 invalid options:\n' +
        `  - interval is 0; allowed: ${oneMs}\n` +
        '  - randomizationFactor is 1.1; allowed: a number from 0 to 1',
    ],
    [
      () => IntervalFunction.ofExponentialRandomBackoff(0, 0, -0.1, 0),
      'An exponential randomized backoff has 4 invalid options:\n' +
        `  - initialInterval is 0; allowed: ${oneMs}\n` +
        '  - multiplier is 0; allowed: a number above 0\n' +
        '  - randomizationFactor is -0.1; allowed: a number from 0 to 1\n' +
        `  - maxInterval is 0; allowed: ${oneMs}`,
    ],
  ])('refuses invalid options and names each of them: %s', (create, message) => {
    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(message);
  });

  it('accepts the limits of its options', () => {
    expect(IntervalFunction.ofExponentialRandomBackoff(1, 0.001, 0, 1)(1)).toBe(1);
    expect(IntervalFunction.ofExponentialRandomBackoff(1, 0.001, 1, 1)(1)).toBe(1);
  });

  it('refuses invalid options and reports every fault', () => {
    expect(() => IntervalFunction.of(0)).toThrow(InvalidOptionsError);
    expect(() => IntervalFunction.ofExponentialRandomBackoff('soon', 0, 2, -1)).toThrow(
      /interval.*soon[^]*multiplier is 0[^]*randomizationFactor is 2[^]*maxInterval is -1/i,
    );
  });

  it.each([0, -1, Number.NaN])('refuses the attempt %d', (attempt) => {
    expect(() => IntervalFunction.of(10)(attempt)).toThrow(RangeError);
    expect(() => IntervalFunction.of(10)(attempt)).toThrow(`Attempts are counted from 1, but ${attempt} was given.`);
  });
});
