import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ConfigurationNotFoundError, ConflictingDefinitionError, InvalidOptionsError } from '../errors.ts';
import { CircuitBreakerRegistry } from './circuit-breaker.registry.ts';

describe('A registry', () => {
  it('makes an instance at the first call and returns the same ever after', () => {
    const registry = new CircuitBreakerRegistry();

    expect(registry.find('customer')).toBeUndefined();
    const customer = registry.circuitBreaker('customer');

    expect(customer.name).toBe('customer');
    expect(registry.circuitBreaker('customer')).toBe(customer);
    expect(registry.find('customer')).toBe(customer);
    expect(registry.circuitBreaker('ledger')).not.toBe(customer);
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['customer', 'ledger']);
  });

  it('builds instances on the default configuration, named ones on each other, and lets the instance win', () => {
    const registry = new CircuitBreakerRegistry({
      configs: {
        default: { slidingWindowSize: 10 },
        patient: { slidingWindowSize: 50, waitDurationInOpenState: '2m' },
        strict: { baseConfig: 'patient', failureRateThreshold: 10 },
      },
      instances: {
        customer: { failureRateThreshold: 30 },
        ledger: { baseConfig: 'strict', slidingWindowSize: 20 },
      },
    });

    expect(registry.circuitBreaker('other').config).toMatchObject({ slidingWindowSize: 10, failureRateThreshold: 50 });
    expect(registry.circuitBreaker('customer').config).toMatchObject({
      slidingWindowSize: 10,
      failureRateThreshold: 30,
    });
    expect(registry.circuitBreaker('ledger').config).toMatchObject({
      slidingWindowSize: 20,
      waitDurationInOpenState: 120_000,
      failureRateThreshold: 10,
    });
  });

  it('builds an instance without a base on the configuration of its own name, as Resilience4j does', () => {
    const registry = new CircuitBreakerRegistry({
      configs: { default: { slidingWindowSize: 10 }, customer: { slidingWindowSize: 5 } },
    });

    expect(registry.circuitBreaker('customer').config.slidingWindowSize).toBe(5);
  });

  it('takes options or the name of a configuration at the first call', () => {
    const registry = new CircuitBreakerRegistry({ configs: { strict: { failureRateThreshold: 10 } } });

    expect(registry.circuitBreaker('customer', 'strict').config.failureRateThreshold).toBe(10);
    expect(registry.circuitBreaker('ledger', { slidingWindowSize: 3 }).config.slidingWindowSize).toBe(3);
  });

  it('refuses a second, different definition of a name, and takes the same one', () => {
    const registry = new CircuitBreakerRegistry();
    const customer = registry.circuitBreaker('customer', { slidingWindowSize: 3, recordExceptions: [TypeError] });

    expect(registry.circuitBreaker('customer', { slidingWindowSize: 3, recordExceptions: [TypeError] })).toBe(customer);
    expect(() => registry.circuitBreaker('customer', { slidingWindowSize: 4 })).toThrow(ConflictingDefinitionError);
    expect(() => registry.circuitBreaker('customer', { slidingWindowSize: 4 })).toThrow(
      /slidingWindowSize, recordExceptions/,
    );
    expect(registry.find('customer')).toBe(customer);
  });

  it('finds the faults of all definitions at once, used or not', () => {
    const definitions = {
      configs: { default: { slidingWindowSize: 0 } },
      instances: { customer: { slidingWindowSize: 5, failureRateThreshold: 0 } },
    };

    const fault = catchError(() => new CircuitBreakerRegistry(definitions)) as InvalidOptionsError;

    expect(fault).toBeInstanceOf(InvalidOptionsError);
    expect(fault.faults.map(({ option }) => option)).toStrictEqual([
      'configs.default.slidingWindowSize',
      'instances.customer.failureRateThreshold',
    ]);
  });

  it('refuses a base that nobody has defined, naming those that are', () => {
    const definitions = { configs: { strict: {} }, instances: { customer: { baseConfig: 'strct' } } };

    expect(() => new CircuitBreakerRegistry(definitions)).toThrow(ConfigurationNotFoundError);
    expect(() => new CircuitBreakerRegistry(definitions)).toThrow(/'strct'.*'strict'/);
  });

  it('refuses configurations that build on each other in a circle', () => {
    const configs = { a: { baseConfig: 'b' }, b: { baseConfig: 'a' } };

    expect(() => new CircuitBreakerRegistry({ configs })).toThrow(/a → b → a/);
  });

  it('keeps the configurations it has when a new one is refused', () => {
    const registry = new CircuitBreakerRegistry({ configs: { strict: { failureRateThreshold: 10 } } });

    expect(() => registry.addConfiguration('strict', { failureRateThreshold: 101 })).toThrow(InvalidOptionsError);
    expect(() => registry.addConfiguration('lax', { failureRateThreshold: 101 })).toThrow(InvalidOptionsError);

    expect(registry.configuration('strict')).toStrictEqual({ failureRateThreshold: 10 });
    expect(() => registry.configuration('lax')).toThrow(ConfigurationNotFoundError);
  });

  it('adds configurations for instances that are made later', () => {
    const registry = new CircuitBreakerRegistry();

    registry.addConfiguration('strict', { failureRateThreshold: 10 });

    expect(registry.circuitBreaker('customer', 'strict').config.failureRateThreshold).toBe(10);
  });

  it('tells of added and removed instances', () => {
    const registry = new CircuitBreakerRegistry();
    const seen: string[] = [];
    registry.on('ENTRY_ADDED', ({ entry }) => seen.push(`+${entry.name}`));
    registry.on('ENTRY_REMOVED', ({ entry }) => seen.push(`-${entry.name}`));

    registry.circuitBreaker('customer');
    registry.remove('customer');
    registry.remove('customer');

    expect(seen).toStrictEqual(['+customer', '-customer']);
    expect(registry.all()).toStrictEqual([]);
  });

  it('frees the timers of its instances', () => {
    const clock = new FakeClock();
    const automatic = { automaticTransitionFromOpenToHalfOpenEnabled: true };
    const registry = new CircuitBreakerRegistry({ configs: { default: automatic } }, { clock });
    registry.circuitBreaker('customer').transitionToOpenState();
    registry.circuitBreaker('ledger').transitionToOpenState();
    expect(clock.pendingTimers).toBe(2);

    registry.dispose();

    expect(clock.pendingTimers).toBe(0);
  });

  it('is not hurt by a listener that throws', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const registry = new CircuitBreakerRegistry();
    registry.on('ENTRY_ADDED', () => {
      throw new Error('broken listener');
    });

    expect(registry.circuitBreaker('customer').name).toBe('customer');
    emitWarning.mockRestore();
  });
});

function catchError(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  throw new Error('Nothing was thrown.');
}
