// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CustomerReplica } from '../protocol/messages.ts';
import { FaultControls } from './fault-controls.tsx';
import { customerWith, stubServer, success, unauthorized } from './testing.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const customer = (name: string, changes: Partial<CustomerReplica> = {}): CustomerReplica =>
  customerWith({ name, activeFaults: ['latency'], latencySeconds: 0.02, ...changes });

const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

describe('the fault controls', () => {
  it('show the faults of each replica', () => {
    const customers = [
      customer('customer-1', { activeFaults: [] }),
      customer('customer-2', { activeFaults: ['latency', 'errors'], injectedPerSecond: 4.5 }),
      customer('customer-3', { problem: 'ECONNREFUSED' }),
    ];
    render(<FaultControls customers={customers} token="" />);

    expect(screen.getAllByRole('listitem').map(({ textContent }) => textContent)).toEqual([
      'customer-1 no faults',
      'customer-2 latency 20 ms, errors · 4.5/s',
      'customer-3 unreachable: ECONNREFUSED',
    ]);
  });

  it.each([
    ['Slow', { latency: '2s' }],
    ['Errors', { latency: '20ms', errors: [{ status: 503, rate: 1 }] }],
    ['Hang', { latency: '20ms', hang: { rate: 1 } }],
    ['Down', { latency: '20ms', reset: { rate: 1 }, unready: true }],
    ['Capacity', { latency: '200ms', capacity: { workers: 1, queue: 50, abandonedWork: 'kept' } }],
  ])('set the faults of %s', async (name, body) => {
    const requests = stubServer(success);
    render(<FaultControls customers={[]} token="t" />);

    press(name);

    await vi.waitFor(() => expect(screen.getByRole('status').textContent).not.toBe(''));
    expect(requests).toEqual([{ method: 'PUT', path: '/faults', token: 'Bearer t', body }]);
  });

  it('set faults on one replica alone', async () => {
    const requests = stubServer(success);
    render(<FaultControls customers={[customer('customer-1'), customer('customer-2')]} token="t" />);

    fireEvent.change(screen.getByRole('combobox', { name: 'Set on' }), { target: { value: 'customer-2' } });
    press('Slow');

    await screen.findByText('customer-2: Every response takes 2 s.');
    expect(requests).toMatchObject([{ method: 'PUT', path: '/faults?replica=customer-2' }]);
  });

  it('set faults on all replicas again when the chosen one has gone', async () => {
    const requests = stubServer(success);
    const [one, two, three] = [customer('customer-1'), customer('customer-2'), customer('customer-3')];
    const { rerender } = render(<FaultControls customers={[one, two]} token="t" />);
    fireEvent.change(screen.getByRole('combobox', { name: 'Set on' }), { target: { value: 'customer-2' } });

    rerender(<FaultControls customers={[one, three]} token="t" />);
    press('Slow');

    await screen.findByText('Every response takes 2 s.');
    expect(requests).toMatchObject([{ method: 'PUT', path: '/faults' }]);
  });

  it('show no button as chosen', () => {
    render(<FaultControls customers={[]} token="t" />);

    const buttons = screen.getAllByRole('button').map(({ className }) => className);
    expect(buttons.filter((name) => name.includes('primary'))).toEqual([]);
  });

  it('clear all faults, and show the result', async () => {
    const requests = stubServer(success);
    render(<FaultControls customers={[]} token="t" />);

    press('Clear faults');

    await screen.findByText('Customer has no faults.');
    expect(requests).toMatchObject([{ method: 'DELETE', path: '/faults' }]);
  });

  it('set any latency and keep the other faults', async () => {
    const requests = stubServer(success);
    render(<FaultControls customers={[]} token="t" />);

    fireEvent.change(screen.getByRole('slider'), { target: { value: '1500' } });

    await screen.findByText('Every response takes 1.5 s.');
    expect(requests).toMatchObject([{ method: 'PATCH', path: '/faults', body: { latency: '1500ms' } }]);
  });

  it.each([
    ['that a token is missing', '', unauthorized, 'A token is required. Enter it first.'],
    ['that a token is wrong', 'x', unauthorized, 'The token is wrong.'],
    [
      'that no token is configured',
      'x',
      () => Response.json({ replicas: [] }, { status: 404 }),
      'This is disabled: the services have no token configured.',
    ],
    [
      'which replica failed',
      'x',
      () => Response.json({ replicas: [{ replica: 'customer-2', status: 0 }] }, { status: 502 }),
      'customer-2 is unreachable',
    ],
    [
      'that the server does not respond',
      'x',
      () => {
        throw new TypeError('fetch failed');
      },
      'The console does not respond.',
    ],
  ])('show %s', async (_what, token, respond, text) => {
    stubServer(respond);
    render(<FaultControls customers={[]} token={token} />);

    press('Hang');

    expect((await screen.findByText(text)).className).toContain('result-bad');
  });
});
