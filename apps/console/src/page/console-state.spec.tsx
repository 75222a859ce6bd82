// @vitest-environment happy-dom
import type { StateName } from '@breakwater/resilience/actuator';
import { act, cleanup, renderHook } from '@testing-library/preact';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keptEvents, type StateChange } from '../protocol/messages.ts';
import {
  type ConsoleAction,
  type ConsoleState,
  initialState,
  keptSeconds,
  reduce,
  useConsole,
} from './console-state.ts';
import { snapshotWith } from './testing.ts';

const change = (at: number, state: StateName | null): StateChange => ({
  at,
  replica: 'account-1',
  breaker: 'customer',
  state,
});

const snapshot = (at: number): ConsoleAction => ({ type: 'snapshot', data: snapshotWith({ at }) });

const states = (...changes: StateChange[]): ConsoleAction => ({
  type: 'events',
  data: { events: [], states: changes, omitted: 0 },
});

const event = (at: number) => ({ at, replica: 'a', policy: 'p', name: 'n', type: 'ERROR', detail: '' });

const after = (...actions: ConsoleAction[]): ConsoleState => actions.reduce(reduce, initialState);

describe('the state of the page', () => {
  it('is live with the first snapshot, and keeps its data while the connection is lost', () => {
    const live = after(snapshot(1));
    const lost = reduce(live, { type: 'connection', data: 'lost' });

    expect(live.connection).toBe('live');
    expect(lost).toEqual({ ...live, connection: 'lost' });
    expect(reduce(lost, snapshot(2)).connection).toBe('live');
  });

  it('turns state changes of a replica into periods', () => {
    const { periods } = after(states(change(1, 'CLOSED')), states(change(5, 'OPEN')));

    expect(periods['customer']?.['account-1']).toEqual([
      { state: 'CLOSED', from: 1, to: 5 },
      { state: 'OPEN', from: 5, to: undefined },
    ]);
  });

  it('has no period while the state is unknown', () => {
    const { periods } = after(states(change(0, null), change(1, 'CLOSED'), change(5, null), change(9, 'CLOSED')));

    expect(periods['customer']?.['account-1']).toEqual([
      { state: 'CLOSED', from: 1, to: 5 },
      { state: 'CLOSED', from: 9, to: undefined },
    ]);
  });

  it('does not count the last second of a history twice', () => {
    const second = { at: 7, traffic: null, pending: null, faults: [] };
    const history: ConsoleAction = {
      type: 'history',
      data: { seconds: [second], states: [change(7, 'OPEN')], events: [event(1), event(2)], traceUrl: null },
    };
    const { seconds, periods, events } = after(history, snapshot(7));

    expect(seconds).toEqual([second]);
    expect(periods['customer']?.['account-1']).toHaveLength(1);
    expect(events.map(({ at }) => at)).toEqual([2, 1]);
  });

  it('is replaced by a history, which a restarted server sends', () => {
    const traceUrl = 'http://localhost:16686/trace/{traceId}';
    const history: ConsoleAction = { type: 'history', data: { seconds: [], states: [], events: [], traceUrl } };

    expect(after(snapshot(1), states(change(1, 'OPEN')), history)).toMatchObject({
      seconds: [],
      periods: {},
      events: [],
      traceUrl,
    });
  });

  it('keeps a transition after any number of calls', () => {
    const transition = { ...event(0), policy: 'circuitBreaker', type: 'STATE_TRANSITION' };
    const calls = Array.from({ length: 1_000 }, (_, at) => event(at + 1));

    expect(
      after({ type: 'events', data: { events: [transition, ...calls], states: [], omitted: 0 } }).events,
    ).toContain(transition);
  });

  it('keeps a limited number of the newest events and seconds', () => {
    const many = Array.from({ length: keptEvents + 5 }, (_, at) => event(at));
    const received = after({ type: 'events', data: { events: many, states: [], omitted: 3 } });
    const later = after(...Array.from({ length: keptSeconds + 5 }, (_, at) => snapshot(at + 1)));

    expect(received.events).toHaveLength(keptEvents);
    expect(received.events[0]?.at).toBe(keptEvents + 4);
    expect(received.omitted).toBe(3);
    expect(later.seconds).toHaveLength(keptSeconds);
    expect(later.seconds.at(-1)?.at).toBe(keptSeconds + 5);
  });
});

