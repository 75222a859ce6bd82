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

describe('A fallback', () => {
  it('leaves a call that ends well alone', async () => {
    const handle = vi.fn();
    const { fallback } = setUp({ handle });

    await expect(fallback.execute(() => 'answer')).resolves.toBe('answer');

    expect(handle).not.toHaveBeenCalled();
    expect(fallback.bufferedEvents()).toStrictEqual([]);
  });

  it('answers for a call that fails, at once or later, with a value or a promise of one', async () => {
    const { fallback } = setUp({ on: Outage, handle: () => 'at once' }, { handle: async () => 'later' });

    await expect(
      fallback.execute<string>(() => {
        throw outage;
      }),
    ).resolves.toBe('at once');
    await expect(fallback.execute<string>(() => Promise.reject(new TypeError()))).resolves.toBe('later');
  });

  it('asks the handlers in the order written, even if a later one knows the error better', async () => {
    const { fallback } = setUp(
      { on: [TypeError, RangeError], handle: () => 'first' },
      { on: Outage, handle: () => 'second' },
      { on: PartialOutage, handle: () => 'third' },
      { on: (error) => error === 'odd', handle: () => 'fourth' },
    );
    const answerTo = (error: unknown) => fallback.execute<unknown>(() => Promise.reject(error));

    await expect(answerTo(new PartialOutage())).resolves.toBe('second');
    await expect(answerTo(new RangeError())).resolves.toBe('first');
    await expect(answerTo('odd')).resolves.toBe('fourth');
  });

  it('throws the original error when no handler takes it', async () => {
    const { fallback } = setUp({ on: TypeError, handle: () => 'other' });

    await expect(fallback.execute(() => Promise.reject(outage))).rejects.toBe(outage);
  });

  it('gives the handler the error and the context of the call', async () => {
    const handle = vi.fn();
    const { fallback } = setUp({ handle });
    const { signal } = new AbortController();

    await fallback.execute(() => Promise.reject(outage), { signal, attempt: 3 });

    expect(handle).toHaveBeenCalledExactlyOnceWith(outage, expect.objectContaining({ signal, attempt: 3 }));
  });

  it('takes undefined for an answer like any other', async () => {
    const second = vi.fn();
    const { fallback } = setUp({ handle: () => undefined }, { handle: second });

    await expect(fallback.execute(() => Promise.reject(outage))).resolves.toBeUndefined();

    expect(second).not.toHaveBeenCalled();
  });

  it('passes what a handler throws to the next handler that takes it', async () => {
    const second = new TypeError('the replica is down, too');
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
    ['its reason', (reason: Error) => reason],
    ['an AbortError', () => new DOMException('aborted', 'AbortError')],
    ['the error that came last', () => outage],
  ])('asks nobody once the caller has given up, and throws %s', async (_what, errorOf) => {
    const handle = vi.fn();
    const { fallback } = setUp({ handle });
    const controller = new AbortController();
    const error = errorOf(new Error('the client has gone'));

    const result = fallback.execute(
      ({ signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(error))),
      { signal: controller.signal },
    );
    controller.abort(error);

    await expect(result).rejects.toBe(error);
    expect(handle).not.toHaveBeenCalled();
  });

  it('asks no further handler when the caller gives up during one', async () => {
    const second = vi.fn();
    const controller = new AbortController();
    const reason = new Error('the client has gone');
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

  it('tells which handler answered, and which failed', async () => {
    const second = new TypeError('the replica is down, too');
    const { clock, fallback } = setUp(
      { name: 'replica', on: Outage, handle: () => Promise.reject(second) },
      { handle: () => 'unknown' },
    );

    await fallback.execute<string>(() => Promise.reject(outage));

    const told = { fallbackName: 'customer', creationTime: clock.now() };
    expect(fallback.bufferedEvents()).toStrictEqual([
      {
        type: 'FALLBACK_FAILED',
        ...told,
        handlerIndex: 0,
        handlerName: 'replica',
        error: outage,
        fallbackError: second,
      },
      { type: 'FALLBACK', ...told, handlerIndex: 1, handlerName: undefined, error: second },
    ]);
  });

  it('refuses handlers that are none', () => {
    const answer = () => 'answer';
    const faulty: readonly unknown[] = [
      {},
      { handle: 'bad' },
      { on: 'Outage', handle: answer },
      { on: [1], handle: answer },
      null,
    ];

    for (const handler of faulty) {
      expect(() => new Fallback('customer', { handlers: [handler as never] })).toThrow(InvalidOptionsError);
    }
  });

  describe('keeps the contract of every policy:', () => {
    it.each(policyContract)('$title', async ({ run }) => {
      await expect(run(({ clock }) => new Fallback('customer', {}, { clock }))).resolves.toBeUndefined();
    });
  });

  describe('with a handler that passes errors on keeps the contract of every policy:', () => {
    const passOn = (error: unknown): never => {
      throw error;
    };

    it.each(policyContract)('$title', async ({ run }) => {
      await expect(
        run(({ clock }) => new Fallback('customer', { handlers: [{ handle: passOn }] }, { clock })),
      ).resolves.toBeUndefined();
    });
  });
});

describe('A registry', () => {
  it('makes each fallback once, and takes the same definition again', () => {
    const handlers = [{ handle: () => 'unknown' }];
    const registry = createRegistry('fallback', { instances: { customer: { handlers } } });

    const customer = registry.getOrCreate('customer');

    expect(customer.config.handlers).toStrictEqual(handlers);
    expect(registry.getOrCreate('customer', { handlers })).toBe(customer);
    expect(() => registry.getOrCreate('customer', { handlers: [] })).toThrow('exists already');
  });
});
