import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { CallAbort } from './call-abort.ts';
import { callContext, givenAbort, givenSignal, whenAborted } from './policy.ts';

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

  it('under a policy makes no signal', () => {
    const made = vi.spyOn(globalThis, 'AbortController');
    const abort = new CallAbort();

    whenAborted(callContext(abort, 1), () => {});
    abort.abort(reason);

    expect(made).not.toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
