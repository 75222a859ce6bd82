import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { optionChanges } from './definitions.ts';
import { ConfigurationNotFoundError, ConflictingDefinitionError, InvalidOptionsError } from './errors.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerEngine } from './circuit-breaker/circuit-breaker.contract.ts';
import { circuitBreakerOptions } from './circuit-breaker/circuit-breaker.options.ts';
import { systemClock } from './clock.ts';
import { IntervalFunction } from './interval-function.ts';
import { createRegistry } from './policies.ts';
import type { RetryBudgetOptions } from './retry/retry-budget.options.ts';

const clock = new FakeClock();
const flushed = () => new Promise(setImmediate);

describe('A registry', () => {
  it('has one configuration for all names that are not defined', () => {
    const registry = createRegistry('circuitBreaker', {
      configs: { default: { slidingWindowSize: 10 }, gold: { slidingWindowSize: 20 } },
      instances: { customer: { slidingWindowSize: 30 } },
    });
    const sizeOf = (name: string) => registry.getOrCreate(name).config.slidingWindowSize;

    expect(registry.getOrCreate('tenant-1').config).toBe(registry.getOrCreate('tenant-2').config);
    expect(['tenant-1', 'gold', 'customer'].map(sizeOf)).toStrictEqual([10, 20, 30]);

    registry.prepareDefinitions({ configs: { default: { slidingWindowSize: 11 } } }).apply();
    expect(['tenant-1', 'tenant-3'].map(sizeOf)).toStrictEqual([11, 11]);
  });
});

describe('The instances of a registry', () => {
  const setUp = () =>
    createRegistry(
      'retry',
      {
        configs: { default: { maxAttempts: 5 }, patient: { maxAttempts: 9 } },
        instances: { customer: { maxAttempts: 2 } },
      },
      { clock },
    );
  const recorded = (registry: ReturnType<typeof setUp>) => {
    const events: unknown[] = [];
    registry.on('ENTRY_ADDED', (event) => events.push(event));
    registry.on('ENTRY_REMOVED', (event) => events.push(event));
    return events;
  };

  it('are created once, with the options of their definition, their configuration or the caller', () => {
    const registry = setUp();
    const events = recorded(registry);

    const customer = registry.getOrCreate('customer');
    const given = registry.getOrCreate('given', { maxAttempts: 7 });
    const patient = registry.getOrCreate('slow', 'patient');

    expect([customer, given, patient].map(({ config }) => config.maxAttempts)).toStrictEqual([2, 7, 9]);
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(registry.getOrCreate('given')).toBe(given);
    expect(registry.getOrCreate('given', { maxAttempts: 7 })).toBe(given);
    expect(registry.all()).toStrictEqual([customer, given, patient]);
    expect(events).toStrictEqual(
      [customer, given, patient].map((entry) => ({ type: 'ENTRY_ADDED', creationTime: clock.now(), entry })),
    );
  });

  it('are refused with other options than they have', () => {
    const registry = setUp();
    registry.getOrCreate('customer');

    const conflicting = () => registry.getOrCreate('customer', { maxAttempts: 3, waitDuration: '2s' });
    expect(conflicting).toThrow(ConflictingDefinitionError);
    expect(conflicting).toThrow("Retry 'customer' exists already with other options (maxAttempts, waitDuration).");
    expect(() => registry.declare('customer', { maxAttempts: 3 })).toThrow(ConflictingDefinitionError);
  });

  it('are refused with invalid options and with an unknown configuration', () => {
    const registry = setUp();

    expect(() => registry.getOrCreate('new', { maxAttempts: 0 })).toThrow(
      /^Retry 'new' has an invalid option:\n {2}- maxAttempts is 0;/,
    );
    expect(() => registry.getOrCreate('new', 'missing')).toThrow(
      "There is no configuration named 'missing'. Registered configurations: 'default', 'patient'.",
    );
    expect(registry.names()).toStrictEqual(['customer']);
  });

  it('can be removed, and are created again with the options of their definition', () => {
    const registry = setUp();
    const events = recorded(registry);
    const given = registry.getOrCreate('given', { maxAttempts: 7 });

    expect(registry.remove('given')).toBe(given);
    expect(registry.remove('given')).toBeUndefined();

    expect(registry.find('given')).toBeUndefined();
    expect(events.slice(1)).toStrictEqual([{ type: 'ENTRY_REMOVED', creationTime: clock.now(), entry: given }]);
    expect(registry.getOrCreate('given').config.maxAttempts).toBe(5);
  });

  it('are all removed when the registry is disposed', () => {
    const registry = setUp();
    const events = recorded(registry);
    registry.getOrCreate('customer');
    registry.getOrCreate('other one');

    registry.dispose();

    expect(registry.all()).toStrictEqual([]);
    expect(events).toHaveLength(4);
    expect(registry.names()).toStrictEqual(['customer']);
  });

  it('run on real time by default', () => {
    const registry = createRegistry('retry');
    const times: number[] = [];
    registry.on('ENTRY_ADDED', ({ creationTime }) => times.push(creationTime));

    registry.declare('customer');

    expect(Math.abs(times[0]! - systemClock.now())).toBeLessThan(60_000);
  });
});

