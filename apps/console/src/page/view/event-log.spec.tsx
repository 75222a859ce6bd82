// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog } from './event-log.tsx';

afterEach(cleanup);

const event = (type: string, replica: string, detail = '') => ({
  at: 0,
  replica,
  pattern: 'circuitBreaker',
  name: 'customer',
  type,
  detail,
});
const transition = event('STATE_TRANSITION', 'account-1', 'CLOSED → OPEN');
const error = event('ERROR', 'account-2', '12 ms');

const rows = () => [...document.querySelectorAll('tbody tr')].map(({ textContent }) => textContent);
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

describe('the event log', () => {
  it('begins with transitions, and shows what is asked for', () => {
    render(<EventLog events={[transition, error]} omitted={0} />);
    expect(rows()).toEqual([expect.stringContaining('state transition')]);

    press('Failures');
    expect(rows()).toEqual([expect.stringContaining('account-2error')]);
    press('All');
    expect(rows()).toHaveLength(2);
    fireEvent.change(screen.getByRole('combobox', { name: 'Replica' }), { target: { value: 'account-1' } });
    expect(rows()).toEqual([expect.stringContaining('CLOSED → OPEN')]);
  });

  it('holds still while it is paused', () => {
    const { rerender } = render(<EventLog events={[transition]} omitted={0} />);

    press('Pause');
    rerender(<EventLog events={[transition, transition]} omitted={0} />);
    expect(rows()).toHaveLength(1);
    press('Pause');
    expect(rows()).toHaveLength(2);
  });

  it('says when there is nothing, and what was left out', () => {
    render(<EventLog events={[]} omitted={12} />);

    expect(screen.getByText('Nothing of this kind has happened yet.')).toBeDefined();
    expect(screen.getByText(/^12 events .* were left out/)).toBeDefined();
  });
});
