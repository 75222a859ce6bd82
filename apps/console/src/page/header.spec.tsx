// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { type ConsoleState, initialState } from './console-state.ts';
import { Header, Notice } from './header.tsx';
import { customerWith, liveState, replicaWith } from './testing.ts';

afterEach(cleanup);

const unreachable = replicaWith({ name: 'account-2', problem: 'ECONNREFUSED' });
const silent = replicaWith({ name: 'account-2', hasEvents: false });

describe('the summary of the system', () => {
  it('counts a replica of customer that is not ready as not up, like one that is unreachable', () => {
    const customers = [
      customerWith({ activeFaults: ['latency', 'errors'] }),
      customerWith({ name: 'customer-2', activeFaults: ['reset', 'unready'] }),
      customerWith({ name: 'customer-3', problem: 'ECONNREFUSED' }),
    ];
    render(<Header state={liveState({ customers })} />);

    const facts = screen.getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(facts).toEqual(['account 1/1 up', 'customer 1/3 up', 'pending –']);
  });
});

describe('the notice', () => {
  it.each<[string, ConsoleState, string | undefined]>([
    ['nothing while all replicas respond', liveState(), undefined],
    ['that the page waits for data', initialState, 'Waiting for the first data.'],
    [
      'that the server does not respond',
      { ...initialState, connection: 'lost' },
      "The console's server does not respond. Reconnecting automatically.",
    ],
    [
      'that the server does not respond and the data is old',
      { ...liveState(), connection: 'lost' },
      "The console's server does not respond. Reconnecting automatically. The data below is the last that was received.",
    ],
    ['that there is no replica', liveState({ accounts: [] }), 'No replica of account found yet.'],
    [
      'which replica is unreachable',
      liveState({ accounts: [replicaWith(), unreachable] }),
      'Unreachable: account-2 (ECONNREFUSED).',
    ],
    [
      'which replica streams no events',
      liveState({ accounts: [replicaWith(), silent] }),
      'No live events from account-2.',
    ],
  ])('shows %s', (_what, state, text) => {
    render(<Notice state={state} />);

    expect(screen.queryByRole('alert')?.textContent).toBe(text);
  });
});