describe('The configurations of a registry', () => {
  it('build on each other, option by option', () => {
    const registry = createRegistry('retry', {
      defaults: { waitDuration: '9s' },
      configs: {
        default: { maxAttempts: 5 },
        patient: { maxAttempts: 9, baseConfig: 'slow' },
        slow: { waitDuration: '2s', maxAttempts: 3 },
      },
      instances: { ledger: { baseConfig: 'patient', maxAttempts: 10 }, patient: { eventConsumerBufferSize: 1 } },
    });

    expect(registry.configuration('patient')).toStrictEqual({ waitDuration: 2_000, maxAttempts: 9 });
    expect(registry.configuration('default')).toStrictEqual({ waitDuration: 9_000, maxAttempts: 5 });
    expect(registry.getOrCreate('ledger').config).toMatchObject({ waitDuration: 2_000, maxAttempts: 10 });
    expect(registry.getOrCreate('patient').config).toMatchObject({ maxAttempts: 9, eventConsumerBufferSize: 1 });
    expect(() => registry.configuration('missing')).toThrow(
      "named 'missing'. Registered configurations: 'default', 'patient', 'slow'.",
    );
  });

  it('can be added, and apply to instances that are created later', () => {
    const registry = createRegistry('retry');
    const before = registry.getOrCreate('before');

    registry.addConfiguration('default', { maxAttempts: 8 });
    registry.addConfiguration('patient', { baseConfig: 'default', waitDuration: '1s' });

    expect(before.config.maxAttempts).toBe(3);
    expect(registry.getOrCreate('after').config.maxAttempts).toBe(8);
    expect(registry.configuration('patient')).toStrictEqual({ maxAttempts: 8, waitDuration: 1_000 });
    expect(() => registry.addConfiguration('default', { maxAttempts: 0 })).toThrow(InvalidOptionsError);
    expect(registry.configuration('default')).toStrictEqual({ maxAttempts: 8 });
  });

  it.each([
    ['itself', { a: { baseConfig: 'a' } }, 'a → a'],
    ['two others', { a: { baseConfig: 'b' }, b: { baseConfig: 'c' }, c: { baseConfig: 'a' } }, 'a → b → c → a'],
  ])('are refused if one leads back to itself: by %s', (_what, configs, circle) => {
    expect(() => createRegistry('retry', { configs })).toThrow(
      'The Retry configuration has an invalid option:\n' +
        `  - baseConfig is a circle: ${circle}; allowed: a chain that ends`,
    );
  });

  it('are checked with the instances and the defaults, used or not, and every fault has its path', () => {
    const create = () =>
      createRegistry('retry', {
        defaults: { maxAttempts: -1 },
        configs: { strict: { maxAttemps: 1 } as object, both: { waitDuration: 1, intervalFunction: () => 1 } },
        instances: {
          customer: { maxAttempts: 0 },
          ledger: { waitDuration: 1, intervalFunction: () => 1 },
        },
      });

    expect(create).toThrow(/^The Retry configuration has 5 invalid options:\n/);
    for (const path of [
      'defaults.maxAttempts is -1',
      'configs.strict.maxAttemps is not an option',
      'configs.both.',
      'instances.customer.maxAttempts is 0',
      'instances.ledger.',
    ]) {
      expect(create).toThrow(`  - ${path}`);
    }
  });

  it('are refused if they build on one that does not exist', () => {
    expect(() => createRegistry('retry', { configs: { a: { baseConfig: 'b' } } })).toThrow(ConfigurationNotFoundError);
    expect(() => createRegistry('retry', { instances: { a: { baseConfig: 'b' } } })).toThrow(
      "There is no configuration named 'b'. Registered configurations: none.",
    );
  });
});

