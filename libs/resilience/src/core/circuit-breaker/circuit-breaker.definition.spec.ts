import { expect, it } from 'vitest';
import { observeSurface } from '../surface.fixture.ts';
import { circuitBreakerDefinition } from './circuit-breaker.definition.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';

const options: CircuitBreakerOptions = {
  slidingWindowSize: 4,
  minimumNumberOfCalls: 3,
  failureRateThreshold: 33,
  slowCallRateThreshold: 66.5,
  slowCallDurationThreshold: '1s',
  permittedNumberOfCallsInHalfOpenState: 1,
  waitDurationInOpenState: '10s',
  ignoreExceptions: [RangeError],
};

it('shows a circuit breaker in configuration, metrics, spans and actuator by these names', async () => {
  let isHealthy = false;
  const surface = observeSurface('circuitBreaker', {
    ...options,
    classification: 'http',
    combinedRateThreshold: 50,
    rampUpSteps: [20],
    healthProbe: () => isHealthy,
    healthProbeInterval: '2s',
  });
  const { clock, instance } = surface;

  instance.onSuccess(2_500);
  instance.onError(1_500.7, new RangeError('not recorded'));
  surface.note('with too few calls for a rate');
  instance.onError(2_000, Object.assign(new Error('unavailable'), { status: 503 }));
  instance.onSuccess(10);
  surface.note('in OPEN');
  await expect(instance.execute(() => {})).rejects.toThrow("CircuitBreaker 'customer'");
  await clock.advanceAsync(2_000);
  isHealthy = true;
  await clock.advanceAsync(2_000);
  surface.note('in HALF_OPEN');
  await instance.execute(() => {});
  surface.note('while its load grows');
  instance.reset();
  instance.transitionToForcedOpenState();
  surface.note('in FORCED_OPEN');

  expect(surface.missingEvents()).toStrictEqual([]);
  await expect(String(surface)).toMatchFileSnapshot('./circuit-breaker.surface.json');
});

it('has no metrics of probes and outcomes without them, and no maximum of calls for a time-based window', () => {
  const { clock, instance, metrics } = observeSurface('circuitBreaker', {
    ...options,
    slidingWindowType: 'TIME_BASED',
  });

  expect(metrics()).not.toHaveProperty('resilience4j_circuitbreaker_max_buffered_calls');
  expect(Object.keys(metrics()).join()).not.toMatch(/probes|outcomes/);

  instance.transitionToOpenState();
  instance.transitionToHalfOpenState();
  expect(metrics()).toMatchObject({ resilience4j_circuitbreaker_max_buffered_calls: 1 });
  instance.transitionToOpenState();
  circuitBreakerDefinition.dispose!(instance);
  expect(clock.pendingTimers).toBe(0);
});

it('is removable only in CLOSED', () => {
  const { instance } = observeSurface('circuitBreaker', options);

  expect(circuitBreakerDefinition.isRemovable!(instance)).toBe(true);
  instance.transitionToDisabledState();
  expect(circuitBreakerDefinition.isRemovable!(instance)).toBe(false);
});
