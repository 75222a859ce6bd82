import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { createRegistry } from '../policies.ts';
import type { AnyCircuitBreaker } from './circuit-breaker.contract.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';
import { stateNames } from './circuit-breaker.transitions.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

/** Everything that a circuit breaker can do in the background. */
const withBackgroundWork: CircuitBreakerOptions = {
  slidingWindowSize: 2,
  minimumNumberOfCalls: 1,
  permittedNumberOfCallsInHalfOpenState: 1,
  waitDurationInOpenState: '10s',
  automaticTransitionFromOpenToHalfOpenEnabled: true,
  maxWaitDurationInHalfOpenState: '10s',
  healthProbeInterval: '1s',
  rampUpSteps: [50],
  eventConsumerBufferSize: 1_000,
};

async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

type Step = (breaker: AnyCircuitBreaker, clock: FakeClock) => unknown;

const steps: Readonly<Record<string, Step>> = {
  'a failed call': (breaker) => breaker.execute(() => Promise.reject(new Error('outage'))).catch(() => {}),
  'a successful call': (breaker) => breaker.execute(() => 'response').catch(() => {}),
  'an anonymous failure': (breaker) => breaker.tryAcquirePermission() && breaker.onError(1, new Error('outage')),
  'an anonymous result': (breaker) => breaker.tryAcquirePermission() && breaker.onResult(1, 'response'),
  'a released permission': (breaker) => breaker.tryAcquirePermission() && breaker.releasePermission(),
  'time that passes': async (_breaker, clock) => {
    clock.advance(5_500);
    await turns();
  },
  'other options': (breaker) => breaker.reconfigure({ ...withBackgroundWork, healthProbe: () => true }),
  'a reset': (breaker) => breaker.reset(),
  'OPEN by hand': (breaker) => breaker.transitionToOpenStateFor('1s'),
};

describe('A circuit breaker that was removed from its registry (opossum#340)', () => {
  it('is not opened by a call in flight, and does not probe the dependency', async () => {
    const clock = new FakeClock();
    let probes = 0;
    const options = { ...withBackgroundWork, healthProbe: () => ++probes > 0 };
    const registry = createRegistry('circuitBreaker', { instances: { customer: options } }, { clock });
    const breaker = registry.getOrCreate('customer');
    const late = Promise.withResolvers<never>();
    const call = breaker.execute(() => late.promise);

    registry.remove('customer');
    late.reject(new Error('outage'));
    await call.catch(() => {});
    clock.advance(3_600_000);
    await turns();

    expect(breaker.state).toBe('CLOSED');
    expect(probes).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps refusing calls in FORCED_OPEN, which only an operator ends', async () => {
    const breaker = new CircuitBreaker('customer', { initialState: 'FORCED_OPEN' });

    breaker.dispose();

    await expect(breaker.execute(() => 'response')).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
  });

  it('stays as it is when it is disposed again', async () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker('customer', { initialState: 'FORCED_OPEN' }, { clock });
    breaker.dispose();
    breaker.dispose();

    await expect(breaker.execute(() => 'response')).rejects.toMatchObject({ code: 'CALL_NOT_PERMITTED' });
    breaker.reset();
    clock.advance(3_600_000);

    expect(breaker.state).toBe('FORCED_OPEN');
    expect(breaker.metrics.notPermittedCalls).toBe(0);
  });

  it('permits calls in OPEN, which can never end', async () => {
    const breaker = new CircuitBreaker('customer', { initialState: 'OPEN' }, { clock: new FakeClock() });

    breaker.dispose();

    expect(breaker.admissionPercentage).toBe(100);
    await expect(breaker.execute(() => 'response')).resolves.toBe('response');
  });

  it.each(['HEALTH_PROBE', 'STATE_TRANSITION', 'FAILURE_RATE_EXCEEDED', 'RAMP_UP', 'ERROR', 'SUCCESS'] as const)(
    'stays removed when a listener of %s removes it',
    async (type) => {
      const clock = new FakeClock();
      const options = { ...withBackgroundWork, healthProbe: () => true };
      const registry = createRegistry('circuitBreaker', { instances: { customer: options } }, { clock });
      const breaker = registry.getOrCreate('customer');
      const states: string[] = [];
      breaker.on(type, () => {
        registry.remove('customer');
        states.push(breaker.state);
      });

      for (const step of [
        'a failed call',
        'time that passes',
        'a successful call',
        'time that passes',
        'a failed call',
      ]) {
        await steps[step]?.(breaker, clock);
        await turns();
      }
      clock.advance(3_600_000);

      expect(states.length).toBeGreaterThanOrEqual(1);
      expect(breaker.state).toBe(states[0]);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it('is not reconfigured by a reload that was prepared before', () => {
    const clock = new FakeClock();
    const registry = createRegistry('circuitBreaker', { instances: { customer: withBackgroundWork } }, { clock });
    const breaker = registry.getOrCreate('customer');
    breaker.transitionToOpenState();
    const reconfigured: string[] = [];
    registry.on('ENTRY_RECONFIGURED', ({ entry }) => reconfigured.push(entry.name));
    const healthProbe = () => true;
    const prepared = registry.prepareDefinitions({ instances: { customer: { ...withBackgroundWork, healthProbe } } });

    registry.remove('customer');
    prepared.apply();

    expect(clock.pendingTimers).toBe(0);
    expect(reconfigured).toStrictEqual([]);
    expect(breaker.config.healthProbe).toBeUndefined();
  });

  it('starts no timer and no probe and changes its state no more, for any sequence of uses', async () => {
    const anySteps = fc.array(fc.constantFrom(...Object.keys(steps)), { maxLength: 12 });
    const hasProbe = fc.boolean();
    const anyState = fc.constantFrom(...stateNames);

    await fc.assert(
      fc.asyncProperty(anyState, hasProbe, anySteps, anySteps, async (initialState, probes, before, after) => {
        const clock = new FakeClock();
        let calledProbes = 0;
        const healthProbe = () => ++calledProbes % 2 === 0;
        const options = { ...withBackgroundWork, initialState, ...(probes && { healthProbe }) };
        const registry = createRegistry('circuitBreaker', { instances: { customer: options } }, { clock });
        const breaker = registry.getOrCreate('customer');
        const run = async (names: readonly string[]) => {
          for (const name of names) {
            // Some transitions by hand are illegal in METRICS_ONLY.
            await Promise.resolve()
              .then(() => steps[name]?.(breaker, clock))
              .catch(() => {});
          }
        };
        await run(before);
        const late = Promise.withResolvers<never>();
        late.promise.catch(() => {});
        const inFlight = breaker.execute(() => late.promise).catch(() => {});

        registry.remove('customer');
        const atRemoval = [breaker.state, breaker.bufferedEvents().length, calledProbes];
        await run(after);
        late.reject(new Error('outage'));
        await inFlight;
        clock.advance(3_600_000);
        await turns();

        expect([breaker.state, breaker.bufferedEvents().length, calledProbes]).toStrictEqual(atRemoval);
        expect(clock.pendingTimers).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