describe('The changes between two configurations', () => {
  const waits = IntervalFunction.of(5);
  const predicate = () => true;

  it.each([
    ['the same number', 1, 1, false],
    ['another number', 1, 2, true],
    ['no number in both', Number.NaN, Number.NaN, false],
    ['an option that was not set', undefined, 1, true],
    ['an option that is no longer set', 1, undefined, true],
    ['lists of the same entries', [TypeError, RangeError], [TypeError, RangeError], false],
    ['lists of other entries', [TypeError, RangeError], [TypeError, Error], true],
    ['a shorter list', [TypeError], [TypeError, RangeError], true],
    ['a longer list', [TypeError, RangeError], [TypeError], true],
    ['a list and no list', [TypeError], undefined, true],
    ['the same function', predicate, predicate, false],
    ['another function with the same text', predicate, () => true, true],
    ['interval functions with the same waits', waits, IntervalFunction.of(5), false],
    ['interval functions with other waits', waits, IntervalFunction.of(6), true],
    ['an interval function and a function', waits, predicate, true],
    ['a function and none', predicate, undefined, true],
  ])('are found: %s', (_what, before, after, isChange) => {
    expect(optionChanges({ option: before }, { option: after })).toStrictEqual(
      isChange ? [{ option: 'option', before, after }] : [],
    );
  });
});

