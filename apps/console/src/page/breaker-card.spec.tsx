// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Breaker } from '../protocol/messages.ts';
import { BreakerCard } from './breaker-card.tsx';
import { cellsOf, columnsOf } from './call-window.tsx';
import { breakerWith } from './testing.ts';

afterEach(cleanup);

function show(
  changes: Partial<Breaker> = {},
  { problem = null, state }: Partial<Parameters<typeof BreakerCard>[0]> = {},
) {
  const onUpdate = vi.fn<(updateState: string) => void>();
  const breaker = breakerWith(changes);
  const { container } = render(
    <BreakerCard
      replica="account-1"
      problem={problem}
      name="customer"
      state={state ?? breaker.state}
      breaker={breaker}
      onUpdate={onUpdate}
    />,
  );
  const buttons = screen.getAllByRole('button').map(({ textContent }) => textContent);
  return { card: screen.getByRole('article'), container, buttons, onUpdate };
}

describe('the card of a circuit breaker', () => {
  it('shows the state, each call of the window, and the rates with their thresholds', () => {
    const { card, container } = show();

    expect(card.getAttribute('aria-label')).toBe('customer on account-1');
    expect(card.textContent).toContain('Closed');
    expect(card.textContent).toContain('20 % opens at 50 %');
    expect(card.textContent).toContain('0 % opens at 80 %');
    expect(card.textContent).toContain('7 rejected · slow from 1.0 s · 3 trial calls');
    expect(
      [...container.querySelectorAll('.cell')].map(({ className }) => className.replace('cell cell-', '')),
    ).toEqual(['SUCCESS', 'SUCCESS', 'ERROR', 'SUCCESS', 'SUCCESS', ...Array.from({ length: 5 }, () => 'EMPTY')]);
    expect(screen.getByRole('img', { name: '5 calls of 10: 1 failed, 0 slow' })).toBeDefined();
  });

  it('shows a column for each second of a time-based window', () => {
    const seconds = [{ epochSecond: 9, calls: 4, failedCalls: 1, slowCalls: 0, slowFailedCalls: 0 }];
    const { container } = show({ window: { type: 'TIME_BASED', size: 10, epochSecond: 10, seconds } });

    const columns = [...container.querySelectorAll('.column')];
    expect(columns).toHaveLength(10);
    const heights = columns.map((column) => column.querySelector<HTMLElement>('.cell-ERROR')?.style.height);
    expect(heights.slice(8)).toEqual(['25%', '0%']);
  });

  it('explains why an engine has no window', () => {
    expect(show({ window: null }).card.textContent).toContain('This engine does not record single calls.');
  });

  it.each([
    ['how long OPEN lasts', { state: 'OPEN', remainingMs: 4_200 }, 'calls are rejected; trial calls in 4.2 s'],
    ['that OPEN ends with the next call', { state: 'OPEN', remainingMs: 0 }, 'the next call is a trial call'],
    [
      'how many trial calls have ended',
      { state: 'HALF_OPEN', admissionPercentage: 0 },
      '5 of 3 trial calls have ended',
    ],
    [
      'the progress of a ramp-up',
      { state: 'HALF_OPEN', admissionPercentage: 40 },
      'ramp-up: 40 % of calls are permitted',
    ],
    [
      'that an operator has to end FORCED_OPEN',
      { state: 'FORCED_OPEN' },
      'calls are rejected until an operator changes the state',
    ],
    ['that DISABLED does not record', { state: 'DISABLED' }, 'calls are permitted and not recorded'],
    ['that METRICS_ONLY only records', { state: 'METRICS_ONLY' }, 'calls are permitted and only recorded'],
  ] as const)('shows %s', (_what, changes, text) => {
    expect(show(changes).card.textContent).toContain(text);
  });

  it('shows a transition before the poll that follows it, without details of the state before', () => {
    const { card } = show({ state: 'OPEN', remainingMs: 0 }, { state: 'HALF_OPEN' });

    expect(card.getAttribute('data-state')).toBe('HALF_OPEN');
    expect(card.querySelector('.meaning')?.textContent).toBe('trial calls are permitted');
  });

  it('shows the ramp-up as progress', () => {
    show({ state: 'HALF_OPEN', admissionPercentage: 40 });

    expect(screen.getByRole('progressbar', { name: 'Share of permitted calls' }).getAttribute('value')).toBe('40');
  });

  it('shows no rate while there are too few calls', () => {
    const metrics = { ...breakerWith().metrics, failureRate: -1, slowCallRate: -1 };

    expect(show({ metrics }).card.textContent).toContain('– opens at 50 %');
  });

  it('marks the last known values of an unreachable replica', () => {
    const { card } = show({}, { problem: 'ECONNREFUSED' });

    expect(card.className).toContain('is-stale');
    expect(card.textContent).toContain('Unreachable: ECONNREFUSED');
  });

  it.each([
    ['CLOSED', ['Force open', 'Disable']],
    ['OPEN', ['Close', 'Force open', 'Disable']],
    ['FORCED_OPEN', ['Close', 'Disable']],
    ['DISABLED', ['Close', 'Force open']],
  ] as const)('offers the other states to a circuit breaker in %s', (state, buttons) => {
    expect(show({ state }).buttons).toEqual(buttons);
  });

  it('requests the state of the pressed button', () => {
    const { onUpdate } = show({ state: 'OPEN' });

    for (const name of ['Close', 'Force open', 'Disable']) fireEvent.click(screen.getByRole('button', { name }));

    expect(onUpdate.mock.calls).toEqual([['CLOSE'], ['FORCE_OPEN'], ['DISABLE']]);
  });
});

describe('the picture of a window', () => {
  it('has a cell for each call, oldest first, and free places last', () => {
    expect(cellsOf({ size: 4, outcomes: ['ERROR', 'SLOW_SUCCESS'] })).toEqual([
      'ERROR',
      'SLOW_SUCCESS',
      'EMPTY',
      'EMPTY',
    ]);
  });

  it('has a column for each second, including seconds without calls', () => {
    const seconds = [
      { epochSecond: 8, calls: 4, failedCalls: 1, slowCalls: 2, slowFailedCalls: 1 },
      { epochSecond: 10, calls: 2, failedCalls: 0, slowCalls: 0, slowFailedCalls: 0 },
    ];

    expect(columnsOf({ size: 3, epochSecond: 10, seconds })).toEqual([
      { calls: 4, good: 0.5, slow: 0.25, failed: 0.25 },
      { calls: 0, good: 0, slow: 0, failed: 0 },
      { calls: 2, good: 0.5, slow: 0, failed: 0 },
    ]);
  });
});
