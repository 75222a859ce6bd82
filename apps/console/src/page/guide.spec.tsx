// @vitest-environment happy-dom
import type { StateName } from '@breakwater/resilience/actuator';
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import type { Snapshot } from '../protocol/messages.ts';
import { type ConsoleState, initialState } from './console-state.ts';
import { Guide, guideSteps } from './guide.tsx';
import { liveState, noLoad } from './testing.ts';

afterEach(() => {
  cleanup();
  localStorage.clear();
});

function stepsDone(sent: number, activeFaults: readonly string[], ...states: StateName[]): readonly boolean[] {
  const snapshot = { load: { sent }, customers: [{ activeFaults }] } as unknown as Snapshot;
  const periods = { customer: { 'account-1': states.map((state, from) => ({ state, from, to: from + 1 })) } };
  const state: ConsoleState = { ...initialState, snapshot, periods };
  return guideSteps(state).map(({ isDone }) => isDone);
}

describe('the steps of the guide', () => {
  it('are not done at the start, nor without data', () => {
    expect(stepsDone(0, ['latency'], 'CLOSED')).toEqual([false, false, false, false]);
    expect(guideSteps(initialState).every(({ isDone }) => !isDone)).toBe(true);
  });

  it('are done with load, a fault, an open circuit breaker and its recovery', () => {
    expect(stepsDone(1, [], 'CLOSED')).toEqual([true, false, false, false]);
    expect(stepsDone(1, ['errors'], 'CLOSED')).toEqual([true, true, false, false]);
    expect(stepsDone(1, ['errors'], 'CLOSED', 'OPEN')).toEqual([true, true, true, false]);
    expect(stepsDone(1, [], 'OPEN', 'HALF_OPEN', 'CLOSED')).toEqual([true, true, true, true]);
  });

  it('do not include a recovery when the circuit breaker was closed by hand', () => {
    expect(stepsDone(1, [], 'OPEN', 'CLOSED')).toEqual([true, true, true, false]);
  });

  it('stay done when a later step is done', () => {
    expect(stepsDone(0, [], 'CLOSED', 'OPEN')).toEqual([true, true, true, false]);
  });
});

describe('the guide', () => {
  it('marks the steps that are done, and the next one', () => {
    render(<Guide state={liveState({ load: { ...noLoad, sent: 1 } })} />);

    const steps = screen.getAllByRole('listitem');
    expect(steps.map(({ className }) => className)).toEqual(['is-done', '', '', '']);
    expect(steps.map((step) => step.getAttribute('aria-current'))).toEqual([null, 'step', null, null]);
  });

  it('stays closed', () => {
    render(<Guide state={liveState()} />);
    fireEvent.click(screen.getByRole('button', { name: 'Close the guide' }));
    cleanup();

    render(<Guide state={liveState()} />);

    expect(screen.queryByRole('heading')).toBeNull();
  });
});
