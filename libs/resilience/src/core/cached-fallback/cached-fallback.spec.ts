import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
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
  it('serves the last good result of the same key when a call fails, at once or later', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => 'older');
    await cache.withKey('7').execute(() => 'newer');
    await cache.withKey('8').execute(() => 'of another');

    await expect(cache.withKey('7').execute(failing)).resolves.toBe('newer');
    await expect(
      cache.withKey('7').execute<string>(() => {
        throw outage;
      }),
    ).resolves.toBe('newer');
  });

  it('throws the error when nothing is remembered of the key', async () => {
    const { cache } = setUp();
    await cache.withKey('8').execute(() => 'of another');

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('always makes the call first: it is no cache of what is well', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => 'older');

    await expect(cache.withKey('7').execute(() => 'newer')).resolves.toBe('newer');
  });

  it('serves a result up to the stale limit, and no older', async () => {
    const { clock, cache } = setUp({ staleLimit: '1m' });
    await cache.withKey('7').execute(() => 'answer');

    clock.advance(60_000);
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('answer');
    clock.advance(1);
    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);

    expect(cache.metrics.entries).toBe(0);
  });

  it('does not make a result younger by serving it', async () => {
    const { clock, cache } = setUp({ staleLimit: '1m' });
    await cache.withKey('7').execute(() => 'answer');

    clock.advance(40_000);
    await cache.withKey('7').execute(failing);
    clock.advance(40_000);

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('remembers undefined like any other result', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => undefined);

    await expect(cache.withKey('7').execute<unknown>(failing)).resolves.toBeUndefined();
  });

  it('never remembers a failure, nor a result that is not worth it', async () => {
    const { cache } = setUp({ rememberResult: (result) => result !== 503 });
    await cache.withKey('7').execute<number>(() => 200);

    await cache.withKey('7').execute<unknown>(failing);
    await expect(cache.withKey('7').execute<number>(() => 503)).resolves.toBe(503);

    await expect(cache.withKey('7').execute<unknown>(failing)).resolves.toBe(200);
  });

  it('serves nothing for errors that it is not to stand in for', async () => {
    class NotFound extends Error {}
    const { cache } = setUp({ on: (error) => !(error instanceof NotFound) });
    await cache.withKey('7').execute(() => 'answer');

    await expect(cache.withKey('7').execute(() => Promise.reject(new NotFound()))).rejects.toThrow(NotFound);
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('answer');
  });

  it('serves nothing once the caller has given up', async () => {
    const { cache } = setUp();
    await cache.withKey('7').execute(() => 'answer');
    const reason = new Error('the client has gone');

    const result = cache.withKey('7').execute(({ signal }) => Promise.reject(signal.reason as Error), {
      signal: AbortSignal.abort(reason),
    });

    await expect(result).rejects.toBe(reason);
    expect(cache.bufferedEvents()).toStrictEqual([]);
  });

  it('remembers a bounded number of results, and forgets the one that was least recently used', async () => {
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

  it('keeps the result of the call that began last, though it ended first', async () => {
    const { cache } = setUp();
    const { promise: slow, resolve } = Promise.withResolvers<string>();

    const older = cache.withKey('7').execute(() => slow);
    await cache.withKey('7').execute(() => 'newer');
    resolve('older');
    await expect(older).resolves.toBe('older');

    await expect(cache.withKey('7').execute(failing)).resolves.toBe('newer');
  });

  it('forgets what it is told to, and what calls under way then bring', async () => {
    const { cache } = setUp();
    const { promise: slow, resolve } = Promise.withResolvers<string>();
    await cache.withKey('7').execute(() => 'outdated');

    const underWay = cache.withKey('7').execute(() => slow);
    cache.forget('7');
    resolve('outdated as well');
    await underWay;
    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
    await cache.withKey('7').execute(() => 'current');
    await expect(cache.withKey('7').execute(failing)).resolves.toBe('current');
    cache.clear();

    expect(cache.metrics.entries).toBe(0);
  });

  it('keeps what calls under way bring of other keys than the one that it forgot', async () => {
    const { cache } = setUp();
    const { promise: slow, resolve } = Promise.withResolvers<string>();

    const underWay = cache.withKey('7').execute(() => slow);
    cache.forget('8');
    resolve('of 7');
    await underWay;

    await expect(cache.withKey('7').execute(failing)).resolves.toBe('of 7');
  });

  it('forgets more keys than it has room for, and is wrong about none of them', async () => {
    const { cache } = setUp({ maxEntries: 2 });
    const { promise: slow, resolve } = Promise.withResolvers<string>();

    const underWay = cache.withKey('7').execute(() => slow);
    for (const key of ['7', '8', '9']) cache.forget(key);
    resolve('outdated');
    await underWay;

    await expect(cache.withKey('7').execute(failing)).rejects.toBe(outage);
  });

  it('tells each caller how old the result is', async () => {
    const { clock, cache } = setUp();
    const onServed = vi.fn();
    const key = cache.withKey('7', { onServed });
    await key.execute(() => 'answer');
    clock.advance(4_000);

    await key.execute(failing);
    await cache.withKey('7').execute(failing);

    expect(onServed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ ageMs: 4_000, error: outage }));
  });

  it('is not hurt by a caller’s hook that throws', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { cache } = setUp();
    const key = cache.withKey('7', {
      onServed: () => {
        throw new Error('broken hook');
      },
    });
    await key.execute(() => 'answer');

    await expect(key.execute(failing)).resolves.toBe('answer');

    expect(emitWarning).toHaveBeenCalledOnce();
    emitWarning.mockRestore();
  });

  it('tells what it served, and when it had nothing or nothing young enough', async () => {
    const { clock, cache } = setUp();
    await cache
      .withKey('7')
      .execute(failing)
      .catch(() => {});
    await cache.withKey('7').execute(() => 'answer');
    clock.advance(1_000);
    await cache.withKey('7').execute(failing);
    clock.advance(60_000);
    await cache
      .withKey('7')
      .execute(failing)
      .catch(() => {});

    const told = { cachedFallbackName: 'customer', key: '7', error: outage };
    expect(cache.bufferedEvents()).toStrictEqual([
      { type: 'NOT_SERVED', ...told, creationTime: clock.now() - 61_000, ageMs: undefined },
      { type: 'SERVED', ...told, creationTime: clock.now() - 60_000, ageMs: 1_000 },
      { type: 'NOT_SERVED', ...told, creationTime: clock.now(), ageMs: 61_000 },
    ]);
  });
});

