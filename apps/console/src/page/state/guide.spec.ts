import { describe, expect, it } from 'vitest';
import type { Snapshot, StateName } from '../../protocol/messages.ts';
import { nothingYet, type ConsoleState } from './console-state.ts';
import { guideOf } from './guide.ts';

function seen(sent: number, activeFaults: readonly string[], ...states: StateName[]): readonly boolean[] {
  const snapshot = { load: { sent }, customers: [{ activeFaults }] } as unknown as Snapshot;
  const stays = { customer: { 'account-1': states.map((state, from) => ({ state, from, to: from + 1 })) } };
  const state: ConsoleState = { ...nothingYet, snapshot, stays };
  return guideOf(state).map(({ isDone }) => isDone);
}

describe('the guide', () => {
  it('begins with nothing done, also while nothing is known', () => {
    expect(seen(0, ['latency'], 'CLOSED')).toEqual([false, false, false, false]);
    expect(guideOf(nothingYet).every(({ isDone }) => !isDone)).toBe(true);
  });

  it('sees load, a fault, an open breaker and one that has closed by itself', () => {
    expect(seen(1, [], 'CLOSED')).toEqual([true, false, false, false]);
    expect(seen(1, ['errors'], 'CLOSED')).toEqual([true, true, false, false]);
    expect(seen(1, ['errors'], 'CLOSED', 'OPEN')).toEqual([true, true, true, false]);
    expect(seen(1, [], 'OPEN', 'HALF_OPEN', 'CLOSED')).toEqual([true, true, true, true]);
  });

  it('does not take a breaker that was closed by hand for one that has recovered', () => {
    expect(seen(1, [], 'OPEN', 'CLOSED')).toEqual([true, true, true, false]);
  });

  it('does not undo a step when what showed it is over', () => {
    expect(seen(0, [], 'CLOSED', 'OPEN')).toEqual([true, true, true, false]);
  });
});
