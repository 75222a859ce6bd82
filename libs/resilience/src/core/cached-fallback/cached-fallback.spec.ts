import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { InvalidOptionsError } from '../errors.ts';
import { pipeline } from '../pipeline.ts';
import { createRegistry } from '../policies.ts';
import type { StaleValue } from '../policy.ts';
import type { CachedFallbackOptions } from './cached-fallback.options.ts';
import { CachedFallback } from './cached-fallback.ts';

const outage = new Error('outage');
const failing = () => Promise.reject<string>(outage);

function setUp(options: CachedFallbackOptions = {}) {
  const clock = new FakeClock();
  return {
    clock,
    cache: new CachedFallback('customer', { staleLimit: '1m', eventConsumerBufferSize: 100, ...options }, { clock }),
  };
}

describe('A cached fallback', () => {
  it('returns the last result of the same key when a call throws or rejects', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => 'older');
    await cache.withKey('7').execute(() => 'newer');
    await cache.withKey('8').execute(() => 'of another key');

    await expect(cache.withKey('7').execute(failing)).resolves.toBe('newer');
    await expect(
      cache.withKey('7').execute<string>(() => {
        throw outage;
      }),
    ).resolves.toBe('newer');
  });

  it('throws the error when there is no value of the key', async () => {
    const { cache } = setUp();
    await cache.withKey('8').execute(() => 'of another key');

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('makes every call, even if it has a value of the key', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => 'older');

    await expect(cache.withKey('7').execute(() => 'newer')).resolves.toBe('newer');
  });

  it('returns values up to the stale limit', async () => {
    const { clock, cache } = setUp({ staleLimit: '1m' });
    await cache.withKey('7').execute(() => 'response');

    clock.advance(60_000);
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('response');
    clock.advance(1);
    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);

    expect(cache.metrics.entries).toBe(0);
  });

  it('does not renew a value by returning it', async () => {
    const { clock, cache } = setUp({ staleLimit: '1m' });
    await cache.withKey('7').execute(() => 'response');

    clock.advance(40_000);
    await cache.withKey('7').execute(failing);
    clock.advance(40_000);

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('stores undefined like any other result', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => undefined);

    await expect(cache.withKey('7').execute<unknown>(failing)).resolves.toBeUndefined();
  });

  it('stores neither failures nor results that rememberResult rejects', async () => {
    const { cache } = setUp({ rememberResult: (result) => result !== 503 });
    await cache.withKey('7').execute<number>(() => 200);

    await cache.withKey('7').execute<unknown>(failing);
    await expect(cache.withKey('7').execute<number>(() => 503)).resolves.toBe(503);

    await expect(cache.withKey('7').execute<unknown>(failing)).resolves.toBe(200);
  });

  it('returns no stale value for errors that `on` does not match', async () => {
    class NotFound extends Error {}
    const { cache } = setUp({ on: (error) => !(error instanceof NotFound) });
    await cache.withKey('7').execute(() => 'response');

    await expect(cache.withKey('7').execute(() => Promise.reject(new NotFound()))).rejects.toThrow(NotFound);
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('response');
  });

  it('returns no stale value for an aborted call', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => 'response');
    const reason = new Error('the client has disconnected');

    const result = cache.withKey('7').execute(({ signal }) => Promise.reject(signal.reason as Error), {
      signal: AbortSignal.abort(reason),
    });

    await expect(result).rejects.toBe(reason);
    expect(cache.bufferedEvents()).toStrictEqual([]);
  });

  it('stores a bounded number of values and drops the least recently used one', async () => {
    const { cache } = setUp({ maxEntries: 2 });
    await cache.withKey('a').execute(() => 'a');
    await cache.withKey('b').execute(() => 'b');
    await cache.withKey('a').execute(failing);

    await cache.withKey('c').execute(() => 'c');

    expect(cache.metrics).toStrictEqual({ entries: 2 });
    await expect(cache.withKey('a').execute(failing)).resolves.toBe('a');
    await expect(cache.withKey('c').execute(failing)).resolves.toBe('c');
    await expect(cache.withKey('b').execute(failing)).rejects.toBe(outage);
  });

  it('keeps the result of the call that started last, even if it ended first', async () => {
    const { cache } = setUp();
    const { promise: slow, resolve } = Promise.withResolvers<string>();

    const older = cache.withKey('7').execute(() => slow);
    await cache.withKey('7').execute(() => 'newer');
    resolve('older');
    await expect(older).resolves.toBe('older');

    await expect(cache.withKey('7').execute(failing)).resolves.toBe('newer');
  });

  it('drops a forgotten value, and the results of calls in flight at that time', async () => {
    const { cache } = setUp();
    const { promise: slow, resolve } = Promise.withResolvers<string>();
    await cache.withKey('7').execute(() => 'outdated');

    const inFlight = cache.withKey('7').execute(() => slow);
    cache.forget('7');
    resolve('outdated as well');
    await inFlight;
    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
    await cache.withKey('7').execute(() => 'current');
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('current');
    cache.clear();

    expect(cache.metrics.entries).toBe(0);
  });

  it('keeps the results of calls in flight of other keys than the forgotten one', async () => {
    const { cache } = setUp();
    const { promise: slow, resolve } = Promise.withResolvers<string>();

    const inFlight = cache.withKey('7').execute(() => slow);
    cache.forget('8');
    resolve('of 7');
    await inFlight;

    await expect(cache.withKey('7').execute(failing)).resolves.toBe('of 7');
  });

  it('stores no outdated result after more keys than maxEntries were forgotten', async () => {
    const { cache } = setUp({ maxEntries: 2 });
    const { promise: slow, resolve } = Promise.withResolvers<string>();

    const inFlight = cache.withKey('7').execute(() => slow);
    for (const key of ['7', '8', '9']) cache.forget(key);
    resolve('outdated');
    await inFlight;

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('stores no outdated result of a key that was forgotten twice, however many other keys were forgotten', async () => {
    const { cache } = setUp({ maxEntries: 2 });
    const { promise: slow, resolve } = Promise.withResolvers<string>();
    for (const key of ['7', '8']) cache.forget(key);

    const inFlight = cache.withKey('7').execute(() => slow);
    for (const key of ['7', '9', '10']) cache.forget(key);
    resolve('outdated');
    await inFlight;

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('drops all values on clear, and the results of calls in flight at that time', async () => {
    const { cache } = setUp({ maxEntries: 2 });
    const { promise: slow, resolve } = Promise.withResolvers<string>();
    cache.forget('8');
    await cache.withKey('9').execute(() => 'outdated');

    const inFlight = cache.withKey('7').execute(() => slow);
    cache.clear();
    for (const key of ['10', '11']) cache.forget(key);
    resolve('outdated as well');
    await inFlight;

    expect(cache.metrics.entries).toBe(0);
    await cache.withKey('7').execute(() => 'current');
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('current');
  });

  it('passes a stale value with its age and the error to mapStale', async () => {
    const { clock, cache } = setUp();
    const mapStale = vi.fn(({ value, ageMs }: StaleValue<string>) => `${value}, ${ageMs} ms old`);
    await cache.withKey('7', { mapStale }).execute(() => 'response');
    clock.advance(4_000);

    await expect(cache.withKey('7', { mapStale }).execute(failing)).resolves.toBe('response, 4000 ms old');
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('response');

    expect(mapStale).toHaveBeenCalledExactlyOnceWith({ value: 'response', ageMs: 4_000, error: outage });
  });

  it('rejects with the error that mapStale throws', async () => {
    const { cache } = setUp();
    const broken = new Error('broken');
    const key = cache.withKey('7', {
      mapStale: () => {
        throw broken;
      },
    });
    await key.execute(() => 'response');

    await expect(key.execute(failing)).rejects.toBe(broken);
  });

  it('emits SERVED with the age of the value, and NOT_SERVED when there is none or it is too old', async () => {
    const { clock, cache } = setUp();
    await cache
      .withKey('7')
      .execute(failing)
      .catch(() => {});
    await cache.withKey('7').execute(() => 'response');
    clock.advance(1_000);
    await cache.withKey('7').execute(failing);
    clock.advance(60_000);
    await cache
      .withKey('7')
      .execute(failing)
      .catch(() => {});

    const common = { cachedFallbackName: 'customer', key: '7', error: outage };
    expect(cache.bufferedEvents()).toStrictEqual([
      { type: 'NOT_SERVED', ...common, creationTime: clock.now() - 61_000, ageMs: undefined },
      { type: 'SERVED', ...common, creationTime: clock.now() - 60_000, ageMs: 1_000 },
      { type: 'NOT_SERVED', ...common, creationTime: clock.now(), ageMs: 61_000 },
    ]);
  });
});

describe('The use of a cached fallback', () => {
  it('counts calls with a key as in flight until they end', async () => {
    const { cache } = setUp();
    const { promise, resolve } = Promise.withResolvers<string>();
    await cache.withKey('7').execute(() => 'response');

    const calls = [cache.withKey('7').execute(() => promise), cache.withKey('8').execute(() => promise)];
    expect(cache.usage.inFlightCalls).toBe(2);
    resolve('response');
    await Promise.all(calls);
    expect(cache.usage.inFlightCalls).toBe(0);
    await cache.withKey('7').execute(failing);

    expect(cache.usage.inFlightCalls).toBe(0);
  });

  it('is described by its kind in a pipeline, with and without a key', () => {
    const customer = pipeline('customer', [setUp().cache]);

    expect(customer.describe()).toBe('cachedFallback(call)');
    expect(customer.withKey('7').describe()).toBe('cachedFallback(call)');
  });
});

describe('Changed options of a cached fallback', () => {
  it('apply to stored values, of which the least recently used ones are dropped', async () => {
    const { clock, cache } = setUp({ maxEntries: 3, staleLimit: '1m' });
    for (const key of ['a', 'b', 'c']) await cache.withKey(key).execute(() => key);

    cache.reconfigure({ maxEntries: 1, staleLimit: '2m' });
    clock.advance(120_000);

    expect(cache.config).toMatchObject({ maxEntries: 1, staleLimit: 120_000 });
    expect(cache.metrics.entries).toBe(1);
    await expect(cache.withKey('c').execute(failing)).resolves.toBe('c');
  });

  it('bound the number of forgotten keys that are tracked', async () => {
    const { cache } = setUp({ maxEntries: 3 });
    const { promise: slow, resolve } = Promise.withResolvers<string>();
    cache.forget('a');
    const inFlight = cache.withKey('7').execute(() => slow);
    for (const key of ['b', 'c']) cache.forget(key);

    cache.reconfigure({ maxEntries: 1 });
    resolve('of a call before b was forgotten');
    await inFlight;

    expect(cache.metrics.entries).toBe(0);
  });

  it('keep as many buffered events as they permit', async () => {
    const { cache } = setUp({ eventConsumerBufferSize: 10 });
    await cache.withKey('7').execute(() => 'response');
    for (let call = 0; call < 3; call++) await cache.withKey('7').execute(failing);

    cache.reconfigure({ eventConsumerBufferSize: 2 });

    expect(cache.bufferedEvents()).toHaveLength(2);
  });

  it('change nothing when one of them is invalid', () => {
    const { cache } = setUp({ maxEntries: 3 });
    const { config } = cache;

    expect(() => cache.reconfigure({ maxEntries: 0 })).toThrow(/^CachedFallback 'customer' has an invalid option/);

    expect(cache.config).toBe(config);
  });
});

describe('A function of the user of a cached fallback', () => {
  const broken = (): never => {
    throw new Error('broken');
  };
  let warned: MockInstance<typeof process.emitWarning>;

  beforeEach(() => {
    warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each<[string, CachedFallbackOptions, (cache: CachedFallback) => Promise<unknown>, string]>([
    ['key', { key: broken }, (cache) => cache.execute(() => 'response'), 'a string or undefined'],
    ['keyOf', {}, (cache) => cache.decorate(() => 'response', broken)(), 'a string or undefined'],
    [
      'rememberResult',
      { rememberResult: broken },
      (cache) => cache.withKey('7').execute(() => 'response'),
      'true or false',
    ],
  ])('that throws as %s is reported once, and the result is not stored', async (name, options, call, allowed) => {
    const { cache } = setUp(options);

    await expect(call(cache)).resolves.toBe('response');
    await expect(call(cache)).resolves.toBe('response');

    expect(cache.metrics.entries).toBe(0);
    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.calls[0]?.[0]).toMatch(
      `${name} of CachedFallback 'customer' threw an error, but must return ${allowed}.`,
    );
  });

  it('that throws as `on` is reported once, and no stale value is returned', async () => {
    const { cache } = setUp({ on: broken as () => boolean });
    await cache.withKey('7').execute(() => 'response');

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);

    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.calls[0]?.[0]).toMatch(/^on of CachedFallback 'customer' threw an error/);
  });

  it('may return undefined as the key, and the call has none then', async () => {
    const { cache } = setUp({ key: () => undefined });

    await expect(cache.execute(() => 'response')).resolves.toBe('response');

    expect(cache.metrics.entries).toBe(0);
    expect(warned).not.toHaveBeenCalled();
  });

  it('that returns a key that is no text is reported, and the call has none', async () => {
    const { cache } = setUp({ key: () => 7 as never });

    await expect(cache.execute(() => 'response')).resolves.toBe('response');

    expect(cache.metrics.entries).toBe(0);
    expect(warned.mock.calls[0]?.[0]).toMatch(/^key of CachedFallback 'customer' returned 7/);
  });
});

describe('The key of a call to a cached fallback', () => {
  it('is computed by the key option when the caller states none', async () => {
    const { cache } = setUp({ key: ({ attempt }) => `attempt ${attempt}` });
    await cache.execute(() => 'response', { attempt: 2 });

    await expect(cache.execute(failing, { attempt: 2 })).resolves.toBe('response');
    await expect(cache.execute(failing, { attempt: 3 })).rejects.toBe(outage);
  });

  it('is required: without one a result is not stored, and no stale value is returned', async () => {
    const { cache } = setUp();
    await cache.execute(() => 'response');

    await expect(cache.execute(failing)).rejects.toBe(outage);
    expect(cache.metrics.entries).toBe(0);
  });

  it('is computed from the arguments of a decorated function', async () => {
    const { cache } = setUp();
    let isUp = true;
    const find = cache.decorate(
      (id: number, _by: string) => (isUp ? `customer-${id}` : Promise.reject(outage)),
      (id) => String(id),
    );
    await find(7, 'one');
    isUp = false;

    await expect(find(7, 'another')).resolves.toBe('customer-7');
    await expect(find(8, 'one')).rejects.toBe(outage);
  });
});

describe('The options of a cached fallback', () => {
  it('have the documented defaults', () => {
    expect(new CachedFallback('customer').config).toStrictEqual({
      key: undefined,
      maxEntries: 1_000,
      staleLimit: 300_000,
      on: undefined,
      rememberResult: undefined,
      eventConsumerBufferSize: 0,
    });
  });

  it.each([
    ['key', 'id', 'a function from the context of a call to its key'],
    ['maxEntries', 0, 'a whole number from 1 to 10000000'],
    ['staleLimit', 0, 'a duration above 0 ms'],
    ['on', 'Error', 'an error class, a list of them or a predicate'],
    ['rememberResult', true, 'a function from a returned value to true or false'],
    ['eventConsumerBufferSize', -1, 'a whole number from 0 to 10000000'],
  ])('reject %s: %j', (option, value, allowed) => {
    const create = () => new CachedFallback('customer', { [option]: value });

    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(/^CachedFallback 'customer' has an invalid option/);
    expect(create).toThrow(allowed);
  });
});

describe('A cached fallback keeps the contract of every policy:', () => {
  it.each(policyContract)('$title', async ({ run }) => {
    await expect(run(({ clock }) => new CachedFallback('customer', {}, { clock }))).resolves.toBeUndefined();
  });
});

describe('A cached fallback with a key for each call keeps the contract of every policy:', () => {
  it.each(policyContract)('$title', async ({ run }) => {
    let calls = 0;
    const key = () => `call ${++calls}`;

    await expect(run(({ clock }) => new CachedFallback('customer', { key }, { clock }))).resolves.toBeUndefined();
  });
});

describe('A registry of cached fallbacks', () => {
  it('creates each cached fallback once, and empties it when it is removed', async () => {
    const registry = createRegistry('cachedFallback', { instances: { customer: { staleLimit: '10m' } } });
    const customer = registry.getOrCreate('customer');
    await customer.withKey('7').execute(() => 'response');

    expect(customer.config.staleLimit).toBe(600_000);
    expect(registry.getOrCreate('customer')).toBe(customer);
    registry.remove('customer');

    expect(customer.metrics.entries).toBe(0);
  });
});
