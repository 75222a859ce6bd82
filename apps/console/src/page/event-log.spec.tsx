// @vitest-environment happy-dom
import type { StateName } from '@breakwater/resilience/actuator';
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog, filterEvents, toneOf } from './event-log.tsx';

afterEach(cleanup);

const event = (type: string, replica = 'account-1', detail = '') => ({
  at: 0,
  replica,
  policy: 'circuitBreaker',
  name: 'customer',
  type,
  detail,
});
const transition = event('STATE_TRANSITION', 'account-1', 'CLOSED → OPEN');
const error = event('ERROR', 'account-2', '12 ms');

const rows = () => [...document.querySelectorAll('tbody tr')].map(({ textContent }) => textContent);
const press = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

describe('the event log', () => {
  it('shows transitions first, and what is selected', () => {
    render(<EventLog events={[transition, error]} omitted={0} />);
    expect(rows()).toEqual([expect.stringContaining('state transition')]);

    press('Failures');
    expect(rows()).toEqual([expect.stringContaining('account-2error')]);
    press('All');
    expect(rows()).toHaveLength(2);
    fireEvent.change(screen.getByRole('combobox', { name: 'Replica' }), { target: { value: 'account-1' } });
    expect(rows()).toEqual([expect.stringContaining('CLOSED → OPEN')]);
  });

  it('does not change while it is paused', () => {
    const { rerender } = render(<EventLog events={[transition]} omitted={0} />);

    press('Pause');
    rerender(<EventLog events={[event('STATE_TRANSITION'), transition]} omitted={0} />);
    expect(rows()).toHaveLength(1);
    press('Pause');
    expect(rows()).toHaveLength(2);
  });

  it('keeps the row of an event when a newer one arrives', () => {
    const { rerender } = render(<EventLog events={[transition]} omitted={0} />);
    const row = document.querySelector('tbody tr');

    rerender(<EventLog events={[event('STATE_TRANSITION'), transition]} omitted={0} />);

    expect(document.querySelectorAll('tbody tr')[1]).toBe(row);
  });

  it('shows that there are no events, and how many were omitted', () => {
    render(<EventLog events={[]} omitted={12} />);

    expect(screen.getByText('No such event among the latest.')).toBeDefined();
    expect(screen.getByText(/^12 events .* were omitted/)).toBeDefined();
  });
});

describe('the filter of events', () => {
  const events = [event('STATE_TRANSITION'), event('ERROR', 'account-2'), event('NOT_PERMITTED'), event('SUCCESS')];
  const typesOf = (...filter: Parameters<typeof filterEvents>) => filterEvents(...filter).map(({ type }) => type);

  it('selects by type', () => {
    expect(typesOf(events, 'Transitions', '')).toEqual(['STATE_TRANSITION']);
    expect(typesOf(events, 'Failures', '')).toEqual(['ERROR']);
    expect(typesOf(events, 'Rejections', '')).toEqual(['NOT_PERMITTED']);
    expect(typesOf(events, 'All', '')).toHaveLength(4);
  });

  it('selects by replica', () => {
    expect(typesOf(events, 'All', 'account-2')).toEqual(['ERROR']);
  });
});

describe('the tone of a transition', () => {
  it.each([
    ['OPEN', 'HALF_OPEN', 'warn'],
    ['HALF_OPEN', 'CLOSED', 'good'],
    ['CLOSED', 'OPEN', 'bad'],
    ['HALF_OPEN', 'OPEN', 'bad'],
  ] as const)('from %s to %s is %s', (from: StateName, to: StateName, tone) => {
    expect(toneOf({ ...transition, transition: { from, to } })).toBe(tone);
  });
});
