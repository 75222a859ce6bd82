import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ConfigurationNotFoundError, ConflictingDefinitionError, InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';

describe('A registry of circuit breakers', () => {
  it('creates an instance at the first call and returns the same one afterwards', () => {
    const registry = createRegistry('circuitBreaker');

    expect(registry.find('customer')).toBeUndefined();
    const customer = registry.getOrCreate('customer');

    expect(customer.name).toBe('customer');
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(registry.find('customer')).toBe(customer);
    expect(registry.getOrCreate('ledger')).not.toBe(customer);
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['customer', 'ledger']);
  });

  it('merges default configuration, base configurations and instance, which takes precedence', () => {
    const registry = createRegistry('circuitBreaker', {
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

    expect(registry.getOrCreate('other').config).toMatchObject({ slidingWindowSize: 10, failureRateThreshold: 50 });
    expect(registry.getOrCreate('customer').config).toMatchObject({
      slidingWindowSize: 10,
      failureRateThreshold: 30,
    });
    expect(registry.getOrCreate('ledger').config).toMatchObject({
      slidingWindowSize: 20,
      waitDurationInOpenState: 120_000,
      failureRateThreshold: 10,
    });
  });

  it('bases an instance on the configuration of the same name, as in Resilience4j', () => {
    const registry = createRegistry('circuitBreaker', {
      configs: { default: { slidingWindowSize: 10 }, customer: { slidingWindowSize: 5 } },
    });

    expect(registry.getOrCreate('customer').config.slidingWindowSize).toBe(5);
  });

  it('accepts options or the name of a configuration at the first call', () => {
    const registry = createRegistry('circuitBreaker', { configs: { strict: { failureRateThreshold: 10 } } });

    expect(registry.getOrCreate('customer', 'strict').config.failureRateThreshold).toBe(10);
    expect(registry.getOrCreate('ledger', { slidingWindowSize: 3 }).config.slidingWindowSize).toBe(3);
  });

  it('rejects a second, different definition of a name and accepts an equal one', () => {
    const registry = createRegistry('circuitBreaker');
    const customer = registry.getOrCreate('customer', { slidingWindowSize: 3, recordExceptions: [TypeError] });

    expect(registry.getOrCreate('customer', { slidingWindowSize: 3, recordExceptions: [TypeError] })).toBe(customer);
    expect(() => registry.getOrCreate('customer', { slidingWindowSize: 4 })).toThrow(ConflictingDefinitionError);
    expect(() => registry.getOrCreate('customer', { slidingWindowSize: 4 })).toThrow(
      /slidingWindowSize, recordExceptions/,
    );
    expect(registry.find('customer')).toBe(customer);
  });

  it('reports the faults of all definitions in one error, used or not', () => {
    const definitions = {
      configs: { default: { slidingWindowSize: 0 } },
      instances: { customer: { slidingWindowSize: 5, failureRateThreshold: 0 } },
    };

    const fault = catchError(() => createRegistry('circuitBreaker', definitions)) as InvalidOptionsError;

    expect(fault).toBeInstanceOf(InvalidOptionsError);
    expect(fault.faults.map(({ option }) => option)).toStrictEqual([
      'configs.default.slidingWindowSize',
      'instances.customer.failureRateThreshold',
    ]);
  });

  it('rejects an unknown base configuration and lists the known ones', () => {
    const definitions = { configs: { strict: {} }, instances: { customer: { baseConfig: 'strct' } } };

    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(ConfigurationNotFoundError);
    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(/'strct'.*'strict'/);
  });

  it('rejects a circle of base configurations', () => {
    const configs = { a: { baseConfig: 'b' }, b: { baseConfig: 'a' } };

    expect(() => createRegistry('circuitBreaker', { configs })).toThrow(/a → b → a/);
  });

  it('keeps its configurations when a new one is rejected', () => {
    const registry = createRegistry('circuitBreaker', { configs: { strict: { failureRateThreshold: 10 } } });

    expect(() => registry.addConfiguration('strict', { failureRateThreshold: 101 })).toThrow(InvalidOptionsError);
    expect(() => registry.addConfiguration('lax', { failureRateThreshold: 101 })).toThrow(InvalidOptionsError);

    expect(registry.configuration('strict')).toStrictEqual({ failureRateThreshold: 10 });
    expect(() => registry.configuration('lax')).toThrow(ConfigurationNotFoundError);
  });

  it('uses added configurations for later instances', () => {
    const registry = createRegistry('circuitBreaker');

    registry.addConfiguration('strict', { failureRateThreshold: 10 });

    expect(registry.getOrCreate('customer', 'strict').config.failureRateThreshold).toBe(10);
  });

  it('emits ENTRY_ADDED and ENTRY_REMOVED', () => {
    const registry = createRegistry('circuitBreaker');
    const seen: string[] = [];
    registry.on('ENTRY_ADDED', ({ entry }) => seen.push(`+${entry.name}`));
    registry.on('ENTRY_REMOVED', ({ entry }) => seen.push(`-${entry.name}`));

    registry.getOrCreate('customer');
    registry.remove('customer');
    registry.remove('customer');

    expect(seen).toStrictEqual(['+customer', '-customer']);
    expect(registry.all()).toStrictEqual([]);
  });

  it('cancels the timers of removed instances', () => {
    const clock = new FakeClock();
    const automatic = { automaticTransitionFromOpenToHalfOpenEnabled: true };
    const registry = createRegistry('circuitBreaker', { configs: { default: automatic } }, { clock });
    registry.declare('customer').transitionToOpenState();
    registry.declare('ledger').transitionToOpenState();
    expect(clock.pendingTimers).toBe(2);

    registry.dispose();

    expect(clock.pendingTimers).toBe(0);
  });

  it('is not affected by a listener that throws', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const registry = createRegistry('circuitBreaker');
    registry.on('ENTRY_ADDED', () => {
      throw new Error('broken listener');
    });

    expect(registry.getOrCreate('customer').name).toBe('customer');
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
