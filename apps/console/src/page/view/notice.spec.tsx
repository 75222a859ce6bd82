// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConsoleState, nothingYet } from '../state/console-state.ts';
import { liveState, replicaWith } from '../testing/samples.ts';
import { Notice } from './notice.tsx';

afterEach(cleanup);

const gone = replicaWith({ name: 'account-2', problem: 'ECONNREFUSED' });

describe('the notice', () => {
  it.each<[string, ConsoleState, string | undefined]>([
    ['nothing while all is well', liveState(), undefined],
    ['that it waits', nothingYet, 'Waiting for the first look at the system.'],
    [
      'that nobody answers, before anything was known',
      { ...nothingYet, connection: 'lost' },
      "The console's server does not answer. Trying again by itself.",
    ],
    [
      'that nobody answers, and how old the picture is',
      { ...liveState(), connection: 'lost' },
      "The console's server does not answer. Trying again by itself. What is below is what was known last.",
    ],
    ['that there is nobody', liveState({ accounts: [] }), 'No replica of account has been found yet.'],
    ['who is missing', liveState({ accounts: [replicaWith(), gone] }), 'Not reached: account-2 (ECONNREFUSED).'],
  ])('tells %s', (_what, state, text) => {
    render(<Notice state={state} />);

    expect(screen.queryByRole('alert')?.textContent).toBe(text);
  });
});
