// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CustomerReplica } from '../../protocol/messages.ts';
import { done, refused, serverThat } from '../testing/server.ts';
import { FaultControls } from './fault-controls.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const customer = (name: string, changes: Partial<CustomerReplica> = {}): CustomerReplica => ({
  name,
  problem: null,
  activeFaults: ['latency'],
  struckPerSecond: 0,
  latencySeconds: 0.02,
  ...changes,
});

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

describe('the controls of customer', () => {
  it('tell what is wrong with each replica', () => {
    const customers = [
      customer('customer-1', { activeFaults: [] }),
      customer('customer-2', { activeFaults: ['latency', 'errors'], struckPerSecond: 4.5 }),
      customer('customer-3', { problem: 'ECONNREFUSED' }),
    ];
    render(<FaultControls customers={customers} token="" />);

    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      'customer-1 well',
      'customer-2 latency 20 ms, errors · 4.5/s',
      'customer-3 not reached: ECONNREFUSED',
    ]);
  });

  it.each([
    ['Slow', { latency: '2s' }],
    ['Errors', { latency: '20ms', errors: [{ status: 503, rate: 1 }] }],
    ['Hang', { latency: '20ms', hang: { rate: 1 } }],
    ['Down', { latency: '20ms', reset: { rate: 1 }, unready: true }],
    ['Capacity', { latency: '200ms', capacity: { workers: 2, queue: 50, abandonedWork: 'kept' } }],
  ])('break it: %s', async (name, body) => {
    const asked = serverThat(done);
    render(<FaultControls customers={[]} token="t" />);

    press(name);

    await vi.waitFor(() => expect(screen.getByRole('status').textContent).not.toBe(''));
    expect(asked).toEqual([{ method: 'PUT', path: '/faults', token: 'Bearer t', body }]);
  });

  it('heal it, and say what came of that', async () => {
    const asked = serverThat(done);
    render(<FaultControls customers={[]} token="t" />);

    press('Heal');

    await screen.findByText('Nothing is wrong with customer.');
    expect(asked).toMatchObject([{ method: 'DELETE', path: '/faults' }]);
  });

  it('set any latency, and leave the other faults', async () => {
    const asked = serverThat(done);
    render(<FaultControls customers={[]} token="t" />);

    fireEvent.change(screen.getByRole('slider'), { target: { value: '1500' } });

    await screen.findByText('Every answer takes 1.5 s.');
    expect(asked).toMatchObject([{ method: 'PATCH', path: '/faults', body: { latency: '1500ms' } }]);
  });

  it.each([
    ['that a token is missing', '', refused, 'This takes a token: enter it first.'],
    ['that a token is wrong', 'x', refused, 'That token is not the right one.'],
    [
      'that there is none to be had',
      'x',
      () => Response.json({ replicas: [] }, { status: 404 }),
      'The services have no token set, so that nobody can change this.',
    ],
    [
      'which replica did not do it',
      'x',
      () => Response.json({ replicas: [{ replica: 'customer-2', status: 0 }] }, { status: 502 }),
      'customer-2 is unreachable',
    ],
    [
      'that nobody is there',
      'x',
      () => {
        throw new TypeError('fetch failed');
      },
      'The console does not answer.',
    ],
  ])('say %s', async (_what, token, answer, words) => {
    serverThat(answer);
    render(<FaultControls customers={[]} token={token} />);

    press('Hang');

    expect((await screen.findByText(words)).className).toContain('outcome-bad');
  });
});
