import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { diagnose } from './diagnose.ts';
import { observeTraffic, parseRate } from './traffic.ts';

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

describe('observeTraffic', () => {
  it('reports nothing before the fifth call', () => {
    const { observed, call } = setUp();

    call(4, 1_000, 20);
    expect(observed.traffic()).toEqual({});
    call(2, 1_000, 20);

    expect(observed.traffic()).toMatchObject({ latencyMs: 20 });
  });

  it.each([1, 10, 60])('measures rate and latency of the calls after %i minutes', (minutes) => {
    const { observed, call } = setUp();

    call(minutes * 30, 2_000, 150);

    const { ratePerSecond, latencyMs } = observed.traffic();
    expect(ratePerSecond).toBeCloseTo(0.5, 1);
    expect(latencyMs).toBeCloseTo(150, 6);
  });

  it('follows a change within minutes, and reports nothing after an hour without calls', () => {
    const { clock, observed, call } = setUp();

    call(600, 1_000, 50);
    call(3_000, 500, 250);
    expect(observed.traffic().ratePerSecond).toBeCloseTo(2, 1);
    expect(observed.traffic().latencyMs).toBeGreaterThan(245);
    clock.advance(60 * minute);

    expect(observed.traffic()).toEqual({});
  });

  it('works with a circuit breaker whose clock is an hour behind', () => {
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
    // All its calls decay at once, when the traffic is read.
    expect(ratePerSecond).toBeGreaterThan(0.7);
    expect(ratePerSecond).toBeLessThan(1.3);
    expect(latencyMs).toBeCloseTo(150, 6);
  });

  it('counts refused calls in the rate, but not in the latency', () => {
    const { breaker, observed, call } = setUp();

    call(60, 1_000, 100);
    breaker.transitionToOpenState();
    call(59, 1_000, 100);

    expect(observed.traffic().latencyMs).toBeCloseTo(100, 6);
    expect(observed.traffic().ratePerSecond).toBeCloseTo(1, 1);
  });

  it('reports the largest number of calls in the window in the last minutes', () => {
    const { clock, observed, call } = setUp({ slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

    call(7, 10, 5);
    clock.advance(10_000);
    call(20, 5_000, 5);
    expect(observed.traffic().mostCallsInWindow).toBe(7);
    call(120, 5_000, 5);

    expect(observed.traffic().mostCallsInWindow).toBe(2);
  });

  it('drops the maximum of the window after a pause without calls', () => {
    const { clock, observed, call } = setUp({ slidingWindowType: 'TIME_BASED', slidingWindowSize: 10 });

    call(100, 10, 5);
    clock.advance(11 * minute);
    call(1, 10, 5);

    expect(observed.traffic().mostCallsInWindow).toBe(1);
  });

  it('measures the share of slow calls, which a mean does not show', () => {
    const { observed, call } = setUp({ slowCallDurationThreshold: '1s', slidingWindowSize: 10 });

    for (let round = 0; round < 30; round++) {
      call(3, 100, 20);
      call(1, 100, 2_000);
    }

    const { latencyMs, slowCallRate } = observed.traffic();
    expect(latencyMs).toBeCloseTo(515, -1);
    expect(slowCallRate).toBeGreaterThanOrEqual(25);
    expect(slowCallRate).toBeLessThanOrEqual(30);
  });

  it('has the share of slow calls in the window if it is higher, as with calls that have just become slow', () => {
    const { breaker, observed, call } = setUp({ slowCallDurationThreshold: '1s', slidingWindowSize: 10 });
    call(500, 100, 20);
    expect(observed.traffic().slowCallRate).toBe(0);

    call(8, 100, 2_000);

    expect(observed.traffic().latencyMs).toBeLessThan(100);
    expect(observed.traffic().slowCallRate).toBe(80);
    expect(diagnose([{ name: 'customer', circuitBreaker: breaker.config }], observed.traffic())).not.toContainEqual(
      expect.objectContaining({ code: 'slow-threshold-never-reached' }),
    );
  });

  it('prevents a finding if bursts reach the minimum number of calls that the average does not', () => {
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

  it('stops with stop(), and uses no timer', () => {
    const { clock, observed, call } = setUp();
    call(30, 1_000, 100);
    const { latencyMs } = observed.traffic();

    observed.stop();
    call(30, 1_000, 900);

    expect(observed.traffic().latencyMs).toBeCloseTo(latencyMs ?? 0, 6);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('parseRate', () => {
  it.each([
    ['0.5/s', 0.5],
    ['5', 5],
    [5, 5],
    ['30/min', 0.5],
    ['30 / m', 0.5],
    ['3600/h', 1],
  ])('reads %j as %d calls a second', (text, rate) => {
    expect(parseRate(text)).toBe(rate);
  });

  it.each(['0', '0/s', '-1/s', '5/d', 'five', '', '1/s/s', '5s', undefined])('rejects %j', (text) => {
    expect(parseRate(text)).toBeUndefined();
  });
});