describe('A registry with new definitions', () => {
  const setUp = () =>
    createRegistry(
      'circuitBreaker',
      {
        configs: { default: { slidingWindowSize: 10 }, strict: { failureRateThreshold: 10 } },
        instances: { customer: { baseConfig: 'strict' }, ledger: {}, unused: {} },
      },
      { clock },
    );

  it('lists the instances that they change, and changes nothing before they are applied', () => {
    const registry = setUp();
    const [customer, ledger] = [registry.getOrCreate('customer'), registry.getOrCreate('ledger')];

    const prepared = registry.prepareDefinitions({
      configs: { default: { slidingWindowSize: 10 }, strict: { failureRateThreshold: 5 } },
      instances: { customer: { baseConfig: 'strict' }, stock: { slidingWindowSize: 3 } },
    });

    expect(prepared.instanceChanges).toStrictEqual([
      {
        subject: "CircuitBreaker 'customer'",
        name: 'customer',
        changes: [{ option: 'failureRateThreshold', before: 10, after: 5 }],
        isApplicable: true,
      },
    ]);
    expect(customer.config.failureRateThreshold).toBe(10);
    expect(registry.names()).toStrictEqual(['customer', 'ledger', 'unused']);

    prepared.apply();
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(customer.config.failureRateThreshold).toBe(5);
    expect(registry.getOrCreate('ledger')).toBe(ledger);
    expect(registry.names()).toStrictEqual(['customer', 'stock', 'ledger']);
    expect(registry.getOrCreate('stock').config.slidingWindowSize).toBe(3);
  });

  it('emits an event for each instance whose options change', () => {
    const registry = setUp();
    const customer = registry.getOrCreate('customer');
    const events: unknown[] = [];
    registry.on('ENTRY_RECONFIGURED', (event) => events.push(event));

    registry.prepareDefinitions({ instances: { customer: { slidingWindowSize: 100 } } }).apply();

    expect(events).toStrictEqual([
      {
        type: 'ENTRY_RECONFIGURED',
        creationTime: clock.now(),
        entry: customer,
        changes: [{ option: 'failureRateThreshold', before: 10, after: 50 }],
      },
    ]);
  });

  it('checks all definitions, including unused ones', () => {
    const registry = setUp();

    expect(() =>
      registry.prepareDefinitions({
        configs: { default: { slidingWindowSize: 0 } },
        instances: { other: { failureRateThreshold: 101 } },
      }),
    ).toThrow(InvalidOptionsError);
    expect(() => registry.prepareDefinitions({ instances: { other: { baseConfig: 'missing' } } })).toThrow(
      ConfigurationNotFoundError,
    );
  });

  it('keeps configurations and options that were given in code', () => {
    const registry = setUp();
    registry.addConfiguration('patient', { waitDurationInOpenState: '5m' });
    const own = registry.getOrCreate('own', { slidingWindowSize: 7 });
    const patient = registry.getOrCreate('patient-one', 'patient');

    registry.prepareDefinitions({ instances: { own: { slidingWindowSize: 8 } } }).apply();

    expect(own.config.slidingWindowSize).toBe(7);
    expect(patient.config.waitDurationInOpenState).toBe(300_000);
    expect(registry.getOrCreate('patient-one', 'patient')).toBe(patient);
  });

  it('does not report a new interval function with the same waits as a change', () => {
    const waiting = (multiplier: number) => ({
      instances: {
        customer: { waitIntervalFunctionInOpenState: IntervalFunction.ofExponentialBackoff(100, multiplier) },
      },
    });
    const registry = createRegistry('circuitBreaker', waiting(2), { clock });
    registry.getOrCreate('customer');

    expect(registry.prepareDefinitions(waiting(2)).instanceChanges).toStrictEqual([]);
    expect(registry.prepareDefinitions(waiting(3)).instanceChanges).toHaveLength(1);
  });

  it('keeps the defaults when the new definitions have none', () => {
    const registry = createRegistry(
      'circuitBreaker',
      {
        defaults: { eventConsumerBufferSize: 100, slidingWindowSize: 7 },
        configs: { strict: { failureRateThreshold: 10, slidingWindowSize: 20 } },
        instances: { customer: { baseConfig: 'strict' } },
      },
      { clock },
    );
    const [customer, other] = [registry.getOrCreate('customer'), registry.getOrCreate('other')];

    expect(customer.config).toMatchObject({ eventConsumerBufferSize: 100, slidingWindowSize: 20 });
    expect(other.config).toMatchObject({ eventConsumerBufferSize: 100, slidingWindowSize: 7 });
    const prepared = registry.prepareDefinitions({ instances: { customer: { slidingWindowSize: 20 } } });
    expect(prepared.instanceChanges.map(({ changes }) => changes)).toStrictEqual([
      [{ option: 'failureRateThreshold', before: 10, after: 50 }],
    ]);
  });

  it('reports a change that an instance cannot apply while it lives', () => {
    const registry = createRegistry(
      'fallback',
      { instances: { customer: { eventConsumerBufferSize: 10 } } },
      { clock },
    );
    const fallback = registry.getOrCreate('customer');

    const prepared = registry.prepareDefinitions({ instances: { customer: { eventConsumerBufferSize: 20 } } });
    const events = vi.fn<() => void>();
    registry.on('ENTRY_RECONFIGURED', events);
    prepared.apply();

    expect(prepared.instanceChanges).toMatchObject([{ name: 'customer', isApplicable: false }]);
    expect(fallback.config.eventConsumerBufferSize).toBe(10);
    expect(events).not.toHaveBeenCalled();
  });

  it('does not change an option that is fixed for the life of an instance, nor others together with it', () => {
    const engine: CircuitBreakerEngine = {
      create: (name, { engine: _engine, ...options }) => new CircuitBreaker(name, options),
      resolve: (subject, options) => circuitBreakerOptions.resolve(subject, options),
    };
    const registry = createRegistry(
      'circuitBreaker',
      { instances: { customer: {} } },
      { engines: { opossum: engine } },
    );
    const customer = registry.getOrCreate('customer');
    const events = vi.fn<() => void>();
    registry.on('ENTRY_RECONFIGURED', events);

    const prepared = registry.prepareDefinitions({
      instances: { customer: { engine: 'opossum', failureRateThreshold: 5 } },
    });
    prepared.apply();

    expect(prepared.instanceChanges).toMatchObject([{ name: 'customer', isApplicable: false }]);
    expect(customer.config.failureRateThreshold).toBe(50);
    expect(events).not.toHaveBeenCalled();
  });

  it('does not change an instance that was removed before they were applied', () => {
    const registry = setUp();
    const customer = registry.getOrCreate('customer');
    const prepared = registry.prepareDefinitions({ instances: { customer: { failureRateThreshold: 5 } } });
    const events = vi.fn<() => void>();
    registry.on('ENTRY_RECONFIGURED', events);

    registry.remove('customer');
    prepared.apply();

    expect(customer.config.failureRateThreshold).toBe(10);
    expect(events).not.toHaveBeenCalled();
    expect(registry.getOrCreate('customer').config.failureRateThreshold).toBe(5);
  });

  it('replaces the defaults by new ones', () => {
    const registry = createRegistry('retry', { defaults: { maxAttempts: 7 } }, { clock });

    registry.prepareDefinitions({ defaults: { maxAttempts: 8 } }).apply();

    expect(registry.getOrCreate('customer').config.maxAttempts).toBe(8);
  });

  it('keeps an instance for good that they declare', () => {
    const dynamicInstances = { maxInstances: 1 };
    const registry = createRegistry('retry', {}, { clock, dynamicInstances } as object);
    const customer = registry.getOrCreate('customer');

    registry.prepareDefinitions({ instances: { customer: {} } }).apply();
    registry.getOrCreate('a');
    registry.getOrCreate('b');

    expect(registry.find('customer')).toBe(customer);
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['customer', 'b']);
    registry.dispose();
  });
});

