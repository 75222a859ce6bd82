// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { AccountReplica } from '../protocol/messages.ts';
import { BreakerGroup } from './breaker-group.tsx';
import type { PeriodsByReplica } from './console-state.ts';
import { breakerWith, replicaWith, stubServer, success, unauthorized } from './testing.ts';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const finding = (instance: string, code: string) => ({ instance, code, severity: 'warning' as const, message: 'why' });
const breakers = { customer: breakerWith() };
const accounts = [
  replicaWith({ name: 'account-1', breakers, findings: [finding('customer', 'a'), finding('other', 'b')] }),
  replicaWith({ name: 'account-2', breakers, hasEvents: false, findings: [finding('customer', 'a')] }),
  replicaWith({ name: 'account-3', breakers: {} }),
];

const show = (token = 't', periods: PeriodsByReplica = {}) =>
  render(<BreakerGroup name="customer" accounts={accounts} customers={[]} periods={periods} token={token} />);

describe('a circuit breaker on all replicas', () => {
  it('has a card for each replica that has it', () => {
    show();

    expect(screen.getAllByRole('article').map((card) => card.getAttribute('aria-label'))).toEqual([
      'customer on account-1',
      'customer on account-2',
    ]);
  });

  it('is in the state of the last event, or of the last poll where no events arrive', () => {
    const opened = [{ state: 'OPEN' as const, from: 0, to: undefined }];
    show('t', { 'account-1': opened, 'account-2': opened });

    expect(screen.getAllByRole('article').map((card) => card.getAttribute('data-state'))).toEqual(['OPEN', 'CLOSED']);
  });

  it.each<[string, AccountReplica, PeriodsByReplica]>([
    ['its replica is unreachable', replicaWith({ problem: 'ECONNREFUSED' }), {}],
    [
      'its replica is unreachable and was closed before',
      replicaWith({ problem: 'ECONNREFUSED' }),
      { 'account-1': [{ state: 'CLOSED', from: 0, to: undefined }] },
    ],
  ])('is in an unknown state while %s', (_, account, periods) => {
    render(<BreakerGroup name="customer" accounts={[account]} customers={[]} periods={periods} token="" />);

    const card = screen.getByRole('article');
    expect(card.getAttribute('data-state')).toBe('UNKNOWN');
    expect(card.className).not.toContain('state-CLOSED');
    expect(card.textContent).toContain('Unknown');
    expect(card.textContent).toContain('Unreachable: ECONNREFUSED. These are its last known calls.');
  });

  it('is in the state of the last read after a time in which the state was unknown', () => {
    const periods = { 'account-1': [{ state: 'OPEN' as const, from: 0, to: 5 }] };
    render(<BreakerGroup name="customer" accounts={[replicaWith()]} customers={[]} periods={periods} token="" />);

    expect(screen.getByRole('article').getAttribute('data-state')).toBe('CLOSED');
  });

  it("shows each of the doctor's findings about it once", () => {
    show();

    const findings = within(screen.getByRole('list', { name: 'Findings of the doctor' })).getAllByRole('listitem');
    expect(findings.map(({ textContent }) => textContent)).toEqual(['Doctor a why']);
  });

  it('is changed on one replica by its card, and on all of them above', async () => {
    const requests = stubServer(success);
    show();

    fireEvent.click(
      within(screen.getByRole('article', { name: /account-2/ })).getByRole('button', { name: 'Disable' }),
    );
    await screen.findByText('Done.');
    const all = screen.getByRole('group', { name: 'All replicas of customer' });
    fireEvent.click(within(all).getByRole('button', { name: 'Force open' }));

    await vi.waitFor(() => expect(requests).toHaveLength(2));
    const request = { method: 'POST', path: '/breakers/customer', token: 'Bearer t' };
    expect(requests).toEqual([
      { ...request, body: { updateState: 'DISABLE', replicas: ['account-2'] } },
      { ...request, body: { updateState: 'FORCE_OPEN' } },
    ]);
  });

  it('shows that a token is required', async () => {
    const requests = stubServer(unauthorized);
    show('');

    fireEvent.click(screen.getAllByRole('button', { name: 'Force open' })[0]!);

    await screen.findByText('A token is required. Enter it first.');
    expect(requests.map(({ token }) => token)).toEqual([undefined]);
  });
});
