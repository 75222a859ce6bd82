// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { breakerWith, replicaWith } from '../testing/samples.ts';
import { done, refused, serverThat } from '../testing/server.ts';
import { BreakerGroup } from './breaker-group.tsx';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const finding = (instance: string, code: string) => ({ instance, code, severity: 'warning' as const, message: 'why' });
const breakers = { customer: breakerWith() };
const accounts = [
  replicaWith({ name: 'account-1', breakers, findings: [finding('customer', 'a'), finding('other', 'b')] }),
  replicaWith({ name: 'account-2', breakers, findings: [finding('customer', 'a')] }),
  replicaWith({ name: 'account-3', breakers: {} }),
];

const show = (token = 't') => render(<BreakerGroup name="customer" accounts={accounts} token={token} />);

describe('a circuit breaker on all replicas', () => {
  it('has a card for each replica that has it', () => {
    show();

    expect(screen.getAllByRole('article').map((card) => card.getAttribute('aria-label'))).toEqual([
      'customer on account-1',
      'customer on account-2',
    ]);
  });

  it("has the doctor's findings about itself, and each of them once", () => {
    show();

    const findings = within(screen.getByRole('list', { name: 'What the doctor says' })).getAllByRole('listitem');
    expect(findings.map(({ textContent }) => textContent)).toEqual(['Doctor a why']);
  });

  it('is forced on one replica by its card, and on all of them above', async () => {
    const asked = serverThat(done);
    show();

    fireEvent.click(
      within(screen.getByRole('article', { name: /account-2/ })).getByRole('button', { name: 'Disable' }),
    );
    await screen.findByText('Done.');
    const all = screen.getByRole('group', { name: 'All replicas of customer' });
    fireEvent.click(within(all).getByRole('button', { name: 'Force open' }));

    await vi.waitFor(() => expect(asked).toHaveLength(2));
    const request = { method: 'POST', path: '/breakers/customer', token: 'Bearer t' };
    expect(asked).toEqual([
      { ...request, body: { updateState: 'DISABLE', replicas: ['account-2'] } },
      { ...request, body: { updateState: 'FORCE_OPEN' } },
    ]);
  });

  it('says that it takes a token', async () => {
    const asked = serverThat(refused);
    show('');

    fireEvent.click(screen.getAllByRole('button', { name: 'Force open' })[0]!);

    await screen.findByText('This takes a token: enter it first.');
    expect(asked.map(({ token }) => token)).toEqual([undefined]);
  });
});
