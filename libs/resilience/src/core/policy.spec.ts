import { getEventListeners } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Bulkhead } from './bulkhead/bulkhead.ts';
import { CallAbort } from './call-abort.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import { pipeline } from './pipeline.ts';
import { callContext, givenAbort, givenSignal, whenAborted } from './policy.ts';
import { Retry } from './retry/retry.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

const reason = new Error('nobody waits');

/** What a call can be given up with, and the context that it is then given. */
const ways = [
  {
    what: 'a policy',
    begin: () => {
      const abort = new CallAbort();
      return { context: callContext(abort, 1), giveUp: () => abort.abort(reason) };
    },
  },
  {
    what: "a caller's signal",
    begin: () => {
      const controller = new AbortController();
      return { context: callContext(controller.signal, 1), giveUp: () => controller.abort(reason) };
    },
  },
  {
    what: 'the signal of a context that somebody else made',
    begin: () => {
      const controller = new AbortController();
      return { context: { signal: controller.signal }, giveUp: () => controller.abort(reason) };
    },
  },
];

describe.each(ways)('A call that can be given up by $what', ({ begin }) => {
  it('tells who listens, once, and by its signal, whoever asks for that and when', () => {
    const { context, giveUp } = begin();
    const [first, second] = [vi.fn(), vi.fn()];
    whenAborted(context, first);
    whenAborted(context, second);
    const { signal } = context;

    const before = signal.aborted;
    giveUp();
    giveUp();

    expect(before).toBe(false);
    expect(first).toHaveBeenCalledExactlyOnceWith(reason);
    expect(second).toHaveBeenCalledExactlyOnceWith(reason);
    expect([signal.aborted, signal.reason]).toEqual([true, reason]);
    expect(context.signal).toBe(signal);
  });

  it('tells who begins to listen afterwards at once, and its signal says so too', () => {
    const { context, giveUp } = begin();
    const listener = vi.fn();
    giveUp();

    const stopListening = whenAborted(context, listener);
    stopListening();

    expect(listener).toHaveBeenCalledExactlyOnceWith(reason);
    expect([context.signal.aborted, context.signal.reason]).toEqual([true, reason]);
    expect([givenAbort(context)?.aborted, givenSignal(context)?.reason]).toEqual([true, reason]);
  });

  it('does not tell who has stopped to listen, and tells all others', () => {
    const { context, giveUp } = begin();
    const listeners = [vi.fn(), vi.fn(), vi.fn()];
    const ends = listeners.map((listener) => whenAborted(context, listener));

    ends[0]!();
    ends[2]!();
    ends[2]!();
    giveUp();

    expect(listeners.map(({ mock }) => mock.calls.length)).toEqual([0, 1, 0]);
  });

  it('knows two listenings apart, though the same function listens', () => {
    const { context, giveUp } = begin();
    const [listener, other] = [vi.fn(), vi.fn()];
    const stopListening = whenAborted(context, listener);
    whenAborted(context, listener);
    whenAborted(context, other);

    stopListening();
    stopListening();
    giveUp();

    expect(listener).toHaveBeenCalledOnce();
    expect(other).toHaveBeenCalledOnce();
  });

  it('does not tell who stops to listen while others are told', () => {
    const { context, giveUp } = begin();
    const listener = vi.fn();
    whenAborted(context, () => stopListening());
    const stopListening = whenAborted(context, listener);

    giveUp();

    expect(listener).not.toHaveBeenCalled();
  });

  it('tells all others where a listener fails, and warns', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => warned.mockRestore());
    const { context, giveUp } = begin();
    const failing = (): never => {
      throw new Error('a bug');
    };
    const listener = vi.fn();
    whenAborted(context, failing);
    whenAborted(context, listener);

    giveUp();
    whenAborted(context, failing);

    expect(listener).toHaveBeenCalledOnce();
    expect(warned).toHaveBeenCalledTimes(2);
    expect(warned.mock.lastCall?.[1]).toMatchObject({ type: 'ResilienceListenerWarning' });
  });
});

describe('Listening to a call', () => {
  it('that nobody can give up is never told, and makes no signal', () => {
    const context = callContext(undefined, 1);
    const listener = vi.fn();

    whenAborted(context, listener)();
    whenAborted(undefined, listener)();
    whenAborted({}, listener)();

    expect(listener).not.toHaveBeenCalled();
    expect(givenAbort(context)).toBeUndefined();
    expect(givenSignal(context)).toBeUndefined();
  });

  it('leaves nothing on a signal that outlives it', () => {
    const { signal } = new AbortController();

    const stopListening = whenAborted({ signal }, () => {});
    const during = getEventListeners(signal, 'abort').length;
    stopListening();

    expect([during, getEventListeners(signal, 'abort').length]).toEqual([1, 0]);
  });

  it('under policies makes no signal, whether the call ends well or not', async () => {
    const made = vi.spyOn(globalThis, 'AbortController');
    onTestFinished(() => made.mockRestore());
    const customer = pipeline('customer', [
      new Retry('customer', { maxAttempts: 1 }),
      new CircuitBreaker('customer'),
      new TimeLimiter('customer'),
      new Bulkhead('customer'),
    ]);
    const listener = vi.fn();

    const answer = await customer.execute((context) => {
      whenAborted(context, listener)();
      return 'answer';
    });
    const failing = customer.execute(() => Promise.reject(reason));

    await expect(failing).rejects.toBe(reason);
    expect(answer).toBe('answer');
    expect(made).not.toHaveBeenCalled();
  });
});
