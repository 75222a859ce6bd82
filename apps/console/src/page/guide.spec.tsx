// @vitest-environment happy-dom
import type { StateName } from '@breakwater/resilience/actuator';
import { act, cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { send } from './api.ts';
import type { PeriodsByReplica } from './console-state.ts';
import { afterCommand, afterChanges, Guide, guideSteps, type Progress } from './guide.tsx';
import { liveState, stubServer, success, unauthorized } from './testing.ts';

afterEach(() => {
  cleanup();
  localStorage.clear();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

/** A replica whose state changes once per unit of time, the first time at `from`. */
const replica = (from: number, ...states: StateName[]): PeriodsByReplica => ({
  'account-1': states.map((state, index) => ({
    state,
    from: from + index,
    to: index === states.length - 1 ? undefined : from + index + 1,
  })),
});

const recovery = (from: number): PeriodsByReplica => replica(from, 'OPEN', 'HALF_OPEN', 'CLOSED');

const stepsDone = (progress: Progress): readonly boolean[] => guideSteps(progress).map(({ isDone }) => isDone);

describe('the steps of the guide', () => {
  it('are done by load, a fault, an open circuit breaker and its recovery', () => {
    const none: Progress = {};
    const loaded = afterCommand(none, { method: 'PUT', path: '/load' }, 5);
    const faulty = afterCommand(loaded, { method: 'PUT', path: '/faults?replica=customer-1' }, 10);
    const opened = afterChanges(faulty, replica(9, 'CLOSED', 'CLOSED', 'OPEN'));
    const recovered = afterChanges(opened, recovery(20));

    expect([none, loaded, faulty, opened, recovered].map(stepsDone)).toEqual([
      [false, false, false, false],
      [true, false, false, false],
      [true, true, false, false],
      [true, true, true, false],
      [true, true, true, true],
    ]);
  });

  it('see a recovery whose trial calls have ended at once', () => {
    const periods = replica(10, 'OPEN', 'HALF_OPEN', 'CLOSED')['account-1']!.map((period) => ({ ...period, from: 10 }));

    expect(stepsDone(afterChanges({ injectedFault: 10 }, { 'account-1': periods }))).toEqual([true, true, true, true]);
  });

  it('count nothing that happened before the fault of this visitor', () => {
    expect(stepsDone(afterChanges({}, recovery(5)))).toEqual([false, false, false, false]);
    expect(stepsDone(afterChanges({ injectedFault: 10 }, recovery(5)))).toEqual([true, true, false, false]);
  });

  it('count no circuit breaker that was closed by hand', () => {
    const periods = replica(10, 'CLOSED', 'OPEN', 'CLOSED');

    expect(stepsDone(afterChanges({ injectedFault: 10 }, periods))).toEqual([true, true, true, false]);
  });

  it('are not done by commands that stop something', () => {
    for (const path of ['/load', '/faults']) expect(afterCommand({}, { method: 'DELETE', path }, 5)).toEqual({});
  });
});

describe('the guide', () => {
  const classes = () => screen.getAllByRole('listitem').map(({ className }) => className);
  const press = (path: string) => act(async () => void (await send({ method: 'PUT', path, body: {} })));

  it('marks the steps that this tab has done, and the next one, also after a reload', async () => {
    stubServer(success);
    render(<Guide state={liveState()} />);
    expect(classes()).toEqual(['', '', '', '']);

    await press('/load');

    expect(classes()).toEqual(['is-done', '', '', '']);
    const current = () => screen.getAllByRole('listitem').map((step) => step.getAttribute('aria-current'));
    expect(current()).toEqual([null, 'step', null, null]);
    cleanup();
    render(<Guide state={liveState()} />);
    expect(classes()).toEqual(['is-done', '', '', '']);
  });

  it('follows the circuit breaker customer after the fault, and no other, such as those of the experiments', async () => {
    stubServer(success);
    const state = liveState({ at: 10 });
    const { rerender } = render(<Guide state={{ ...state, periods: { customer: recovery(2) } }} />);
    await press('/faults');
    expect(classes()).toEqual(['is-done', 'is-done', '', '']);

    rerender(<Guide state={{ ...state, periods: { customer: recovery(2), 'count-slow': recovery(11) } }} />);
    expect(classes()).toEqual(['is-done', 'is-done', '', '']);
    rerender(<Guide state={{ ...state, periods: { customer: recovery(11) } }} />);

    await screen.findByText('You have seen a circuit breaker at work.');
  });

  it('counts neither the load of others nor a command that was refused', async () => {
    stubServer(unauthorized);
    render(<Guide state={liveState({ load: { ...liveState().snapshot!.load, sent: 100 } })} />);

    await press('/load');

    expect(classes()).toEqual(['', '', '', '']);
  });

  it('stays closed', () => {
    render(<Guide state={liveState()} />);
    fireEvent.click(screen.getByRole('button', { name: 'Close the guide' }));
    cleanup();

    render(<Guide state={liveState()} />);

    expect(screen.queryByRole('heading')).toBeNull();
  });
});
