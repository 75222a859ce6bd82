import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { pipeline } from './pipeline.ts';
import { abortSourceOf, callContext, LazyAbortController, signalOf, whenAborted } from './policy.ts';
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
