import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { RateLimiter } from './rate-limiter.ts';

interface Limits {
  readonly limit: number;
  readonly periodMs: number;
  readonly timeoutMs: number;
}

const limits: fc.Arbitrary<Limits> = fc.record({
  limit: fc.integer({ min: 1, max: 5 }),
  periodMs: fc.integer({ min: 1, max: 50 }),
  timeoutMs: fc.integer({ min: 0, max: 200 }),
});

const request = (max: number) =>
  fc.record({ afterMs: fc.integer({ min: 0, max: 60 }), permits: fc.integer({ min: 1, max }) });

function makeLimiter({ limit, periodMs, timeoutMs }: Limits) {
  const clock = new FakeClock();
  const options = { limitForPeriod: limit, limitRefreshPeriod: periodMs, timeoutDuration: timeoutMs };
  return { clock, limiter: new RateLimiter('customer', options, { clock }) };
}

/** The same rules without a formula: advances by milliseconds and periods. */
class SteppedLimiter {
  readonly #limits: Limits;
  #available: number;
  #now = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
    this.#available = limits.limit;
  }

  advance(durationMs: number): void {
    const { limit, periodMs } = this.#limits;
    for (let passed = 0; passed < durationMs; passed++) {
      this.#now++;
      if (this.#now % periodMs === 0) this.#available = Math.min(this.#available + limit, limit);
    }
  }

  reserve(permits: number): number {
    const { limit, periodMs, timeoutMs } = this.#limits;
    let then = this.#now;
    for (let available = this.#available; available < permits; available += limit) {
      do then++;
      while (then % periodMs !== 0);
    }
    if (then - this.#now > timeoutMs) return -1;
    this.#available -= permits;
    return then - this.#now;
  }
}

describe('A rate limiter', () => {
  it('never permits more calls in a period than limitForPeriod, including reserved ones', () => {
    fc.assert(
      fc.property(limits, fc.array(request(1), { maxLength: 80 }), (given, requests) => {
        const { clock, limiter } = makeLimiter(given);
        const callsByPeriod = new Map<number, number>();
        const startedAt = clock.now();

        for (const { afterMs } of requests) {
          clock.advance(afterMs);
          const waitMs = limiter.reservePermission();
          if (waitMs < 0) continue;
          expect(waitMs).toBeLessThanOrEqual(given.timeoutMs);
          const period = Math.floor((clock.now() - startedAt + waitMs) / given.periodMs);
          callsByPeriod.set(period, (callsByPeriod.get(period) ?? 0) + 1);
        }

        expect(Math.max(0, ...callsByPeriod.values())).toBeLessThanOrEqual(given.limit);
      }),
    );
  });

  it('never grants more permissions than limitForPeriod times the number of periods so far', () => {
    fc.assert(
      fc.property(limits, fc.array(request(12), { maxLength: 80 }), (given, requests) => {
        const { clock, limiter } = makeLimiter(given);
        const startedAt = clock.now();
        const grants: { period: number; permits: number }[] = [];

        for (const { afterMs, permits } of requests) {
          clock.advance(afterMs);
          const waitMs = limiter.reservePermission(permits);
          if (waitMs < 0) continue;
          grants.push({ period: Math.floor((clock.now() - startedAt + waitMs) / given.periodMs), permits });
        }

        for (const { period } of grants) {
          const granted = grants.filter((grant) => grant.period <= period);
          const sum = granted.reduce((total, { permits }) => total + permits, 0);
          expect(sum).toBeLessThanOrEqual((period + 1) * given.limit);
        }
      }),
    );
  });

  it('returns the same waits as a model that counts period by period', () => {
    fc.assert(
      fc.property(limits, fc.array(request(12), { maxLength: 80 }), (given, requests) => {
        const { clock, limiter } = makeLimiter(given);
        const stepped = new SteppedLimiter(given);

        for (const { afterMs, permits } of requests) {
          clock.advance(afterMs);
          stepped.advance(afterMs);
          expect(limiter.reservePermission(permits)).toBe(stepped.reserve(permits));
        }
      }),
    );
  });

  it('never makes more calls in a period than limitForPeriod when callers wait and abort', async () => {
    const action = fc.record({
      afterMs: fc.integer({ min: 0, max: 30 }),
      abortAfterMs: fc.option(fc.integer({ min: 0, max: 60 })),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(action, { maxLength: 30 }), async (given, actions) => {
        const { clock, limiter } = makeLimiter(given);
        const callsByPeriod = new Map<number, number>();
        const results: Promise<unknown>[] = [];

        for (const { afterMs, abortAfterMs } of actions) {
          await advance(clock, afterMs);
          const caller = new AbortController();
          if (abortAfterMs !== null) clock.schedule(abortAfterMs, () => caller.abort('aborted'));
          const call = () => {
            const { cycle } = limiter.metrics;
            callsByPeriod.set(cycle, (callsByPeriod.get(cycle) ?? 0) + 1);
          };
          results.push(limiter.execute(call, { signal: caller.signal }).catch(() => undefined));
        }
        await advance(clock, 300);
        await Promise.all(results);

        expect(Math.max(0, ...callsByPeriod.values())).toBeLessThanOrEqual(given.limit);
        expect(limiter.metrics.numberOfWaitingThreads).toBe(0);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

/** Advances in steps, so that each call is made when its wait ends. */
async function advance(clock: FakeClock, durationMs: number): Promise<void> {
  for (let passed = 0; passed < durationMs; passed++) {
    const timersBefore = clock.pendingTimers;
    clock.advance(1);
    if (clock.pendingTimers !== timersBefore) await new Promise((resolve) => setImmediate(resolve));
  }
}
