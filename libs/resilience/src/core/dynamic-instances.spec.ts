import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import type { DynamicInstanceOptions } from './dynamic-instances.ts';
import { InvalidOptionsError } from './errors.ts';
import { createRegistry, kindsOf, type PipelineKind, pipelineKindsOf, policies, type PolicyKind } from './policies.ts';
import type { Policy } from './policy.ts';

const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
beforeEach(() => emitWarning.mockClear());
afterEach(() => vi.clearAllMocks());

function setUp<K extends PolicyKind>(kind: K, dynamicInstances: DynamicInstanceOptions = {}) {
  const clock = new FakeClock();
  return { clock, registry: createRegistry(kind, {}, { clock, dynamicInstances }) };
}

/** A call that ends when the returned function is called. */
async function inFlight(policy: Policy): Promise<() => Promise<void>> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = policy.execute(() => promise);
  await Promise.resolve();
  return async () => {
    resolve();
    await call;
  };
}

describe.each(pipelineKindsOf())('A registry of the kind %s', (kind: PipelineKind) => {
  it('removes the least recently used dynamic instance when another one would exceed the maximum', () => {
    const { registry } = setUp(kind, { maxInstances: 2 });
    registry.getOrCreate('a');
    registry.getOrCreate('b');
    registry.getOrCreate('a');

    registry.getOrCreate('c');

    expect(registry.all().map(({ name }) => name)).toStrictEqual(['a', 'c']);
  });

  it('replaces an idle instance, although all were used since they were last looked up', async () => {
    const { clock, registry } = setUp(kind, { maxInstances: 2 });
    for (const policy of [registry.getOrCreate('a'), registry.getOrCreate('b')]) await policy.execute(() => 'ok');
    // The period of a rate limiter, whose state the next call then does not need.
    clock.advance(1);

    expect(registry.getOrCreate('c').name).toBe('c');
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['b', 'c']);
  });

  it('removes a dynamic instance that was not used for the idle expiry, and leaves no timer', async () => {
    const { clock, registry } = setUp(kind, { idleExpiry: '1m' });
    registry.getOrCreate('a');
    clock.advance(30_000);
    registry.getOrCreate('b');

    clock.advance(30_000);
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['b']);

    clock.advance(60_000);
    expect(registry.all()).toStrictEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('keeps an instance that is only called by its holder', async () => {
    const { clock, registry } = setUp(kind, { idleExpiry: '1m' });
    const held = registry.getOrCreate('a') as Policy;

    for (let minute = 0; minute < 3; minute++) {
      await held.execute(() => 'ok');
      clock.advance(59_000);
    }

    expect(registry.find('a')).toBe(held);
  });

  it('never removes an instance with an in-flight call', async () => {
    const { clock, registry } = setUp(kind, { maxInstances: 1, idleExpiry: '1m' });
    // A long time limit, so that the call stays in flight.
    if (kind === 'timeLimiter' || kind === 'deadline') registry.addConfiguration('default', { timeoutDuration: '1h' });
    const busy = registry.getOrCreate('busy') as Policy;
    const end = await inFlight(busy);

    expect(registry.getOrCreate('a').name).toBe('other');
    clock.advance(120_000);
    expect(registry.find('busy')).toBe(busy);

    await end();
    clock.advance(120_000);
    expect(registry.find('busy')).toBeUndefined();
  });

  it('shares one instance and warns once when no instance can be removed', async () => {
    const { registry } = setUp(kind, { maxInstances: 1 });
    const end = await inFlight(registry.getOrCreate('busy'));

    const others = ['a', 'b', 'c'].map((name) => registry.getOrCreate(name));

    expect(new Set(others).size).toBe(1);
    expect(others[0]?.name).toBe('other');
    expect(emitWarning).toHaveBeenCalledOnce();
    const { label } = policies.find((definition) => definition.kind === kind)!;
    expect(emitWarning).toHaveBeenCalledWith(
      `There are 1 instances of ${label} with names that no configuration declares, and all are in use. ` +
        "Calls with further names share the instance 'other'. Declare the names or raise maxInstances.",
      { type: 'ResilienceRegistryWarning' },
    );
    await end();
  });

  it('does not count the shared instance', () => {
    const { registry } = setUp(kind, { maxInstances: 1 });
    registry.getOrCreate('a');

    registry.getOrCreate('other');

    expect(registry.all().map(({ name }) => name)).toStrictEqual(['a', 'other']);
  });

  it('does not count declared instances and never removes them', async () => {
    const clock = new FakeClock();
    const definitions = { instances: { defined: {} } };
    const environment = { clock, dynamicInstances: { maxInstances: 1, idleExpiry: '1m' } };
    const registry = createRegistry(kind, definitions, environment);
    registry.getOrCreate('defined');
    registry.declare('declared');
    registry.getOrCreate('dynamic');

    clock.advance(60_000);

    expect(registry.all().map(({ name }) => name)).toStrictEqual(['defined', 'declared']);
  });
});

