import { AsyncLocalStorage } from 'node:async_hooks';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { CallNotPermittedError } from './circuit-breaker/circuit-breaker.errors.ts';
import type { DynamicInstanceOptions } from './dynamic-instances.ts';
import { partitionBy, partitionName } from './partitions.ts';
import { pipeline } from './pipeline.ts';
import { createRegistry } from './policies.ts';

afterEach(() => vi.restoreAllMocks());

const outage = new Error('outage');
const definitions = {
  instances: {
    customer: { slidingWindowSize: 4, minimumNumberOfCalls: 2 },
    'customer:large': { slidingWindowSize: 100 },
  },
};

function setUp(dynamicInstances: DynamicInstanceOptions = {}) {
  const clock = new FakeClock();
  const environment = { clock, dynamicInstances };
  return { clock, registry: createRegistry('circuitBreaker', definitions, environment) };
}

const namesIn = ({ registry }: ReturnType<typeof setUp>) => registry.all().map(({ name }) => name);

describe('A partition', () => {
  it('has an instance of its own with the options of the name', () => {
    const { registry } = setUp();
    const [a, b] = [registry.partition('customer', 'a'), registry.partition('customer', 'b')];

    a.transitionToOpenState();

    expect([a.name, a.config.slidingWindowSize]).toStrictEqual(['customer:a', 4]);
    expect([b.name, b.state]).toStrictEqual(['customer:b', 'CLOSED']);
    expect(registry.partition('customer', 'a')).toBe(a);
    expect(registry.partitionOf('customer:a')).toStrictEqual({ of: 'customer', key: 'a' });
  });

  it('has the options that its own definition or code gives', () => {
    const { registry } = setUp();
    registry.getOrCreate('in code', { slidingWindowSize: 7 });

    expect(registry.partition('customer', 'large').config.slidingWindowSize).toBe(100);
    expect(registry.partition('in code', 'a').config.slidingWindowSize).toBe(7);
  });

  it.each([
    ['a:b', 'c', 'a', 'b:c'],
    ['a', 'b%3Ac', 'a', 'b:c'],
  ])('is never that of another name and key: %s and %s, %s and %s', (name, key, otherName, otherKey) => {
    const { registry } = setUp();

    expect(registry.partition(name, key)).not.toBe(registry.partition(otherName, otherKey));
  });

  it.each([
    ['tenant-7', 'customer:tenant-7'],
    ['a b/ü', 'customer:a b/ü'],
    ['a:b', 'customer:a%3Ab'],
    ['50%', 'customer:50%25'],
  ])('has a name with its key, encoded only if need be: %s', (key, name) => {
    expect(partitionName({ of: 'customer', key })).toBe(name);
  });

  it('changes its options with those of the name', () => {
    const { registry } = setUp();
    const [a, large] = [registry.partition('customer', 'a'), registry.partition('customer', 'large')];

    const prepared = registry.prepareDefinitions({
      instances: { ...definitions.instances, customer: { slidingWindowSize: 9 } },
    });
    prepared.apply();

    expect(prepared.instanceChanges.map(({ name }) => name)).toStrictEqual(['customer:a']);
    expect([a.config.slidingWindowSize, large.config.slidingWindowSize]).toStrictEqual([9, 100]);
  });

  it('is not listed as changed next to the instance that it follows', () => {
    const { registry } = setUp();
    registry.getOrCreate('customer');
    const [a, large] = [registry.partition('customer', 'a'), registry.partition('customer', 'large')];

    const prepared = registry.prepareDefinitions({
      instances: { customer: { slidingWindowSize: 9 }, 'customer:large': { slidingWindowSize: 200 } },
    });
    prepared.apply();

    expect(prepared.instanceChanges.map(({ name }) => name)).toStrictEqual(['customer', 'customer:large']);
    expect([a.config.slidingWindowSize, large.config.slidingWindowSize]).toStrictEqual([9, 200]);
  });

  it('shares one instance with further ones when no instance can be removed', () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const given = setUp({ maxInstances: 2 });
    for (const key of ['a', 'b']) given.registry.partition('customer', key).transitionToOpenState();

    const shared = given.registry.partition('customer', 'c');

    expect([shared.name, shared.config.slidingWindowSize]).toStrictEqual(['customer:other', 4]);
    expect(given.registry.partition('customer', 'd')).toBe(shared);
    expect(given.registry.partition('customer', 'other')).toBe(shared);
    expect(namesIn(given)).toStrictEqual(['customer:a', 'customer:b', 'customer:other']);
  });

  it('is the last to be removed when it was the last to be looked up', () => {
    const given = setUp({ maxInstances: 2 });
    for (const key of ['a', 'b', 'a', 'c']) given.registry.partition('customer', key);

    expect(namesIn(given)).toStrictEqual(['customer:a', 'customer:c']);
  });

  it('is removed when it is idle, after the listeners have seen of what it is a partition', () => {
    const { clock, registry } = setUp({ idleExpiry: '1m' });
    registry.partition('customer', 'a');
    const removed: unknown[] = [];
    registry.on('ENTRY_REMOVED', ({ entry }) => removed.push(registry.partitionOf(entry.name)));

    clock.advance(60_000);

    expect(removed).toStrictEqual([{ of: 'customer', key: 'a' }]);
    expect(registry.partitionOf('customer:a')).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('is listed by the name that is partitioned', () => {
    const { registry } = setUp();
    registry.getOrCreate('customer');
    registry.getOrCreate('customer:large');
    for (const [name, key] of [
      ['customer', 'a'],
      ['ledger', 'a'],
      ['customer', 'large'],
    ] as const) {
      registry.partition(name, key);
    }

    const names = [...registry.partitions()].map(([name, instances]) => [name, instances.map((each) => each.name)]);

    expect(names).toStrictEqual([
      ['customer', ['customer:a', 'customer:large']],
      ['ledger', ['ledger:a']],
    ]);
  });
});

describe('partitionBy', () => {
  it('makes a policy that can be part of a pipeline', async () => {
    const { registry } = setUp();
    const tenants = new AsyncLocalStorage<string>();
    expect(partitionBy(registry, 'customer', () => 'a').name).toBe('customer');
    const protection = pipeline('customer', [partitionBy(registry, 'customer', () => tenants.getStore()!)]);
    registry.partition('customer', 'a').transitionToOpenState();

    await expect(tenants.run('a', () => protection.execute(() => 'ok'))).rejects.toBeInstanceOf(CallNotPermittedError);
    await expect(tenants.run('b', () => protection.execute(() => 'ok'))).resolves.toBe('ok');
  });

  it('passes the context to the function and to the call', async () => {
    const { registry } = setUp();
    const breaker = partitionBy(registry, 'customer', ({ endpoint }) => endpoint!.name);
    const endpoint = { name: 'replica-1', url: 'http://127.0.0.1' };

    expect(await breaker.execute((context) => context.endpoint, { endpoint })).toBe(endpoint);
    expect(registry.find('customer:replica-1')?.metrics.bufferedCalls).toBe(1);
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no tenant');
      },
    ],
    ['returns no text', () => undefined as unknown as string],
    ['returns an empty text', () => ''],
  ])('uses the partition other when the function %s, and warns once', async (_what, keyOf) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue();
    const { registry } = setUp();
    const breaker = partitionBy(registry, 'customer', keyOf);

    for (let call = 0; call < 2; call++) expect(await breaker.execute(() => 'ok')).toBe('ok');

    expect(registry.find('customer:other')?.metrics.bufferedCalls).toBe(2);
    expect(emitWarning).toHaveBeenCalledOnce();
    expect(emitWarning.mock.calls[0]?.[0]).toMatch(
      /^partitionBy of The partitions of 'customer' .* must return a key\./,
    );
  });
});

