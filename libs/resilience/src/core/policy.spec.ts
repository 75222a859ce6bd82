import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { pipeline } from './pipeline.ts';
import { UsedEndpoints } from './call-endpoints.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { CachedFallback } from './cached-fallback/cached-fallback.ts';
import { Deadline } from './deadline.ts';
import {
  abortSourceOf,
  callContext,
  invokeCall,
  isKeyed,
  LazyAbortController,
  refuseGenerator,
  rejectionIfAborted,
  signalOf,
  toCallContext,
  whenAborted,
  withRequest,
  withUsedEndpoints,
} from './policy.ts';
import { Retry } from './retry/retry.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

const reason = new Error('the client disconnected');

/** What can abort a call, and the context of that call. */
const abortSources = [
  {
    source: 'a policy',
    start: () => {
      const abort = new LazyAbortController();
      return { context: callContext(abort, 1), abortCall: () => abort.abort(reason) };
    },
  },
  {
    source: "the caller's signal",
    start: () => {
      const controller = new AbortController();
      return { context: callContext(controller.signal, 1), abortCall: () => controller.abort(reason) };
    },
  },
  {
    source: 'the signal of a context written by hand',
    start: () => {
      const controller = new AbortController();
      return { context: { signal: controller.signal }, abortCall: () => controller.abort(reason) };
    },
  },
];

describe.each(abortSources)('The context of a call that $source can abort', ({ start }) => {
  it('calls each listener once and aborts the signal', () => {
    const { context, abortCall } = start();
    const [first, second] = [vi.fn(), vi.fn()];
    whenAborted(context, first);
    whenAborted(context, second);
    const { signal } = context;

    const before = signal.aborted;
    abortCall();
    abortCall();

    expect(before).toBe(false);
    expect(first).toHaveBeenCalledExactlyOnceWith(reason);
    expect(second).toHaveBeenCalledExactlyOnceWith(reason);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
    expect(context.signal).toBe(signal);
  });

  it('calls a listener that is added after the abort immediately', () => {
    const { context, abortCall } = start();
    const listener = vi.fn();
    abortCall();

    const stopListening = whenAborted(context, listener);
    stopListening();

    expect(listener).toHaveBeenCalledExactlyOnceWith(reason);
    expect([context.signal.aborted, context.signal.reason]).toEqual([true, reason]);
    expect([abortSourceOf(context)?.aborted, signalOf(context)?.reason]).toEqual([true, reason]);
  });

  it('does not call removed listeners', () => {
    const { context, abortCall } = start();
    const listeners = [vi.fn(), vi.fn(), vi.fn()];
    const removers = listeners.map((listener) => whenAborted(context, listener));

    removers[0]!();
    removers[2]!();
    removers[2]!();
    abortCall();

    expect(listeners.map(({ mock }) => mock.calls.length)).toEqual([0, 1, 0]);
  });

  it('keeps two registrations of the same function apart', () => {
    const { context, abortCall } = start();
    const [listener, other] = [vi.fn(), vi.fn()];
    const stopListening = whenAborted(context, listener);
    whenAborted(context, listener);
    whenAborted(context, other);

    stopListening();
    stopListening();
    abortCall();

    expect(listener).toHaveBeenCalledOnce();
    expect(other).toHaveBeenCalledOnce();
  });

  it('keeps two registrations of the same function on a signal apart', () => {
    const controller = new AbortController();
    const listener = vi.fn();
    const stopListening = whenAborted(controller, listener);
    whenAborted(controller, listener);

    stopListening();
    stopListening();
    controller.abort();

    expect(listener).toHaveBeenCalledOnce();
  });

  it('does not call a listener that another one removes', () => {
    const { context, abortCall } = start();
    const listener = vi.fn();
    whenAborted(context, () => stopListening());
    const stopListening = whenAborted(context, listener);

    abortCall();

    expect(listener).not.toHaveBeenCalled();
  });

  it('calls the other listeners when one fails, and emits a warning', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const { context, abortCall } = start();
    const failing = (): never => {
      throw new Error('a bug');
    };
    const listener = vi.fn();
    whenAborted(context, failing);
    whenAborted(context, listener);

    abortCall();
    whenAborted(context, failing);

    expect(listener).toHaveBeenCalledOnce();
    expect(warned).toHaveBeenCalledTimes(2);
    expect(warned.mock.lastCall?.[0]).toBe('A listener for the abort of a call failed. The call is aborted anyway.');
    expect(warned.mock.lastCall?.[1]).toMatchObject({ type: 'ResilienceListenerWarning' });
  });
});