describe('The key of a call', () => {
  it('is what the option makes of its context when the caller states none', async () => {
    const { cache } = setUp({ key: ({ attempt }) => `attempt ${attempt}` });
    await cache.execute(() => 'answer', { attempt: 2 });

    await expect(cache.execute(failing, { attempt: 2 })).resolves.toBe('answer');
    await expect(cache.execute(failing, { attempt: 3 })).rejects.toBe(outage);
  });

  it('is not guessed: a call without one is neither remembered nor answered for', async () => {
    const { cache } = setUp();
    await cache.execute(() => 'answer');

    await expect(cache.execute(failing)).rejects.toBe(outage);
    expect(cache.metrics.entries).toBe(0);
  });

  it('is made of the arguments of a decorated function', async () => {
    const { cache } = setUp();
    let isUp = true;
    const find = cache.decorate(
      (id: number, _by: string) => (isUp ? `customer-${id}` : Promise.reject(outage)),
      (id) => String(id),
    );
    await find(7, 'somebody');
    isUp = false;

    await expect(find(7, 'somebody else')).resolves.toBe('customer-7');
    await expect(find(8, 'somebody')).rejects.toBe(outage);
  });
});

describe('The options of a cached fallback', () => {
  it('have the defaults that their docstrings state', () => {
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
    ['key', 'id'],
    ['maxEntries', 0],
    ['staleLimit', 0],
    ['on', 'Error'],
    ['rememberResult', true],
  ])('refuse %s: %j', (option, value) => {
    expect(() => new CachedFallback('customer', { [option]: value })).toThrow(InvalidOptionsError);
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

describe('A registry', () => {
  it('makes each cached fallback once, and empties it when it is removed', async () => {
    const registry = createRegistry('cachedFallback', { instances: { customer: { staleLimit: '10m' } } });
    const customer = registry.getOrCreate('customer');
    await customer.withKey('7').execute(() => 'answer');

    expect(customer.config.staleLimit).toBe(600_000);
    expect(registry.getOrCreate('customer')).toBe(customer);
    registry.remove('customer');

    expect(customer.metrics.entries).toBe(0);
  });
});