describe('Any sequence of calls', () => {
  const calls = fc.array(fc.tuple(fc.nat(5), fc.boolean()), { maxLength: 60 });

  it('counts in the window of its key alone', async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (given) => {
        const { registry } = setUp();
        const alone = new Map<string, ReturnType<typeof registry.getOrCreate>>();
        const single = createRegistry('circuitBreaker', definitions, { clock: new FakeClock() });
        let key = '';
        const partitioned = partitionBy(registry, 'customer', () => key);
        for (const [tenant, isFailed] of given) {
          key = `tenant-${tenant}`;
          const expected = single.getOrCreate(key, { slidingWindowSize: 4, minimumNumberOfCalls: 2 });
          alone.set(key, expected);
          const call = () => (isFailed ? Promise.reject(outage) : 'ok');
          const results = await Promise.allSettled([partitioned.execute(call), expected.execute(call)]);
          expect(results[0].status).toBe(results[1].status);
        }
        for (const [name, { state, metrics }] of alone) {
          expect(registry.find(`customer:${name}`)).toMatchObject({ state, metrics });
        }
      }),
    );
  });

  it('leaves at most the maximum of partitions and the shared one, with every permit returned', async () => {
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    await fc.assert(
      fc.asyncProperty(calls, fc.integer({ min: 1, max: 4 }), async (given, maxInstances) => {
        const clock = new FakeClock();
        const bulkheads = { instances: { customer: { maxConcurrentCalls: 2 } } };
        const registry = createRegistry('bulkhead', bulkheads, { clock, dynamicInstances: { maxInstances } });
        const running: (() => void)[] = [];
        const ends: Promise<unknown>[] = [];
        for (const [tenant, endsFirst] of given) {
          if (endsFirst) running.shift()?.();
          await Promise.resolve();
          const { promise, resolve } = Promise.withResolvers<void>();
          const call = registry.partition('customer', `tenant-${tenant}`).execute(() => promise);
          ends.push(call.catch(() => {}));
          running.push(resolve);
          expect(registry.all().filter(({ name }) => name !== 'customer:other').length).toBeLessThanOrEqual(
            maxInstances,
          );
        }
        for (const end of running) end();
        await Promise.all(ends);

        for (const { metrics } of registry.all()) expect(metrics.availableConcurrentCalls).toBe(2);
      }),
    );
  });
});