/** A stream that the test controls. */
class FakeEventSource extends EventTarget {
  static readonly CLOSED = 2;
  static all: FakeEventSource[] = [];
  readyState = 1;

  constructor(readonly url: string) {
    super();
    FakeEventSource.all.push(this);
  }

  emit(type: string, data: unknown): void {
    void act(() => void this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) })));
  }

  fail(readyState: number): void {
    this.readyState = readyState;
    void act(() => void this.dispatchEvent(new Event('error')));
  }

  close(): void {
    this.readyState = FakeEventSource.CLOSED;
  }
}

describe('the connection of the page', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('EventSource', FakeEventSource);
    FakeEventSource.all = [];
  });

  afterEach(() => {
    cleanup();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('is live with the first snapshot', () => {
    const { result } = renderHook(() => useConsole());
    expect(result.current.connection).toBe('connecting');

    FakeEventSource.all[0]?.emit('snapshot', snapshotWith());

    expect(result.current.connection).toBe('live');
    expect(FakeEventSource.all.map(({ url }) => url)).toEqual(['/console/api/stream']);
  });

  it('is lost when the server sends nothing for five seconds, although its connection is open, and connects again', () => {
    const { result } = renderHook(() => useConsole());
    FakeEventSource.all[0]?.emit('snapshot', snapshotWith({ at: 5 }));

    void act(() => void vi.advanceTimersByTime(4_999));
    expect(result.current.connection).toBe('live');
    FakeEventSource.all[0]?.emit('events', { events: [], states: [], omitted: 0 });
    void act(() => void vi.advanceTimersByTime(4_999));
    expect(result.current.connection).toBe('live');
    void act(() => void vi.advanceTimersByTime(1));

    expect(result.current).toMatchObject({ connection: 'lost', snapshot: { at: 5 } });
    expect(FakeEventSource.all[0]?.readyState).toBe(FakeEventSource.CLOSED);
    vi.advanceTimersByTime(2_000);
    FakeEventSource.all[1]?.emit('snapshot', snapshotWith({ at: 15 }));
    expect(result.current).toMatchObject({ connection: 'live', snapshot: { at: 15 } });
  });

  it('lets the browser reconnect a lost stream, and keeps the data', () => {
    const { result } = renderHook(() => useConsole());
    FakeEventSource.all[0]?.emit('snapshot', snapshotWith({ at: 5 }));

    FakeEventSource.all[0]?.fail(0);
    vi.advanceTimersByTime(4_000);

    expect(FakeEventSource.all).toHaveLength(1);
    expect(result.current).toMatchObject({ connection: 'lost', snapshot: { at: 5 } });
    FakeEventSource.all[0]?.emit('snapshot', snapshotWith({ at: 6 }));
    expect(result.current).toMatchObject({ connection: 'live', snapshot: { at: 6 } });
  });

  it('reconnects a rejected stream, which the browser does not', () => {
    const { result } = renderHook(() => useConsole());

    FakeEventSource.all[0]?.fail(FakeEventSource.CLOSED);
    expect(result.current.connection).toBe('lost');
    vi.advanceTimersByTime(2_000);

    expect(FakeEventSource.all).toHaveLength(2);
    FakeEventSource.all[1]?.emit('snapshot', snapshotWith());
    expect(result.current.connection).toBe('live');
  });

  it('is closed with the page', () => {
    const { unmount } = renderHook(() => useConsole());

    void act(() => unmount());

    expect(FakeEventSource.all[0]?.readyState).toBe(FakeEventSource.CLOSED);
  });
});
