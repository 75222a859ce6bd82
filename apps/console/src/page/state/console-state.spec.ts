import { describe, expect, it } from 'vitest';
import { keptCommon } from '../../protocol/kept-events.ts';
import type { Snapshot, StateChange, StateName } from '../../protocol/messages.ts';
import { type ConsoleState, type Happening, keptSeconds, nothingYet, reduce } from './console-state.ts';

const change = (at: number, state: StateName): StateChange => ({
  at,
  replica: 'account-1',
  breaker: 'customer',
  state,
});

const snapshot = (at: number, changes: readonly StateChange[] = []): Happening => {
  const data = { at, changes, traffic: null, pending: { accounts: at, oldestSeconds: 0 } };
  return { type: 'snapshot', data: data as unknown as Snapshot };
};

const event = (at: number) => ({ at, replica: 'a', pattern: 'p', name: 'n', type: 'ERROR', detail: '' });

const after = (...happenings: Happening[]): ConsoleState => happenings.reduce(reduce, nothingYet);

describe('what the page knows', () => {
  it('is live with the first snapshot, and keeps what it knew while nothing is heard', () => {
    const live = after(snapshot(1));
    const lost = reduce(live, { type: 'connection', data: 'lost' });

    expect(live.connection).toBe('live');
    expect(lost).toEqual({ ...live, connection: 'lost' });
    expect(reduce(lost, snapshot(2)).connection).toBe('live');
  });

  it('makes stays of state changes, replica by replica', () => {
    const { stays } = after(snapshot(1, [change(1, 'CLOSED')]), snapshot(5, [change(5, 'OPEN')]));

    expect(stays['customer']?.['account-1']).toEqual([
      { state: 'CLOSED', from: 1, to: 5 },
      { state: 'OPEN', from: 5, to: undefined },
    ]);
  });

  it('does not count the last second of a history twice', () => {
    const second = { at: 7, traffic: null, pending: null };
    const history: Happening = {
      type: 'history',
      data: { seconds: [second], changes: [change(7, 'OPEN')], events: [event(1), event(2)] },
    };
    const { seconds, stays, events } = after(history, snapshot(7, [change(7, 'OPEN')]));

    expect(seconds).toEqual([second]);
    expect(stays['customer']?.['account-1']).toHaveLength(1);
    expect(events.map(({ at }) => at)).toEqual([2, 1]);
  });

  it('begins anew with a history, after another process of the server', () => {
    const history: Happening = { type: 'history', data: { seconds: [], changes: [], events: [] } };

    expect(after(snapshot(1, [change(1, 'OPEN')]), history)).toMatchObject({ seconds: [], stays: {}, events: [] });
  });

  it('keeps a transition however many calls come after it', () => {
    const transition = { ...event(0), pattern: 'circuitBreaker', type: 'STATE_TRANSITION' };
    const calls = Array.from({ length: 1_000 }, (_, at) => event(at + 1));

    expect(after({ type: 'events', data: { events: [transition, ...calls], omitted: 0 } }).events).toContain(
      transition,
    );
  });

  it('keeps the newest events and seconds, and no more', () => {
    const many = Array.from({ length: keptCommon + 5 }, (_, at) => event(at));
    const told = after({ type: 'events', data: { events: many, omitted: 3 } });
    const later = after(...Array.from({ length: keptSeconds + 5 }, (_, at) => snapshot(at + 1)));

    expect(told.events).toHaveLength(keptCommon);
    expect(told.events[0]?.at).toBe(keptCommon + 4);
    expect(told.omitted).toBe(3);
    expect(later.seconds).toHaveLength(keptSeconds);
    expect(later.seconds.at(-1)?.at).toBe(keptSeconds + 5);
  });
});