describe('A dynamic instance whose state its next call needs', () => {
  it.each([
    [
      'an open circuit breaker',
      () => {
        const { clock, registry } = setUp('circuitBreaker', { idleExpiry: '1m' });
        const customer = registry.getOrCreate('customer');
        customer.transitionToOpenState();
        return { clock, registry, release: () => customer.transitionToClosedState() };
      },
    ],
    [
      'a bulkhead with a permit that a caller took by hand',
      () => {
        const { clock, registry } = setUp('bulkhead', { idleExpiry: '1m' });
        const customer = registry.getOrCreate('customer');
        customer.tryAcquirePermission();
        return { clock, registry, release: () => customer.onComplete() };
      },
    ],
  ] as const)('is kept: %s', async (_, create) => {
    const { clock, registry, release } = create();

    clock.advance(600_000);
    expect(registry.find('customer')).toBeDefined();

    release();
    clock.advance(120_000);
    expect(registry.find('customer')).toBeUndefined();
  });

  it('is kept: a rate limiter with a used permission of this period', () => {
    const { registry } = setUp('rateLimiter', { maxInstances: 1 });
    registry.addConfiguration('default', { limitForPeriod: 1, limitRefreshPeriod: '1m' });
    const tenant = registry.getOrCreate('tenant');
    expect(tenant.reservePermission()).toBe(0);

    expect(registry.getOrCreate('another').name).toBe('other');
    expect(registry.getOrCreate('tenant')).toBe(tenant);
  });

  it('is kept: a retry budget, because retries hold it', () => {
    const { registry } = setUp('retryBudget', { maxInstances: 1 });
    const budget = registry.getOrCreate('all');

    expect(registry.getOrCreate('another').name).toBe('other');
    expect(registry.find('all')).toBe(budget);
  });
});

describe('Any sequence of names', () => {
  it('leaves at most the maximum of dynamic instances and the shared one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kindsOf()),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 50 }),
        (kind, maxInstances, names) => {
          const { registry } = setUp(kind, { maxInstances });
          for (const name of names) {
            const instance = registry.getOrCreate(`tenant-${name}`);
            expect([`tenant-${name}`, 'other']).toContain(instance.name);
            expect(registry.all().filter((each) => each.name !== 'other').length).toBeLessThanOrEqual(maxInstances);
          }
        },
      ),
    );
  });
});

describe('A dynamic instance that was used otherwise than by a lookup', () => {
  it('counts as used when a long call has just ended', async () => {
    const { clock, registry } = setUp('circuitBreaker', { idleExpiry: '1m' });
    const held = registry.getOrCreate('customer');
    const end = await inFlight(held);
    registry.getOrCreate('customer');
    clock.advance(59_900);
    await end();

    clock.advance(30_000);

    expect(registry.find('customer')).toBe(held);
  });

  it('counts as used when a caller only requests permissions', async () => {
    const { clock, registry } = setUp('circuitBreaker', { idleExpiry: '1m' });
    const held = registry.getOrCreate('customer');

    for (let minute = 0; minute < 3; minute++) {
      held.tryAcquirePermission();
      held.onSuccess(1);
      clock.advance(59_000);
    }

    expect(registry.find('customer')).toBe(held);
  });
});

