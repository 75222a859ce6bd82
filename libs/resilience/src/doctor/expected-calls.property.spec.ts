import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { diagnose, type FindingCode } from './diagnose.ts';
import type { Traffic } from './traffic.ts';

function finds(code: FindingCode, breaker: CircuitBreaker, traffic: Traffic): boolean {
  return diagnose([{ name: breaker.name, circuitBreaker: breaker.config }], traffic).some(
    (finding) => finding.code === code,
  );
}

const outage = new Error('outage');

/**
 * Lets calls fail at regular intervals until it opens, or until every phase relative to the whole seconds has occurred.
 */
function opens(breaker: CircuitBreaker, clock: FakeClock, periodMs: number, together: number, calls: number): boolean {
  for (let call = 0; call < calls && breaker.state === 'CLOSED'; call++) {
    clock.advance(periodMs);
    for (let caller = 0; caller < together; caller++) breaker.onError(periodMs, outage);
  }
  return breaker.state === 'OPEN';
}

const startAt = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_001_000 });

describe('findings about a time window', () => {
  const window = fc.integer({ min: 1, max: 15 });

  it('match the circuit breaker for sequential callers that start together', () => {
    const scene = fc
      .record({
        window,
        latencyMs: fc.integer({ min: 100, max: 4_000 }),
        concurrency: fc.integer({ min: 1, max: 4 }),
        startAt,
      })
      .chain((scene) => {
        const about = Math.round((scene.window * 1_000 * scene.concurrency) / scene.latencyMs);
        const minimum = fc.integer({ min: Math.max(1, about - 4), max: about + 5 });
        return fc.record({ scene: fc.constant(scene), minimum });
      });
    fc.assert(
      fc.property(scene, ({ scene: { window, latencyMs, concurrency, startAt }, minimum }) => {
        const clock = new FakeClock(startAt);
        const breaker = new CircuitBreaker(
          'customer',
          {
            slidingWindowType: 'TIME_BASED',
            slidingWindowSize: window,
            minimumNumberOfCalls: minimum,
            eventConsumerBufferSize: 0,
          },
          { clock },
        );

        const isReported = finds('minimum-never-reached', breaker, { latencyMs, concurrency });

        const enough = 1_000 + Math.ceil((window * 1_000) / latencyMs) + 1;
        expect(opens(breaker, clock, latencyMs, concurrency, enough)).toBe(!isReported);
      }),
      { numRuns: 150 },
    );
  });

  it('match the circuit breaker for calls at a rate', () => {
    const scene = fc.record({
      window,
      periodMs: fc.integer({ min: 100, max: 4_000 }),
      share: fc.integer({ min: -3, max: 4 }),
      startAt,
    });
    fc.assert(
      fc.property(scene, ({ window, periodMs, share, startAt }) => {
        const clock = new FakeClock(startAt);
        const minimum = Math.max(1, Math.round((window * 1_000) / periodMs) + share);
        const breaker = new CircuitBreaker(
          'customer',
          {
            slidingWindowType: 'TIME_BASED',
            slidingWindowSize: window,
            minimumNumberOfCalls: minimum,
            eventConsumerBufferSize: 0,
          },
          { clock },
        );

        const isReported = finds('minimum-never-reached', breaker, { ratePerSecond: 1_000 / periodMs });

        const enough = 1_000 + Math.ceil((window * 1_000) / periodMs) + 1;
        expect(opens(breaker, clock, periodMs, 1, enough)).toBe(!isReported);
      }),
      { numRuns: 150 },
    );
  });

  it('are absent only if the circuit breaker always opens after the minimum number of calls', () => {
    const scene = fc.record({
      window: fc.integer({ min: 2, max: 15 }),
      latencyMs: fc.integer({ min: 100, max: 4_000 }),
      minimum: fc.integer({ min: 1, max: 40 }),
      startAt,
    });
    fc.assert(
      fc.property(scene, ({ window, latencyMs, minimum, startAt }) => {
        const clock = new FakeClock(startAt);
        const breaker = new CircuitBreaker(
          'customer',
          {
            slidingWindowType: 'TIME_BASED',
            slidingWindowSize: window,
            minimumNumberOfCalls: minimum,
            eventConsumerBufferSize: 0,
          },
          { clock },
        );
        const traffic = { latencyMs, concurrency: 1 };
        const isReported =
          finds('minimum-never-reached', breaker, traffic) || finds('minimum-not-always-reached', breaker, traffic);
        fc.pre(!isReported);

        expect(opens(breaker, clock, latencyMs, 1, minimum)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});

describe('findings about HALF_OPEN', () => {
  const scene = fc.record({
    permitted: fc.integer({ min: 1, max: 8 }),
    minimum: fc.integer({ min: 1, max: 8 }),
    maxWaitMs: fc.integer({ min: 1, max: 10_000 }),
    latencyMs: fc.integer({ min: 50, max: 3_000 }),
    concurrency: fc.integer({ min: 1, max: 3 }),
  });

  it('match the circuit breaker for sequential callers', () => {
    fc.assert(
      fc.property(scene, ({ permitted, minimum, maxWaitMs, latencyMs, concurrency }) => {
        const clock = new FakeClock();
        const breaker = new CircuitBreaker(
          'customer',
          {
            permittedNumberOfCallsInHalfOpenState: permitted,
            minimumNumberOfCalls: minimum,
            maxWaitDurationInHalfOpenState: maxWaitMs,
            initialState: 'HALF_OPEN',
          },
          { clock },
        );
        const isReported = finds('half-open-permits-unreached', breaker, { latencyMs, concurrency });

        const call = (): void => {
          if (breaker.state !== 'HALF_OPEN' || !breaker.tryAcquirePermission()) return;
          clock.schedule(latencyMs, () => {
            breaker.onSuccess(latencyMs);
            call();
          });
        };
        for (let caller = 0; caller < concurrency; caller++) call();
        clock.advance(maxWaitMs);

        expect(breaker.state).toBe(isReported ? 'OPEN' : 'CLOSED');
      }),
      { numRuns: 150 },
    );
  });

  it('match the circuit breaker for calls at a rate', () => {
    const atRate = fc.record({ periodMs: fc.integer({ min: 50, max: 3_000 }), scene });
    fc.assert(
      fc.property(atRate, ({ periodMs, scene: { permitted, minimum, maxWaitMs, latencyMs } }) => {
        const clock = new FakeClock();
        const breaker = new CircuitBreaker(
          'customer',
          {
            permittedNumberOfCallsInHalfOpenState: permitted,
            minimumNumberOfCalls: minimum,
            maxWaitDurationInHalfOpenState: maxWaitMs,
            initialState: 'HALF_OPEN',
          },
          { clock },
        );
        const isReported = finds('half-open-permits-unreached', breaker, {
          latencyMs,
          ratePerSecond: 1_000 / periodMs,
        });

        const arrive = (): void => {
          if (breaker.state !== 'HALF_OPEN') return;
          if (breaker.tryAcquirePermission()) clock.schedule(latencyMs, () => breaker.onSuccess(latencyMs));
          clock.schedule(periodMs, arrive);
        };
        arrive();
        clock.advance(maxWaitMs);

        expect(breaker.state).toBe(isReported ? 'OPEN' : 'CLOSED');
      }),
      { numRuns: 150 },
    );
  });
});