describe('whenAborted', () => {
  it('neither calls the listener nor creates a signal when nothing can abort the call', () => {
    const context = callContext(undefined, 1);
    const listener = vi.fn();

    whenAborted(context, listener)();
    whenAborted(undefined, listener)();
    whenAborted({}, listener)();

    expect(listener).not.toHaveBeenCalled();
    expect(abortSourceOf(context)).toBeUndefined();
    expect(signalOf(context)).toBeUndefined();
  });

  it('leaves no listener on a signal that outlives the call', () => {
    const { signal } = new AbortController();

    const stopListening = whenAborted({ signal }, () => {});
    const during = getEventListeners(signal, 'abort').length;
    stopListening();

    expect([during, getEventListeners(signal, 'abort').length]).toEqual([1, 0]);
  });

  it('creates no signal under policies, whether the call succeeds or fails', async () => {
    const made = vi.spyOn(globalThis, 'AbortController');
    onTestFinished(() => made.mockRestore());
    const customer = pipeline('customer', [
      new Retry('customer', { maxAttempts: 1 }),
      new CircuitBreaker('customer'),
      new TimeLimiter('customer'),
      new Bulkhead('customer'),
    ]);
    const listener = vi.fn();

    const result = await customer.execute((context) => {
      whenAborted(context, listener)();
      return 'response';
    });
    const failing = customer.execute(() => Promise.reject(reason));

    await expect(failing).rejects.toBe(reason);
    expect(result).toBe('response');
    expect(made).not.toHaveBeenCalled();
  });
});