describe('A hedge with new options', () => {
  it('applies the new delay to the next call, and keeps its recorded latencies', async () => {
    const learning = (delayPercentile: number) => ({
      instances: { customer: { delayPercentile, minimumNumberOfCalls: 1, slidingWindowSize: 10 } },
    });
    const registry = createRegistry('hedge', learning(50), { clock });
    const hedge = registry.getOrCreate('customer');
    await hedge.execute(() => clock.advance(100));
    const learnt = hedge.metrics.delayMs;

    registry.prepareDefinitions(learning(99)).apply();
    expect(hedge.metrics.delayMs).toBe(learnt);
    registry.prepareDefinitions({ instances: { customer: { delay: 30 } } }).apply();

    expect(learnt).toBeGreaterThan(90);
    expect(hedge.metrics.delayMs).toBe(30);
  });
});

describe('An adaptive concurrency limiter with new options', () => {
  it('restarts at the initial limit, and still counts in-flight calls', async () => {
    const limited = (initialLimit: number) => ({ instances: { customer: { initialLimit } } });
    const registry = createRegistry('adaptiveConcurrencyLimiter', limited(5), { clock });
    const limiter = registry.getOrCreate('customer');
    const { promise, resolve } = Promise.withResolvers<void>();
    const inFlight = limiter.execute(() => promise);

    registry.prepareDefinitions(limited(1)).apply();

    expect(limiter.metrics).toStrictEqual({ limit: 1, inFlight: 1 });
    await expect(limiter.execute(() => 'one too many')).rejects.toMatchObject({ code: 'CONCURRENCY_LIMIT_EXCEEDED' });
    resolve();
    await inFlight;
    expect(limiter.metrics.inFlight).toBe(0);
  });
});

describe('A cached fallback with new options', () => {
  it('keeps stored values up to the new maximum', async () => {
    const registry = createRegistry('cachedFallback', { instances: { customer: { maxEntries: 3 } } }, { clock });
    const cached = registry.getOrCreate('customer');
    for (const key of ['a', 'b', 'c']) await cached.withKey(key).execute(() => `good ${key}`);

    registry.prepareDefinitions({ instances: { customer: { maxEntries: 1 } } }).apply();

    expect(cached.metrics.entries).toBe(1);
    const outage = () => Promise.reject(new Error('outage'));
    await expect(cached.withKey('c').execute(outage)).resolves.toBe('good c');
    await expect(cached.withKey('a').execute(outage)).rejects.toThrow('outage');
  });
});

describe('A retry budget with new options', () => {
  const shared = (options: RetryBudgetOptions) => ({ instances: { shared: options } });

  it('keeps its balance unless its time window changes', () => {
    const given = { retryRatio: 0.1, minRetriesPerSecond: 0, ttl: '10s' };
    const registry = createRegistry('retryBudget', shared(given), { clock });
    const budget = registry.getOrCreate('shared');
    for (let call = 0; call < 100; call++) budget.deposit();

    registry.prepareDefinitions(shared({ ...given, retryRatio: 0.3 })).apply();
    expect(budget.balance).toBe(30);

    registry.prepareDefinitions(shared({ ...given, minRetriesPerSecond: 1, ttl: '5s' })).apply();
    expect(budget.balance).toBe(5);
  });

  it('is not created by a retry that is only prepared', () => {
    const retryBudgets = createRegistry('retryBudget', {}, { clock });
    const registry = createRegistry('retry', { instances: { customer: {} } }, { clock, retryBudgets });
    registry.getOrCreate('customer');

    registry.prepareDefinitions({ instances: { customer: { retryBudget: 'shared' } } });

    expect(retryBudgets.names()).toStrictEqual([]);
  });
});

