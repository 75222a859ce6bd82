import { afterEach, describe, expect, it, vi } from 'vitest';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { systemClock } from './clock.ts';
import { Hedge } from './hedge/hedge.ts';
import type { Policy } from './policy.ts';
import { RateLimiter } from './rate-limiter/rate-limiter.ts';
import { Retry } from './retry/retry.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

/** jest and vitest fake with the same package, @sinonjs/fake-timers, but not the same functions by default. */
const frameworks: readonly [string, () => void][] = [
  ['vitest', () => vi.useFakeTimers()],
  [
    'jest',
    () =>
      vi.useFakeTimers({
        toFake: [
          'Date',
          'cancelAnimationFrame',
          'cancelIdleCallback',
          'clearImmediate',
          'clearInterval',
          'clearTimeout',
          'hrtime',
          'performance',
          'queueMicrotask',
          'requestAnimationFrame',
          'requestIdleCallback',
          'setImmediate',
          'setInterval',
          'setTimeout',
        ],
      }),
  ],
  [
    'jest with jsdom, whose timers are numbers',
    () => {
      vi.useFakeTimers();
      const set = globalThis.setTimeout;
      vi.spyOn(globalThis, 'setTimeout').mockImplementation(((callback: () => void, delayMs: number) =>
        Number(set(callback, delayMs))) as never);
    },
  ],
];

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const outage = new Error('outage');

/** Policies that were created before the timers were faked, each with a call that waits 100 ms. */
const waits: readonly [string, () => () => Promise<unknown>][] = [
  [
    'a retry',
    () => {
      const retry = new Retry('customer', { waitDuration: 100 });
      return () =>
        retry.execute(({ attempt }) => {
          if (attempt === 1) throw outage;
          return 'response';
        });
    },
  ],
  [
    'a time limiter',
    () => {
      const limiter = new TimeLimiter('customer', { timeoutDuration: 100 });
      return () => limiter.execute(() => new Promise(() => {})).catch(({ code }: { code: string }) => code);
    },
  ],
  [
    'a rate limiter',
    () => {
      const limiter = new RateLimiter('customer', {
        limitForPeriod: 1,
        limitRefreshPeriod: 100,
        timeoutDuration: '1s',
      });
      return async () => {
        await limiter.execute(() => 'first');
        return limiter.execute(() => 'response');
      };
    },
  ],
  [
    'a bulkhead',
    () => {
      const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: 100 });
      return () => {
        void bulkhead.execute(() => new Promise(() => {}));
        return bulkhead.execute(() => 'not made').catch(({ code }: { code: string }) => code);
      };
    },
  ],
  [
    'a hedge',
    () => {
      const hedge: Policy = new Hedge('customer', { delay: 100 });
      let calls = 0;
      return () => hedge.execute(() => (++calls === 1 ? new Promise(() => {}) : 'response'));
    },
  ],
  [
    'an open circuit breaker',
    () => {
      const breaker = new CircuitBreaker('customer', { waitDurationInOpenState: 99 });
      return async () => {
        breaker.transitionToOpenState();
        await new Promise<void>((resolve) => systemClock.schedule(100, resolve));
        return breaker.execute(() => 'response');
      };
    },
  ],
];

describe.each(frameworks)('With the fake timers of %s (node-lru-cache#345)', (_framework, fakeTimers) => {
  it('a blocking call is measured, also after thousands of quick calls', async () => {
    const breaker = new CircuitBreaker('customer');
    fakeTimers();
    const durations: number[] = [];
    for (let call = 0; call < 3_000; call++) await breaker.execute(() => 'quick');
    breaker.on('SUCCESS', ({ elapsedDurationMs }) => durations.push(elapsedDurationMs));

    await breaker.execute(() => void vi.advanceTimersByTime(400));
    await breaker.execute(() => vi.advanceTimersByTimeAsync(250));

    expect(durations).toStrictEqual([expect.closeTo(400, 3), expect.closeTo(250, 3)]);
  });

  it.each(waits)('%s that was created before waits as long as configured', async (_policy, create) => {
    const call = create();
    fakeTimers();
    let isSettled = false;
    const result = call().finally(() => (isSettled = true));

    await vi.advanceTimersByTimeAsync(50);
    expect(isSettled).toBe(false);
    await vi.advanceTimersByTimeAsync(51);

    expect(isSettled).toBe(true);
    await expect(result).resolves.toMatch(/^(response|TIMEOUT_EXCEEDED|BULKHEAD_FULL)$/);
  });

  it('the clock does not run backwards when the timers are faked or restored', () => {
    const readings = [systemClock.now()];
    fakeTimers();
    readings.push(systemClock.now());
    vi.advanceTimersByTime(5);
    readings.push(systemClock.now());
    vi.restoreAllMocks();
    vi.useRealTimers();
    readings.push(systemClock.now());

    expect(readings).toStrictEqual(readings.toSorted((a, b) => a - b));
  });
});