describe('The context of a call', () => {
  const deadline = Deadline.after(100, new FakeClock());
  const request = { method: 'GET' };
  const endpoint = { name: 'replica-1', url: 'http://127.0.0.1' };
  const usedEndpoints = new UsedEndpoints(true);
  const fieldsOf = ({ attempt, deadline, request, endpoint, usedEndpoints }: ReturnType<typeof toCallContext>) => ({
    attempt,
    deadline,
    request,
    endpoint,
    usedEndpoints,
  });
  const { signal } = new AbortController();
  const given = { signal, attempt: 3, deadline, request, endpoint, usedEndpoints };
  const nothing = { deadline: undefined, request: undefined, endpoint: undefined, usedEndpoints: undefined };

  it('has what the caller gives, and is the attempt 1 without an abort otherwise', () => {
    const { signal: own, ...fields } = given;

    expect(fieldsOf(toCallContext(given))).toStrictEqual(fields);
    expect(toCallContext(given).signal).toBe(own);
    expect(fieldsOf(toCallContext())).toStrictEqual({ ...nothing, attempt: 1 });
    expect(fieldsOf(callContext(undefined, 2))).toStrictEqual({ ...nothing, attempt: 2 });
    expect(toCallContext().signal.aborted).toBe(false);
  });

  it('is passed on as it is', () => {
    const context = toCallContext(given);

    expect(toCallContext(context)).toBe(context);
    expect(context.signal).toBe(context.signal);
    expect(toCallContext().signal).not.toBe(toCallContext().signal);
  });

  it('can name another request', () => {
    const other = { method: 'POST' };
    const context = withRequest(given, other);

    expect(fieldsOf(context)).toStrictEqual({ attempt: 3, deadline, request: other, endpoint, usedEndpoints });
    expect(context.signal).toBe(signal);
    expect(fieldsOf(withRequest(undefined, other))).toStrictEqual({ ...nothing, attempt: 1, request: other });
  });

  it('can record its endpoints elsewhere', () => {
    const other = new UsedEndpoints(false);
    const context = withUsedEndpoints(given, other);

    expect(fieldsOf(context)).toStrictEqual({ attempt: 3, deadline, request, endpoint, usedEndpoints: other });
    expect(context.signal).toBe(signal);
    expect(fieldsOf(withUsedEndpoints(undefined, other))).toStrictEqual({
      ...nothing,
      attempt: 1,
      usedEndpoints: other,
    });
  });

  it('rejects a call whose caller has aborted, and no other', async () => {
    await expect(rejectionIfAborted({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(rejectionIfAborted({ signal })).toBeUndefined();
    expect(rejectionIfAborted({})).toBeUndefined();
    expect(rejectionIfAborted(undefined)).toBeUndefined();
  });
});

describe('What aborts a call', () => {
  it('has a reason once it has aborted, and keeps the first one', () => {
    const abort = new LazyAbortController();
    expect([abort.aborted, abort.reason]).toStrictEqual([false, undefined]);

    abort.abort(reason);
    abort.abort(new Error('later'));

    expect([abort.aborted, abort.reason]).toStrictEqual([true, reason]);
    expect([abort.signal.aborted, abort.signal.reason]).toStrictEqual([true, reason]);
  });

  it('calls its listeners in the order of their registration', () => {
    const abort = new LazyAbortController();
    const order: string[] = [];
    abort.onAbort(() => order.push('first'));
    abort.onAbort(() => order.push('second'));

    abort.abort(reason);

    expect(order).toStrictEqual(['first', 'second']);
  });

  it('leaves no listener on the signal of the caller after the abort', () => {
    const controller = new AbortController();
    whenAborted(controller, () => {});

    controller.abort(reason);

    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

describe('A call', () => {
  it('that returns a promise is passed on as it is', async () => {
    const promise = Promise.resolve('response');

    expect(invokeCall(() => promise, callContext(undefined, 1))).toBe(promise);
    const query = new (class Query<T> extends Promise<T> {})<string>((resolve) => resolve('rows'));
    expect(invokeCall(() => query, callContext(undefined, 1))).toBe(query);
    await expect(invokeCall(() => 'value', callContext(undefined, 1))).resolves.toBe('value');
    await expect(
      invokeCall(
        () => {
          throw reason;
        },
        callContext(undefined, 1),
      ),
    ).rejects.toBe(reason);
  });

  it('can have a key under a cached fallback and a pipeline only', () => {
    expect(isKeyed(new CachedFallback('customer'))).toBe(true);
    expect(isKeyed(pipeline('customer', []))).toBe(true);
    expect(isKeyed(new Bulkhead('customer'))).toBe(false);
  });

  it.each([
    ['pages', function* pages() {}],
    ['(anonymous)', (() => async function* () {})()],
  ])('of the generator %s cannot be protected', (name, generator) => {
    const message = `A policy cannot protect the generator ${name}: protect a function that returns a promise.`;

    expect(() => refuseGenerator(generator)).toThrow(new TypeError(message));
    expect(() => new Bulkhead('customer').decorate(generator as never)).toThrow(message);
    expect(() => refuseGenerator(async () => {})).not.toThrow();
  });

  it('that is decorated has the name and the number of parameters of its function', async () => {
    const customer = {
      prefix: 'customer',
      find(id: number, _fields: string) {
        return `${this.prefix}-${id}`;
      },
    };
    const decorated = new Bulkhead('customer').decorate(customer.find);

    expect([decorated.name, decorated.length]).toStrictEqual(['find', 2]);
    expect(Object.getOwnPropertyDescriptor(decorated, 'name')?.configurable).toBe(true);
    expect(Object.getOwnPropertyDescriptor(decorated, 'length')?.configurable).toBe(true);
    await expect(decorated.call(customer, 7, 'all')).resolves.toBe('customer-7');
  });
});
