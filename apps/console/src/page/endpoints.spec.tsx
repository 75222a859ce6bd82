// @vitest-environment happy-dom
import { cleanup, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointDetails } from '@breakwater/resilience/actuator';
import type { Pool } from '../protocol/messages.ts';
import { Endpoints } from './endpoints.tsx';
import { customerWith, replicaWith } from './testing.ts';

afterEach(cleanup);

const endpoint = (changes: Partial<EndpointDetails> = {}): EndpointDetails => ({
  url: 'http://10.0.0.7:3001',
  state: 'IN_SERVICE',
  ejectionReason: null,
  remainingEjectionMs: null,
  inFlightCalls: 2,
  latencyMs: 21.4,
  failureRate: 0,
  slowCallRate: 0,
  numberOfSuccessfulCalls: 10,
  numberOfFailedCalls: 0,
  numberOfEjections: 0,
  ...changes,
});

const ejected = endpoint({
  state: 'EJECTED',
  ejectionReason: 'CONSECUTIVE_SLOW_CALLS',
  remainingEjectionMs: 8_200,
  inFlightCalls: 3,
  latencyMs: 3_000,
});

const poolWith = (endpoints: Pool['endpoints'], isPanic = false) => ({
  customer: { isPanic, endpointsInService: 1, endpoints } as Pool,
});

const customers = [customerWith({ name: 'customer-2', address: '10.0.0.8:3001' })];

/** The rows of the table as texts. */
const rows = () =>
  screen
    .getAllByRole('row')
    .map((row) => [...within(row).queryAllByRole('rowheader'), ...within(row).queryAllByRole('cell')])
    .map((cells) => cells.map(({ textContent }) => textContent));

describe('the endpoints of a pool', () => {
  it('show what each replica of account knows of each endpoint', () => {
    const accounts = [
      replicaWith({
        name: 'account-1',
        pools: poolWith({ '10.0.0.8:3001': ejected, '10.0.0.7:3001': endpoint() }),
      }),
      replicaWith({ name: 'account-2', pools: poolWith({ '10.0.0.7:3001': endpoint({ state: 'SLOW_START' }) }) }),
    ];
    render(<Endpoints pool="customer" accounts={accounts} customers={customers} />);

    expect(rows().slice(1)).toEqual([
      ['10.0.0.7:3001', 'In service 2 in flight · 21 ms', 'Slow start 2 in flight · 21 ms'],
      ['customer-2', 'Ejected consecutive slow calls · 8.2 s left · 3 in flight · 3.0 s', 'unknown'],
    ]);
  });

  it('are unknown to a replica that is unreachable', () => {
    const pools = poolWith({ '10.0.0.7:3001': endpoint() });
    render(<Endpoints pool="customer" accounts={[replicaWith({ pools, problem: 'ECONNREFUSED' })]} customers={[]} />);

    expect(rows().slice(1)).toEqual([['10.0.0.7:3001', 'unknown']]);
  });

  it('show panic, in which ejected endpoints get calls, too', () => {
    const accounts = [replicaWith({ pools: poolWith({ '10.0.0.8:3001': ejected }, true) })];
    render(<Endpoints pool="customer" accounts={accounts} customers={[]} />);

    expect(screen.getByRole('columnheader', { name: /account-1/ }).textContent).toContain('panic');
  });

  it('are left out where no replica has a pool of this name', () => {
    const { container } = render(<Endpoints pool="customer" accounts={[replicaWith()]} customers={[]} />);

    expect(container.textContent).toBe('');
  });
});
