import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreakerRegistry } from '../../core/circuit-breaker/circuit-breaker.registry.ts';
import type { CircuitBreakerEngineName } from '../../core/circuit-breaker/circuit-breaker.options.ts';
import {
  circuitBreakerContract,
  type CircuitBreakerScene,
  engineDifferences,
} from '../../testing/circuit-breaker-contract.ts';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { opossumEngine } from './opossum.engine.ts';

const engines: readonly CircuitBreakerEngineName[] = ['sliding-window', 'opossum'];

const startsAt = 1_700_000_000_000;

let registry: CircuitBreakerRegistry | undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: startsAt });
  // The warnings of the clause about listeners that throw.
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(() => {
  registry?.dispose();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function sceneOf(engine: CircuitBreakerEngineName): CircuitBreakerScene {
  const clock = new FakeClock(startsAt);
  return {
    clock,
    make: (options) => {
      registry = new CircuitBreakerRegistry(
        { instances: { customer: { ...options, engine } } },
        { clock, engines: { opossum: opossumEngine } },
      );
      return registry.circuitBreaker('customer');
    },
    advance: (durationMs) => {
      clock.advance(durationMs);
      vi.advanceTimersByTime(durationMs);
    },
    pendingTimers: () => clock.pendingTimers + vi.getTimerCount(),
  };
}

describe.each(engines)('A circuit breaker on the engine %s', (engine) => {
  it.each(circuitBreakerContract)('$title', async ({ run }) => {
    await expect(run(sceneOf(engine))).resolves.toBeUndefined();
  });

  it.each(policyContract)('as every policy: $title', async ({ run }) => {
    await expect(
      run(({ clock }) => {
        registry = new CircuitBreakerRegistry(
          { configs: { default: { engine } } },
          { clock, engines: { opossum: opossumEngine } },
        );
        return registry.circuitBreaker('customer');
      }),
    ).resolves.toBeUndefined();
  });

  it.each(engineDifferences)('differs: $title', async ({ observe, observed }) => {
    await expect(observe(sceneOf(engine))).resolves.toBe(observed[engine]);
  });

  it('leaves no timer behind when it is disposed of', () => {
    const { make, pendingTimers } = sceneOf(engine);
    const breaker = make({ initialState: 'OPEN' });
    breaker.transitionToClosedState();
    breaker.transitionToOpenState();
    breaker.reconfigure({ engine });
    breaker.reset();

    registry?.dispose();

    expect(pendingTimers()).toBe(0);
  });
});

describe('The differences between the engines', () => {
  it.each(engineDifferences)('really differ: $title', ({ observed, reason }) => {
    expect(observed.opossum).not.toBe(observed['sliding-window']);
    expect(reason).toMatch(/\.$/);
  });
});