describe('The maximum', () => {
  it('holds after an instance could not be created', () => {
    const clock = new FakeClock();
    const registry = createRegistry('hedge', {}, { clock, dynamicInstances: { maxInstances: 2 } } as object);
    const failing = { retryBudget: 'none' };
    for (let each = 0; each < 5; each++)
      expect(() => registry.getOrCreate(`failing-${each}`, failing)).toThrow('retryBudget');

    for (let each = 0; each < 10; each++) registry.getOrCreate(`tenant-${each}`);

    expect(registry.all()).toHaveLength(2);
    registry.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  it('holds when a listener to the removal creates another instance', () => {
    const { clock, registry } = setUp('retry', { maxInstances: 1 });
    registry.on('ENTRY_REMOVED', () => void registry.getOrCreate('from the listener'));
    registry.getOrCreate('a');

    expect(registry.getOrCreate('b').name).toBe('other');
    expect(registry.all().map(({ name }) => name)).toStrictEqual(['from the listener', 'other']);
    expect(clock.pendingTimers).toBe(1);
  });

  it('delays no expiry because an older instance cannot be removed', async () => {
    const { clock, registry } = setUp('circuitBreaker', { idleExpiry: '1m' });
    registry.getOrCreate('open').transitionToOpenState();
    clock.advance(1_000);
    registry.getOrCreate('idle');

    clock.advance(60_000);

    expect(registry.all().map(({ name }) => name)).toStrictEqual(['open']);
  });
});

it('Invalid limits are refused with the allowed range', () => {
  expect(() => setUp('retry', { maxInstances: 0 })).toThrow(InvalidOptionsError);
  expect(() => setUp('retry', { maxInstances: 0 })).toThrow('a whole number from 1 to 1000000');
  expect(() => setUp('retry', { maxInstances: 1_000_001 })).toThrow(
    'The dynamic instances of Retry has an invalid option',
  );
  expect(() => setUp('retry', { idleExpiry: 'soon' })).toThrow(/idleExpiry is 'soon'/);
  expect(() => setUp('retry', { idleExpiry: 0 })).toThrow(/allowed: a duration of at least 1 ms/);
  expect(() => setUp('retry', { maxInstances: 1_000_000, idleExpiry: 1 })).not.toThrow();
});

it('By default a registry keeps 1,000 dynamic instances, and each for an hour without use', () => {
  const { clock, registry } = setUp('retry');
  for (let each = 0; each < 1_001; each++) registry.getOrCreate(`tenant-${each}`);
  expect(registry.all()).toHaveLength(1_000);

  clock.advance(3_599_999);
  expect(registry.all()).toHaveLength(1_000);
  clock.advance(1);
  expect(registry.all()).toHaveLength(0);
});

describe('The idle expiry', () => {
  it('looks at the instances when the next one is due, and not more often', () => {
    const { clock, registry } = setUp('retry', { idleExpiry: '1m' });
    const removedAt: number[] = [];
    const start = clock.now();
    registry.on('ENTRY_REMOVED', () => removedAt.push(clock.now() - start));
    registry.getOrCreate('a');
    clock.advance(20_000);
    registry.getOrCreate('b');
    expect(clock.pendingTimers).toBe(1);

    clock.advance(10_000);
    registry.getOrCreate('a');
    clock.advance(300_000);

    expect(removedAt).toStrictEqual([80_000, 90_000]);
  });

  it('looks again after a whole period at an instance that was due and could not be removed', () => {
    const { clock, registry } = setUp('circuitBreaker', { idleExpiry: '1m' });
    const open = registry.getOrCreate('open');
    open.transitionToOpenState();
    clock.advance(60_000);

    open.transitionToClosedState();
    clock.advance(59_999);
    expect(registry.find('open')).toBe(open);
    clock.advance(1);

    expect(registry.find('open')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when the last instance is removed by hand, and starts again with the next one', () => {
    const { clock, registry } = setUp('retry', { idleExpiry: '1m' });
    registry.getOrCreate('a');
    registry.getOrCreate('b');

    registry.remove('a');
    expect(clock.pendingTimers).toBe(1);
    registry.remove('b');
    expect(clock.pendingTimers).toBe(0);
    registry.getOrCreate('c');
    clock.advance(60_000);

    expect(registry.all()).toStrictEqual([]);
  });
});
