import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { ConfigurationNotFoundError, ConflictingDefinitionError, InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';

describe('A registry', () => {
  it('makes an instance at the first call and returns the same ever after', () => {
    const registry = createRegistry('circuitBreaker');

    expect(registry.find('customer')).toBeUndefined();
    const customer = registry.getOrCreate('customer');

    expect(customer.name).toBe('customer');
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(registry.find('customer')).toBe(customer);
    expect(registry.getOrCreate('ledger')).not.toBe(customer);
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['customer', 'ledger']);
  });

  it('builds instances on the default configuration, named ones on each other, and lets the instance win', () => {
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

  it('builds an instance without a base on the configuration of its own name, as Resilience4j does', () => {
    const registry = createRegistry('circuitBreaker', {
      configs: { default: { slidingWindowSize: 10 }, customer: { slidingWindowSize: 5 } },
    });

    expect(registry.getOrCreate('customer').config.slidingWindowSize).toBe(5);
  });

  it('takes options or the name of a configuration at the first call', () => {
    const registry = createRegistry('circuitBreaker', { configs: { strict: { failureRateThreshold: 10 } } });

    expect(registry.getOrCreate('customer', 'strict').config.failureRateThreshold).toBe(10);
    expect(registry.getOrCreate('ledger', { slidingWindowSize: 3 }).config.slidingWindowSize).toBe(3);
  });

  it('refuses a second, different definition of a name, and takes the same one', () => {
    const registry = createRegistry('circuitBreaker');
    const customer = registry.getOrCreate('customer', { slidingWindowSize: 3, recordExceptions: [TypeError] });

    expect(registry.getOrCreate('customer', { slidingWindowSize: 3, recordExceptions: [TypeError] })).toBe(customer);
    expect(() => registry.getOrCreate('customer', { slidingWindowSize: 4 })).toThrow(ConflictingDefinitionError);
    expect(() => registry.getOrCreate('customer', { slidingWindowSize: 4 })).toThrow(
      /slidingWindowSize, recordExceptions/,
    );
    expect(registry.find('customer')).toBe(customer);
  });

  it('finds the faults of all definitions at once, used or not', () => {
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

  it('refuses a base that nobody has defined, naming those that are', () => {
    const definitions = { configs: { strict: {} }, instances: { customer: { baseConfig: 'strct' } } };

    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(ConfigurationNotFoundError);
    expect(() => createRegistry('circuitBreaker', definitions)).toThrow(/'strct'.*'strict'/);
  });

  it('refuses configurations that build on each other in a circle', () => {
    const configs = { a: { baseConfig: 'b' }, b: { baseConfig: 'a' } };

    expect(() => createRegistry('circuitBreaker', { configs })).toThrow(/a → b → a/);
  });

  it('keeps the configurations it has when a new one is refused', () => {
    const registry = createRegistry('circuitBreaker', { configs: { strict: { failureRateThreshold: 10 } } });

    expect(() => registry.addConfiguration('strict', { failureRateThreshold: 101 })).toThrow(InvalidOptionsError);
    expect(() => registry.addConfiguration('lax', { failureRateThreshold: 101 })).toThrow(InvalidOptionsError);

    expect(registry.configuration('strict')).toStrictEqual({ failureRateThreshold: 10 });
    expect(() => registry.configuration('lax')).toThrow(ConfigurationNotFoundError);
  });

  it('adds configurations for instances that are made later', () => {
    const registry = createRegistry('circuitBreaker');

    registry.addConfiguration('strict', { failureRateThreshold: 10 });

    expect(registry.getOrCreate('customer', 'strict').config.failureRateThreshold).toBe(10);
  });

  it('tells of added and removed instances', () => {
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

  it('frees the timers of its instances', () => {
    const clock = new FakeClock();
    const automatic = { automaticTransitionFromOpenToHalfOpenEnabled: true };
    const registry = createRegistry('circuitBreaker', { configs: { default: automatic } }, { clock });
    registry.getOrCreate('customer').transitionToOpenState();
    registry.getOrCreate('ledger').transitionToOpenState();
    expect(clock.pendingTimers).toBe(2);

    registry.dispose();

    expect(clock.pendingTimers).toBe(0);
  });

  it('is not hurt by a listener that throws', () => {
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
