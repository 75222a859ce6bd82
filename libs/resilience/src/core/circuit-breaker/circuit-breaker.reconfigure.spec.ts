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

describe('CircuitBreaker.reconfigure', () => {
  it('keeps a window of the same type and size and judges it by the new threshold', () => {
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
    'starts an empty window for %j',
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

  it('applies a new minimum and a new slow-call threshold from the next call', () => {
    const { circuitBreaker, reconfigure } = setUp({ minimumNumberOfCalls: 10 });
    circuitBreaker.onSuccess(2_000);

    reconfigure({ minimumNumberOfCalls: 2, slowCallDurationThreshold: '1s', slowCallRateThreshold: 50 });
    circuitBreaker.onSuccess(2_000);

    expect(circuitBreaker.metrics).toMatchObject({ slowCalls: 1, slowCallRate: 50 });
    expect(circuitBreaker.state).toBe('OPEN');
  });

  it('keeps the current wait in OPEN and applies the new one next time', () => {
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

  it('starts and cancels the automatic transition in OPEN', () => {
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

  it('keeps the health probe of OPEN when its options do not change', async () => {
    const healthProbe = vi.fn(() => false);
    const { circuitBreaker, clock, reconfigure } = setUp({ healthProbe, healthProbeInterval: '5s' });
    circuitBreaker.transitionToOpenState();
    clock.advance(4_000);

    reconfigure({ failureRateThreshold: 70 });
    clock.advance(1_000);

    expect(healthProbe).toHaveBeenCalledOnce();
  });

  it('continues the trial in HALF_OPEN when its options do not change', () => {
    const { circuitBreaker, reconfigure } = setUp();
    circuitBreaker.transitionToOpenState();
    circuitBreaker.transitionToHalfOpenState();
    for (let call = 0; call < 3; call++) circuitBreaker.onSuccess(1);

    reconfigure({ slidingWindowSize: 50, failureRateThreshold: 70 });
    circuitBreaker.onSuccess(1);

    expect(circuitBreaker.state).toBe('CLOSED');
  });

  it('restarts the trial in HALF_OPEN with all permits when its options change', async () => {
    const { circuitBreaker, reconfigure, types } = setUp();
    circuitBreaker.transitionToOpenState();
    circuitBreaker.transitionToHalfOpenState();
    const inFlight = Promise.withResolvers<string>();
    const call = circuitBreaker.execute(() => inFlight.promise);
    for (let used = 1; used < 4; used++) circuitBreaker.tryAcquirePermission();
    expect(circuitBreaker.tryAcquirePermission()).toBe(false);

    reconfigure({ permittedNumberOfCallsInHalfOpenState: 2 });

    expect(circuitBreaker.state).toBe('HALF_OPEN');
    expect(types.filter((type) => type === 'STATE_TRANSITION')).toHaveLength(2);
    expect([1, 2, 3].map(() => circuitBreaker.tryAcquirePermission())).toStrictEqual([true, true, false]);
    inFlight.resolve('late');
    await expect(call).resolves.toBe('late');
    expect(circuitBreaker.metrics.bufferedCalls).toBe(0);
    circuitBreaker.onSuccess(1);
    circuitBreaker.onSuccess(1);
    expect(circuitBreaker.state).toBe('CLOSED');
  });

  it('judges the trial in HALF_OPEN by a new threshold', () => {
    const { circuitBreaker, reconfigure } = setUp({ initialState: 'HALF_OPEN' });
    circuitBreaker.onError(1, down);

    reconfigure({ failureRateThreshold: 20 });
    for (let call = 0; call < 3; call++) circuitBreaker.onSuccess(1);

    expect(circuitBreaker.state).toBe('OPEN');
  });

  it('restarts the trial in HALF_OPEN when its maximum wait changes', () => {
    const { circuitBreaker, clock, reconfigure } = setUp({ initialState: 'HALF_OPEN' });
    for (let used = 0; used < 4; used++) circuitBreaker.tryAcquirePermission();

    reconfigure({ maxWaitDurationInHalfOpenState: '5s' });

    expect(circuitBreaker.tryAcquirePermission()).toBe(true);
    clock.advance(5_000);
    expect(circuitBreaker.state).toBe('OPEN');
  });

  it('judges a ramp-up by a new threshold', () => {
    const { circuitBreaker, reconfigure } = setUp({ initialState: 'HALF_OPEN', rampUpSteps: [50] });
    for (let call = 0; call < 4; call++) circuitBreaker.onSuccess(1);
    circuitBreaker.onError(1, down);

    reconfigure({ rampUpSteps: [50], failureRateThreshold: 20 });
    for (let call = 0; call < 3; call++) circuitBreaker.onSuccess(1);

    expect(circuitBreaker.state).toBe('OPEN');
  });

  it.each(['DISABLED', 'OPEN'] as const)('gives %s the new window', (initialState) => {
    const { circuitBreaker, reconfigure } = setUp({ initialState });

    reconfigure({ slidingWindowSize: 7 });

    expect(circuitBreaker.window.size).toBe(7);
  });

  it('restarts a ramp-up with other steps, and closes without steps', () => {
    const startRampUp = () => {
      const all = setUp({ rampUpSteps: [10, 50], rampUpStepDuration: '1s' });
      all.circuitBreaker.transitionToOpenState();
      all.circuitBreaker.transitionToHalfOpenState();
      for (let call = 0; call < 4; call++) all.circuitBreaker.onSuccess(1);
      all.clock.advance(1_000);
      all.circuitBreaker.tryAcquirePermission();
      return all;
    };
    const same = startRampUp();
    same.reconfigure({ rampUpSteps: [10, 50], failureRateThreshold: 70 });
    expect(same.circuitBreaker.admissionPercentage).toBe(50);

    const other = startRampUp();
    other.reconfigure({ rampUpSteps: [20, 50] });
    expect(other.circuitBreaker.admissionPercentage).toBe(20);

    const none = startRampUp();
    none.reconfigure({ rampUpSteps: [] });
    expect(none.circuitBreaker.state).toBe('CLOSED');
  });

  it.each(['transitionToForcedOpenState', 'transitionToDisabledState', 'transitionToMetricsOnlyState'] as const)(
    'keeps the state after %s',
    (transition) => {
      const { circuitBreaker, reconfigure } = setUp();
      circuitBreaker[transition]();
      const { state } = circuitBreaker;

      reconfigure({ slidingWindowSize: 3, initialState: 'OPEN' });

      expect(circuitBreaker.state).toBe(state);
    },
  );

  it('records an in-flight call', async () => {
    const { circuitBreaker, reconfigure } = setUp();
    const inFlight = Promise.withResolvers<never>();
    const call = circuitBreaker.execute(() => inFlight.promise);

    reconfigure({ ignoreExceptions: [TypeError] });
    inFlight.reject(down);

    await expect(call).rejects.toBe(down);
    expect(circuitBreaker.metrics).toMatchObject({ bufferedCalls: 1, failedCalls: 1 });
  });

  it('applies abortCallsOnOpen to calls that start later', async () => {
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

  it('keeps the buffered events that fit the new buffer size', () => {
    const { circuitBreaker, reconfigure } = setUp({ eventConsumerBufferSize: 100 });
    for (let call = 1; call <= 3; call++) circuitBreaker.onSuccess(call);

    reconfigure({ eventConsumerBufferSize: 2 });
    circuitBreaker.onSuccess(4);

    expect(circuitBreaker.bufferedEvents()).toMatchObject([{ elapsedDurationMs: 3 }, { elapsedDurationMs: 4 }]);
    reconfigure({ eventConsumerBufferSize: 0 });
    circuitBreaker.onSuccess(5);
    expect(circuitBreaker.bufferedEvents()).toStrictEqual([]);
  });

  it('keeps the previous options when the new ones are invalid', () => {
    const { circuitBreaker, reconfigure } = setUp();
    const before = circuitBreaker.config;

    expect(() => reconfigure({ slidingWindowSize: 0 })).toThrow(InvalidOptionsError);

    expect(circuitBreaker.config).toBe(before);
  });
});