describe('A retry with new options', () => {
  it('applies them to the next call, and an in-flight call keeps its own', async () => {
    const registry = createRegistry(
      'retry',
      { instances: { customer: { maxAttempts: 3, waitDuration: 0 } } },
      { clock },
    );
    const retry = registry.getOrCreate('customer');
    const failing = vi.fn(async () => {
      throw new Error('down');
    });
    const first = Promise.withResolvers<never>();
    const inFlight = retry.execute(({ attempt }) => (attempt === 1 ? first.promise : failing()));

    registry.prepareDefinitions({ instances: { customer: { maxAttempts: 1 } } }).apply();
    first.reject(new Error('down'));
    const settled = Promise.allSettled([inFlight]);
    for (let round = 0; round < 3; round++) {
      await flushed();
      clock.advance(0);
    }
    await settled;
    expect(failing).toHaveBeenCalledTimes(2);

    await expect(retry.execute(failing)).rejects.toThrow('down');
    expect(failing).toHaveBeenCalledTimes(3);
  });
});

describe('A time limiter with new options', () => {
  it('applies them to the next call', async () => {
    const registry = createRegistry('timeLimiter', { instances: { customer: { timeoutDuration: '1s' } } }, { clock });
    const timeLimiter = registry.getOrCreate('customer');
    const hanging = () => new Promise<never>(() => {});
    const inFlight = timeLimiter.execute(hanging);

    registry.prepareDefinitions({ instances: { customer: { timeoutDuration: '3s' } } }).apply();
    const next = timeLimiter.execute(hanging);
    const outcomes: string[] = [];
    void inFlight.catch(() => outcomes.push('in flight'));
    void next.catch(() => outcomes.push('next'));
    clock.advance(1_000);
    await flushed();
    expect(outcomes).toStrictEqual(['in flight']);
    clock.advance(2_000);
    await flushed();

    expect(outcomes).toStrictEqual(['in flight', 'next']);
  });
});

describe('A bulkhead with new options', () => {
  it('admits queued calls when the maximum rises, and still counts in-flight calls', async () => {
    const given = { maxConcurrentCalls: 1, maxWaitDuration: '1s' };
    const registry = createRegistry('bulkhead', { instances: { customer: given } }, { clock });
    const bulkhead = registry.getOrCreate('customer');
    const gate = Promise.withResolvers<void>();
    let inside = 0;
    const enter = () =>
      bulkhead.execute(() => {
        inside++;
        return gate.promise;
      });
    const calls = [enter(), enter()];
    await flushed();
    expect(inside).toBe(1);

    registry.prepareDefinitions({ instances: { customer: { ...given, maxConcurrentCalls: 3 } } }).apply();
    await flushed();

    expect(inside).toBe(2);
    expect(bulkhead.metrics).toStrictEqual({ availableConcurrentCalls: 1, maxAllowedConcurrentCalls: 3 });
    gate.resolve();
    await Promise.all(calls);
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(3);
  });
});

describe('A rate limiter with new options', () => {
  const given = { limitForPeriod: 10, limitRefreshPeriod: '1s', timeoutDuration: 0 };

  it('applies a new limit from the next period on', () => {
    const registry = createRegistry('rateLimiter', { instances: { customer: given } }, { clock });
    const rateLimiter = registry.getOrCreate('customer');
    rateLimiter.reservePermission(4);

    registry.prepareDefinitions({ instances: { customer: { ...given, limitForPeriod: 20 } } }).apply();

    expect(rateLimiter.metrics.availablePermissions).toBe(6);
    clock.advance(1_000);
    expect(rateLimiter.metrics.availablePermissions).toBe(20);
  });

  it('grants only the remaining permissions when the period changes, and keeps reserved ones', () => {
    const registry = createRegistry('rateLimiter', { instances: { customer: given } }, { clock });
    const rateLimiter = registry.getOrCreate('customer');
    clock.advance(2_500);
    rateLimiter.reservePermission(9);

    const slower = { ...given, limitRefreshPeriod: '10s', timeoutDuration: '1m' };
    registry.prepareDefinitions({ instances: { customer: slower } }).apply();

    expect(rateLimiter.config).toMatchObject({ limitRefreshPeriod: 10_000, timeoutDuration: 60_000 });
    expect(rateLimiter.reservePermission()).toBe(0);
    expect(rateLimiter.reservePermission(10)).toBe(7_500);
    registry.prepareDefinitions({ instances: { customer: given } }).apply();
    expect(rateLimiter.metrics.availablePermissions).toBe(-10);
  });
});
