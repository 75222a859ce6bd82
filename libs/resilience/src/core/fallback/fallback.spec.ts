import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import type { FallbackHandler } from './fallback.options.ts';
import { Fallback } from './fallback.ts';

class Outage extends Error {}
class PartialOutage extends Outage {}

const outage = new Outage('outage');

function setUp(...handlers: FallbackHandler[]) {
  const clock = new FakeClock();
  return { clock, fallback: new Fallback('customer', { handlers, eventConsumerBufferSize: 100 }, { clock }) };
}

describe('Fallback.execute', () => {
  it('calls no handler and emits no event when the call succeeds', async () => {
    const handle = vi.fn();
    const { fallback } = setUp({ handle });

    await expect(fallback.execute(() => 'response')).resolves.toBe('response');

    expect(handle).not.toHaveBeenCalled();
    expect(fallback.bufferedEvents()).toStrictEqual([]);
  });

  it('returns the value or the promise of a handler when the call throws or rejects', async () => {
    const { fallback } = setUp({ on: Outage, handle: () => 'at once' }, { handle: async () => 'later' });

    await expect(
      fallback.execute<string>(() => {
        throw outage;
      }),
    ).resolves.toBe('at once');
    await expect(fallback.execute<string>(() => Promise.reject(new TypeError()))).resolves.toBe('later');
  });

  it('calls the first handler that matches the error, even if a later one is more specific', async () => {
    const { fallback } = setUp(
      { on: [TypeError, RangeError], handle: () => 'first' },
      { on: Outage, handle: () => 'second' },
      { on: PartialOutage, handle: () => 'third' },
      { on: (error) => error === 'odd', handle: () => 'fourth' },
    );
    const resultFor = (error: unknown) => fallback.execute<unknown>(() => Promise.reject(error));

    await expect(resultFor(new PartialOutage())).resolves.toBe('second');
    await expect(resultFor(new RangeError())).resolves.toBe('first');
    await expect(resultFor('odd')).resolves.toBe('fourth');
  });

  it('throws the original error when no handler matches it', async () => {
    const { fallback } = setUp({ on: TypeError, handle: () => 'other' });

    await expect(fallback.execute(() => Promise.reject(outage))).rejects.toBe(outage);
  });

  it('passes the error and the context of the call to the handler', async () => {
    const handle = vi.fn();
    const { fallback } = setUp({ handle });
    const { signal } = new AbortController();

    await fallback.execute(() => Promise.reject(outage), { signal, attempt: 3 });

    expect(handle).toHaveBeenCalledExactlyOnceWith(outage, expect.objectContaining({ signal, attempt: 3 }));
  });

  it('returns undefined if the handler returns undefined', async () => {
    const second = vi.fn();
    const { fallback } = setUp({ handle: () => undefined }, { handle: second });

    await expect(fallback.execute(() => Promise.reject(outage))).resolves.toBeUndefined();

    expect(second).not.toHaveBeenCalled();
  });

  it('passes what a handler throws to the next handler that matches it', async () => {
    const second = new TypeError('the replica is down as well');
    const { fallback } = setUp(
      { handle: () => Promise.reject(second) },
      { on: Outage, handle: () => 'for the first error' },
      { on: TypeError, handle: (error) => ['for the second error', error] },
    );

    await expect(fallback.execute<unknown>(() => Promise.reject(outage))).resolves.toStrictEqual([
      'for the second error',
      second,
    ]);
  });

  it('throws what the last handler threw', async () => {
    const last = new Error('last');
    const { fallback } = setUp(
      { handle: () => Promise.reject(new Error('first')) },
      {
        handle: () => {
          throw last;
        },
      },
    );

    await expect(fallback.execute(() => Promise.reject(outage))).rejects.toBe(last);
  });

  it.each([
    ['the reason of the abort', (reason: Error) => reason],
    ['an AbortError', () => new DOMException('aborted', 'AbortError')],
    ['another error', () => outage],
  ])('calls no handler after the caller aborted, when the call rejects with %s', async (_what, errorOf) => {
    const handle = vi.fn();
    const { fallback } = setUp({ handle });
    const controller = new AbortController();
    const error = errorOf(new Error('the client disconnected'));

    const result = fallback.execute(
      ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error))),
      { signal: controller.signal },
    );
    controller.abort(error);

    await expect(result).rejects.toBe(error);
    expect(handle).not.toHaveBeenCalled();
  });

  it('calls no further handler when the caller aborts during one', async () => {
    const second = vi.fn();
    const controller = new AbortController();
    const reason = new Error('the client disconnected');
    const { fallback } = setUp(
      {
        handle: (_error, { signal }) => {
          controller.abort(reason);
          signal.throwIfAborted();
        },
      },
      { handle: second },
    );

    const result = fallback.execute(() => Promise.reject(outage), { signal: controller.signal });

    await expect(result).rejects.toBe(reason);
    expect(second).not.toHaveBeenCalled();
  });

  it('emits which handler returned the result, and which one threw', async () => {
    const second = new TypeError('the replica is down as well');
    const { clock, fallback } = setUp(
      { name: 'replica', on: Outage, handle: () => Promise.reject(second) },
      { handle: () => 'unknown' },
    );

    await fallback.execute<string>(() => Promise.reject(outage));

    const common = { fallbackName: 'customer', creationTime: clock.now() };
    expect(fallback.bufferedEvents()).toStrictEqual([
      {
        type: 'FALLBACK_FAILED',
        ...common,
        handlerIndex: 0,
        handlerName: 'replica',
        error: outage,
        fallbackError: second,
      },
      { type: 'FALLBACK', ...common, handlerIndex: 1, handlerName: undefined, error: second },
    ]);
  });

  it('reports an `on` that throws once, and calls the next handler', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const on = (): boolean => {
      throw new Error('broken predicate');
    };
    const { fallback } = setUp({ on, handle: () => 'first' }, { handle: () => 'second' });

    await expect(fallback.execute<string>(() => Promise.reject(outage))).resolves.toBe('second');
    await expect(fallback.execute<string>(() => Promise.reject(outage))).resolves.toBe('second');

    expect(warned).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^on of Fallback 'customer' threw an error/),
      expect.anything(),
    );
    warned.mockRestore();
  });

  it('counts a call as in flight until it or its handler ends', async () => {
    const { promise: response, resolve: respond } = Promise.withResolvers<string>();
    const { promise: substitute, resolve: substituteWith } = Promise.withResolvers<string>();
    const { fallback } = setUp({ handle: () => substitute });

    const calls = [fallback.execute(() => response), fallback.execute(() => Promise.reject(outage))];
    expect(fallback.usage.inFlightCalls).toBe(2);
    respond('response');
    await calls[0];
    expect(fallback.usage.inFlightCalls).toBe(1);
    substituteWith('unknown');
    await calls[1];

    expect(fallback.usage.inFlightCalls).toBe(0);
  });

  const handle = () => 'response';

  it.each([[{}], [{ handle: 'bad' }], [{ on: 'Outage', handle }], [{ on: [1], handle }], [null], [undefined]])(
    'refuses the handler %j',
    (handler: unknown) => {
      const create = () => new Fallback('customer', { handlers: [handler as never] });

      expect(create).toThrow(InvalidOptionsError);
      expect(create).toThrow(/^Fallback 'customer' has an invalid option/);
      expect(create).toThrow('a list of { on?: an error class, a list of them or a predicate, handle: a function }');
    },
  );

  it('refuses a negative number of buffered events', () => {
    expect(() => new Fallback('customer', { eventConsumerBufferSize: -1 })).toThrow(InvalidOptionsError);
  });

  describe('without handlers keeps the contract of every policy:', () => {
    it.each(policyContract)('$title', async ({ run }) => {
      await expect(run(({ clock }) => new Fallback('customer', {}, { clock }))).resolves.toBeUndefined();
    });
  });

  describe('with a handler that rethrows the error keeps the contract of every policy:', () => {
    const rethrow = (error: unknown): never => {
      throw error;
    };

    it.each(policyContract)('$title', async ({ run }) => {
      await expect(
        run(({ clock }) => new Fallback('customer', { handlers: [{ handle: rethrow }] }, { clock })),
      ).resolves.toBeUndefined();
    });
  });
});

describe('A registry of fallbacks', () => {
  it('creates each fallback once, accepts the same definition again and refuses another one', () => {
    const handlers = [{ handle: () => 'unknown' }];
    const registry = createRegistry('fallback', { instances: { customer: { handlers } } });

    const customer = registry.getOrCreate('customer');

    expect(customer.config.handlers).toStrictEqual(handlers);
    expect(registry.getOrCreate('customer', { handlers })).toBe(customer);
    expect(() => registry.getOrCreate('customer', { handlers: [] })).toThrow('exists already');
  });
});
