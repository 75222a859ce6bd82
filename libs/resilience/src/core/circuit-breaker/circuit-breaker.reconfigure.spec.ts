import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { InvalidOptionsError } from '../errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';

const down = new Error('down');
const base: CircuitBreakerOptions = {
  slidingWindowSize: 10,
  minimumNumberOfCalls: 4,
  waitDurationInOpenState: '10s',
  permittedNumberOfCallsInHalfOpenState: 4,
};

function setUp(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const circuitBreaker = new CircuitBreaker('customer', { ...base, ...options }, { clock });
  const types: string[] = [];
  circuitBreaker.onEvent(({ type }) => types.push(type));
  const reconfigure = (changed: CircuitBreakerOptions) =>
    circuitBreaker.reconfigure({ ...base, ...options, ...changed });
  return { clock, circuitBreaker, types, reconfigure };
}

describe('A circuit breaker with other options', () => {
  it('keeps its window when type and size are the same, and judges it by the new threshold', () => {
    const { circuitBreaker, reconfigure } = setUp();
    for (let call = 0; call < 3; call++) circuitBreaker.onSuccess(1);
    circuitBreaker.onError(1, down);

    reconfigure({ failureRateThreshold: 20 });

    expect(circuitBreaker.config.failureRateThreshold).toBe(20);
    expect(circuitBreaker.metrics).toMatchObject({ bufferedCalls: 4, failureRate: 25 });
    expect(circuitBreaker.state).toBe('CLOSED');
    circuitBreaker.onSuccess(1);
    expect(circuitBreaker.state).toBe('OPEN');
  });

  it.each<CircuitBreakerOptions>([{ slidingWindowSize: 5 }, { slidingWindowType: 'TIME_BASED' }])(
    'begins an empty window for %j',
    (changed) => {
      const { circuitBreaker, reconfigure } = setUp();
      for (let call = 0; call < 3; call++) circuitBreaker.onError(1, down);

      reconfigure(changed);

      expect(circuitBreaker.metrics.bufferedCalls).toBe(0);
      for (let call = 0; call < 3; call++) circuitBreaker.onError(1, down);
      expect(circuitBreaker.state).toBe('CLOSED');
      circuitBreaker.onError(1, down);
      expect(circuitBreaker.state).toBe('OPEN');
    },
  );

  it('judges by a new minimum and a new limit of slowness from the next call on', () => {
    const { circuitBreaker, reconfigure } = setUp({ minimumNumberOfCalls: 10 });
    circuitBreaker.onSuccess(2_000);

    reconfigure({ minimumNumberOfCalls: 2, slowCallDurationThreshold: '1s', slowCallRateThreshold: 50 });
    circuitBreaker.onSuccess(2_000);

    expect(circuitBreaker.metrics).toMatchObject({ slowCalls: 1, slowCallRate: 50 });
    expect(circuitBreaker.state).toBe('OPEN');
  });

  it('stays OPEN with the rest of its wait; the new wait holds for the next time', () => {
    const { circuitBreaker, clock, reconfigure, types } = setUp();
    circuitBreaker.transitionToOpenState();
    clock.advance(4_000);

    reconfigure({ waitDurationInOpenState: '1m', slidingWindowSize: 20 });

    expect(circuitBreaker.state).toBe('OPEN');
    expect(circuitBreaker.remainingMs).toBe(6_000);
    expect(types).toStrictEqual(['STATE_TRANSITION']);
    clock.advance(6_001);
    expect(circuitBreaker.tryAcquirePermission()).toBe(true);
    circuitBreaker.transitionToOpenState();
    expect(circuitBreaker.remainingMs).toBe(60_000);
  });

  it('begins and ends the automatic transition in the midst of OPEN', () => {
    const { circuitBreaker, clock, reconfigure } = setUp();
    circuitBreaker.transitionToOpenState();
    clock.advance(4_000);

    reconfigure({ automaticTransitionFromOpenToHalfOpenEnabled: true });
    expect(clock.pendingTimers).toBe(1);
    reconfigure({ automaticTransitionFromOpenToHalfOpenEnabled: false });
    expect(clock.pendingTimers).toBe(0);
    reconfigure({ automaticTransitionFromOpenToHalfOpenEnabled: true });
    clock.advance(6_000);

    expect(circuitBreaker.state).toBe('HALF_OPEN');
  });

  it('does not disturb the health probe of OPEN when nothing about it changes', async () => {
    const healthProbe = vi.fn(() => false);
    const { circuitBreaker, clock, reconfigure } = setUp({ healthProbe, healthProbeInterval: '5s' });
    circuitBreaker.transitionToOpenState();
    clock.advance(4_000);

    reconfigure({ failureRateThreshold: 70 });
    clock.advance(1_000);

    expect(healthProbe).toHaveBeenCalledOnce();
  });

  it('goes on with its trial in HALF_OPEN when that is the same', () => {
    const { circuitBreaker, reconfigure } = setUp();
    circuitBreaker.transitionToOpenState();
    circuitBreaker.transitionToHalfOpenState();
    for (let call = 0; call < 3; call++) circuitBreaker.onSuccess(1);

    reconfigure({ slidingWindowSize: 50, failureRateThreshold: 70 });
    circuitBreaker.onSuccess(1);

    expect(circuitBreaker.state).toBe('CLOSED');
  });

  it('begins another trial in HALF_OPEN with all of its permits', async () => {
    const { circuitBreaker, reconfigure, types } = setUp();
    circuitBreaker.transitionToOpenState();
    circuitBreaker.transitionToHalfOpenState();
    const underWay = Promise.withResolvers<string>();
    const call = circuitBreaker.execute(() => underWay.promise);
    for (let used = 1; used < 4; used++) circuitBreaker.tryAcquirePermission();
    expect(circuitBreaker.tryAcquirePermission()).toBe(false);

    reconfigure({ permittedNumberOfCallsInHalfOpenState: 2 });

    expect(circuitBreaker.state).toBe('HALF_OPEN');
    expect(types.filter((type) => type === 'STATE_TRANSITION')).toHaveLength(2);
    expect([1, 2, 3].map(() => circuitBreaker.tryAcquirePermission())).toStrictEqual([true, true, false]);
    underWay.resolve('late');
    await expect(call).resolves.toBe('late');
    expect(circuitBreaker.metrics.bufferedCalls).toBe(0);
    circuitBreaker.onSuccess(1);
    circuitBreaker.onSuccess(1);
    expect(circuitBreaker.state).toBe('CLOSED');
  });

  it('begins other steps of the ramp-up with the first, and closes when there are none any more', () => {
    const ramping = () => {
      const all = setUp({ rampUpSteps: [10, 50], rampUpStepDuration: '1s' });
      all.circuitBreaker.transitionToOpenState();
      all.circuitBreaker.transitionToHalfOpenState();
      for (let call = 0; call < 4; call++) all.circuitBreaker.onSuccess(1);
      all.clock.advance(1_000);
      all.circuitBreaker.tryAcquirePermission();
      return all;
    };
    const same = ramping();
    same.reconfigure({ rampUpSteps: [10, 50], failureRateThreshold: 70 });
    expect(same.circuitBreaker.admissionPercentage).toBe(50);

    const other = ramping();
    other.reconfigure({ rampUpSteps: [20, 50] });
    expect(other.circuitBreaker.admissionPercentage).toBe(20);

    const none = ramping();
    none.reconfigure({ rampUpSteps: [] });
    expect(none.circuitBreaker.state).toBe('CLOSED');
  });

  it.each(['transitionToForcedOpenState', 'transitionToDisabledState', 'transitionToMetricsOnlyState'] as const)(
    'leaves the state that somebody asked for: %s',
    (transition) => {
      const { circuitBreaker, reconfigure } = setUp();
      circuitBreaker[transition]();
      const { state } = circuitBreaker;

      reconfigure({ slidingWindowSize: 3, initialState: 'OPEN' });

      expect(circuitBreaker.state).toBe(state);
    },
  );

  it('records and judges a call that was under way', async () => {
    const { circuitBreaker, reconfigure } = setUp();
    const underWay = Promise.withResolvers<never>();
    const call = circuitBreaker.execute(() => underWay.promise);

    reconfigure({ ignoreExceptions: [TypeError] });
    underWay.reject(down);

    await expect(call).rejects.toBe(down);
    expect(circuitBreaker.metrics).toMatchObject({ bufferedCalls: 1, failedCalls: 1 });
  });

  it('aborts calls on opening from the time on that it is asked to', async () => {
    const { circuitBreaker, reconfigure } = setUp();
    const signals: AbortSignal[] = [];
    const start = () =>
      circuitBreaker.execute(({ signal }) => {
        signals.push(signal);
        return new Promise(() => {});
      });
    void start();
    reconfigure({ abortCallsOnOpen: true });
    void start();

    circuitBreaker.transitionToOpenState();

    expect(signals.map(({ aborted }) => aborted)).toStrictEqual([false, true]);
  });

  it('keeps as many of the last events as it is to buffer', () => {
    const { circuitBreaker, reconfigure } = setUp({ eventConsumerBufferSize: 100 });
    for (let call = 1; call <= 3; call++) circuitBreaker.onSuccess(call);

    reconfigure({ eventConsumerBufferSize: 2 });
    circuitBreaker.onSuccess(4);

    expect(circuitBreaker.bufferedEvents()).toMatchObject([{ elapsedDurationMs: 3 }, { elapsedDurationMs: 4 }]);
    reconfigure({ eventConsumerBufferSize: 0 });
    circuitBreaker.onSuccess(5);
    expect(circuitBreaker.bufferedEvents()).toStrictEqual([]);
  });

  it('keeps the old ones when the new ones are wrong', () => {
    const { circuitBreaker, reconfigure } = setUp();
    const before = circuitBreaker.config;

    expect(() => reconfigure({ slidingWindowSize: 0 })).toThrow(InvalidOptionsError);

    expect(circuitBreaker.config).toBe(before);
  });
});
