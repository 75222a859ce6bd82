import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { diagnose } from './diagnose.ts';
import { observeTraffic } from './observe-traffic.ts';

const minute = 60_000;

function setUp(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker('customer', options, { clock });
  const observed = observeTraffic(breaker, { clock });
  const call = (times: number, everyMs: number, latencyMs = 0) => {
    for (let made = 0; made < times; made++) {
      clock.advance(everyMs);
      if (breaker.tryAcquirePermission()) breaker.onSuccess(latencyMs);
    }
  };
  return { clock, breaker, observed, call };
}

describe('Observed traffic', () => {
  it('is not known before there were a few calls', () => {
    const { observed, call } = setUp();

    call(4, 1_000, 20);
    expect(observed.traffic()).toEqual({});
    call(2, 1_000, 20);

    expect(observed.traffic()).toMatchObject({ latencyMs: 20 });
  });

  it.each([1, 10, 60])('has the rate and the latency of the calls after %i minutes', (minutes) => {
    const { observed, call } = setUp();

    call(minutes * 30, 2_000, 150);

    const { ratePerSecond, latencyMs } = observed.traffic();
    expect(ratePerSecond).toBeCloseTo(0.5, 1);
    expect(latencyMs).toBeCloseTo(150, 6);
  });

  it('follows a change within minutes, and forgets calls when none come', () => {
    const { clock, observed, call } = setUp();

    call(600, 1_000, 50);
    call(3_000, 500, 250);
    expect(observed.traffic().ratePerSecond).toBeCloseTo(2, 1);
    expect(observed.traffic().latencyMs).toBeGreaterThan(245);
    clock.advance(60 * minute);

    expect(observed.traffic()).toEqual({});
  });

  it('is that of the calls also of a circuit breaker whose clock is an hour behind', () => {
    const clock = new FakeClock();
    const behind = new FakeClock();
    clock.advance(60 * minute);
    const breaker = new CircuitBreaker('customer', {}, { clock: behind });
    const observed = observeTraffic(breaker, { clock });
    for (let made = 0; made < 120; made++) {
      clock.advance(1_000);
      behind.advance(1_000);
      breaker.onSuccess(150);
    }

    const { ratePerSecond, latencyMs } = observed.traffic();
    // Its calls fade when somebody asks, all at once.
    expect(ratePerSecond).toBeGreaterThan(0.7);
    expect(ratePerSecond).toBeLessThan(1.3);
    expect(latencyMs).toBeCloseTo(150, 6);
  });

  it('counts what is refused as calls, but not its latency', () => {
    const { breaker, observed, call } = setUp();

    call(60, 1_000, 100);
    breaker.transitionToOpenState();
    call(59, 1_000, 100);

    expect(observed.traffic().latencyMs).toBeCloseTo(100, 6);
    expect(observed.traffic().ratePerSecond).toBeCloseTo(1, 1);
  });

  it('knows how many calls the window held at most, and forgets that, too', () => {
    const { clock, observed, call } = setUp({ slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

    call(7, 10, 5);
    clock.advance(10_000);
    call(20, 5_000, 5);
    expect(observed.traffic().mostCallsInWindow).toBe(7);
    call(120, 5_000, 5);

    expect(observed.traffic().mostCallsInWindow).toBe(2);
  });

  it('forgets what the window held when nobody has called for a while', () => {
    const { clock, observed, call } = setUp({ slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

    call(100, 10, 5);
    clock.advance(11 * minute);
    call(1, 10, 5);

    expect(observed.traffic().mostCallsInWindow).toBe(1);
  });

  it('lets the doctor see that bursts reach a minimum which the average does not', () => {
    const { breaker, observed, call } = setUp({
      slidingWindowType: 'TIME_BASED',
      slidingWindowSize: 10,
      minimumNumberOfCalls: 6,
    });
    const codes = () =>
      diagnose([{ name: 'customer', circuitBreaker: breaker.config }], observed.traffic()).map(({ code }) => code);

    call(60, 2_500, 5);
    expect(codes()).toContain('minimum-never-reached');
    call(6, 100, 5);

    expect(codes()).not.toContain('minimum-never-reached');
  });

  it('stops when it is told to, and holds no timer', () => {
    const { clock, observed, call } = setUp();
    call(30, 1_000, 100);
    const { latencyMs } = observed.traffic();

    observed.stop();
    call(30, 1_000, 900);

    expect(observed.traffic().latencyMs).toBeCloseTo(latencyMs ?? 0, 6);
    expect(clock.pendingTimers).toBe(0);
  });
});
