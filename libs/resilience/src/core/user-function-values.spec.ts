import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker.options.ts';
import { IntervalFunction } from './interval-function.ts';
import { Retry } from './retry/retry.ts';
import type { RetryOptions } from './retry/retry.options.ts';

const noWaits: readonly unknown[] = [
  Number.NaN,
  Infinity,
  -Infinity,
  -1,
  undefined,
  null,
  '10s',
  5n,
  Promise.resolve(5),
];
const noFractions: readonly unknown[] = [Number.NaN, Infinity, -0.1, 1, 2, undefined, '0.5'];
const outage = new Error('outage');

let warned: MockInstance<typeof process.emitWarning>;

beforeEach(() => {
  warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** How long each of two consecutive stays in OPEN lasts. */
function waitsInOpen(options: CircuitBreakerOptions, random?: () => number): readonly (number | undefined)[] {
  const breaker = new CircuitBreaker('customer', options, { clock: new FakeClock(), ...(random && { random }) });
  return [1, 2].map(() => {
    breaker.transitionToClosedState();
    breaker.transitionToOpenState();
    return breaker.remainingMs;
  });
}

async function attemptsOf(options: RetryOptions): Promise<number> {
  const clock = new FakeClock();
  const retry = new Retry('customer', { maxAttempts: 3, ...options }, { clock });
  let attempts = 0;
  const call = () => {
    attempts++;
    throw outage;
  };
  for (let calls = 0; calls < 2; calls++) {
    const result = retry.execute(call).catch((error: unknown) => error);
    await clock.advanceAsync(3_600_000);
    expect(await result).toBe(outage);
  }
  return attempts / 2;
}

describe('A value that a function in the options returns, and that cannot be used,', () => {
  it.each(noWaits)('as waitIntervalFunctionInOpenState (%s) becomes the default wait', (value) => {
    const waits = waitsInOpen({ waitIntervalFunctionInOpenState: () => value as number });

    expect(waits).toStrictEqual([60_000, 60_000]);
    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.calls[0]?.[0]).toMatch(
      /^waitIntervalFunctionInOpenState of CircuitBreaker 'customer' returned /,
    );
  });

  it.each(noFractions)('as a random number (%s) leaves the wait in OPEN without jitter', (value) => {
    const waits = waitsInOpen({ waitDurationInOpenState: '10s', waitJitterFactor: 0.5 }, () => value as number);

    expect(waits).toStrictEqual([10_000, 10_000]);
    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.calls[0]?.[0]).toMatch(/^random of CircuitBreaker 'customer' returned /);
  });

  it.each(noFractions)('as a random number (%s) of an interval function becomes the middle of the range', (value) => {
    const random = () => value as number;
    const randomized = IntervalFunction.ofRandomized(1_000, 0.5, random);
    const growing = IntervalFunction.ofExponentialRandomBackoff(1_000, 2, 0.5, undefined, random);

    expect([randomized(1), randomized(2), growing(1), growing(2)]).toStrictEqual([1_000, 1_000, 1_000, 2_000]);
    expect(warned).toHaveBeenCalledTimes(2);
    expect(warned.mock.calls[0]?.[0]).toMatch(/^random of IntervalFunction /);
  });

  it.each([
    { toState: 'OPEN', waitUntil: Number.NaN },
    { toState: 'OPEN', waitUntil: Infinity },
    { toState: 'OPEN', waitUntil: '2030-01-01' },
    { toState: 'OPEN', waitDuration: -1 },
    { toState: 'OPEN', waitDuration: Number.NaN },
    { toState: 'CLOSED' },
    undefined,
  ])('as transitionOnResult (%j) makes no transition', async (value) => {
    const transitionOnResult = () => value as never;
    const breaker = new CircuitBreaker('customer', { transitionOnResult }, { clock: new FakeClock() });

    for (let calls = 0; calls < 3; calls++) await expect(breaker.execute(() => 'response')).resolves.toBe('response');

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics.bufferedCalls).toBe(3);
    expect(warned).toHaveBeenCalledOnce();
  });

  const noIntervals = noWaits.filter((value) => value !== -1);

  it.each(noIntervals)('as intervalFunction or intervalBiFunction (%s) makes the attempt the last', async (value) => {
    await expect(attemptsOf({ intervalFunction: () => value as number })).resolves.toBe(1);
    await expect(attemptsOf({ intervalBiFunction: () => value as number })).resolves.toBe(1);

    expect(warned).toHaveBeenCalledTimes(2);
    expect(warned.mock.calls.map(([message]) => String(message).split(' returned ')[0])).toStrictEqual([
      "intervalFunction of Retry 'customer'",
      "intervalBiFunction of Retry 'customer'",
    ]);
  });

  it.each([Number.NaN, null, '10s', 5n])('as retryAfterFunction (%s) makes the attempt the last', async (value) => {
    await expect(attemptsOf({ retryAfterFunction: () => value as number })).resolves.toBe(1);

    expect(warned).toHaveBeenCalledOnce();
  });

  it('is not reported where it has a meaning: a negative interval ends a retry', async () => {
    await expect(attemptsOf({ intervalFunction: () => -1 })).resolves.toBe(1);
    await expect(attemptsOf({ retryAfterFunction: () => undefined })).resolves.toBe(3);

    expect(warned).not.toHaveBeenCalled();
  });
});
