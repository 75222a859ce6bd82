// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Breaker } from '../../protocol/messages.ts';
import { breakerWith } from '../testing/samples.ts';
import { BreakerCard } from './breaker-card.tsx';

afterEach(cleanup);

function show(changes: Partial<Breaker> = {}, problem: string | null = null) {
  const onForce = vi.fn<(updateState: string) => void>();
  const { container } = render(
    <BreakerCard
      replica="account-1"
      problem={problem}
      name="customer"
      breaker={breakerWith(changes)}
      onForce={onForce}
    />,
  );
  const buttons = screen.getAllByRole('button').map(({ textContent }) => textContent);
  return { card: screen.getByRole('article'), container, buttons, onForce };
}

describe('the card of a circuit breaker', () => {
  it('has its state, its window call by call, its rates and their thresholds', () => {
    const { card, container } = show();

    expect(card.getAttribute('aria-label')).toBe('customer on account-1');
    expect(card.textContent).toContain('Closed');
    expect(card.textContent).toContain('20 % opens at 50 %');
    expect(card.textContent).toContain('0 % opens at 80 %');
    expect(card.textContent).toContain('7 refused · slow from 1.0 s · trial of 3');
    expect(
      [...container.querySelectorAll('.cell')].map(({ className }) => className.replace('cell cell-', '')),
    ).toEqual(['SUCCESS', 'SUCCESS', 'ERROR', 'SUCCESS', 'SUCCESS', ...Array.from({ length: 5 }, () => 'EMPTY')]);
    expect(screen.getByRole('img', { name: '5 calls of 10: 1 failed, 0 slow' })).toBeDefined();
  });

  it('has a column for each second of a window of seconds', () => {
    const seconds = [{ epochSecond: 9, calls: 4, failedCalls: 1, slowCalls: 0, slowFailedCalls: 0 }];
    const { container } = show({ window: { type: 'TIME_BASED', size: 10, epochSecond: 10, seconds } });

    const columns = [...container.querySelectorAll('.column')];
    expect(columns).toHaveLength(10);
    const heights = columns.map((column) => column.querySelector<HTMLElement>('.cell-ERROR')?.style.height);
    expect(heights.slice(8)).toEqual(['25%', '0%']);
  });

  it('says so where an engine does not tell single calls', () => {
    expect(show({ window: null }).card.textContent).toContain('This engine does not tell single calls.');
  });

  it.each([
    ['how long OPEN lasts', { state: 'OPEN', remainingMs: 4_200 }, 'calls are refused; on trial in 4.2 s'],
    ['that OPEN is over with the next call', { state: 'OPEN', remainingMs: 0 }, 'the next call is on trial'],
    [
      'how many calls on trial have ended',
      { state: 'HALF_OPEN', admissionPercentage: 0 },
      '5 of 3 calls on trial have ended',
    ],
    ['how far the way up has got', { state: 'HALF_OPEN', admissionPercentage: 40 }, 'ramping up: 40 % of calls pass'],
    ['that only a hand ends FORCED_OPEN', { state: 'FORCED_OPEN' }, 'calls are refused until told otherwise'],
    ['that DISABLED judges nobody', { state: 'DISABLED' }, 'calls pass and nobody judges them'],
    ['that METRICS_ONLY only counts', { state: 'METRICS_ONLY' }, 'calls pass and are only counted'],
  ] as const)('tells %s', (_what, changes, words) => {
    expect(show(changes).card.textContent).toContain(words);
  });

  it('shows the way up as progress', () => {
    show({ state: 'HALF_OPEN', admissionPercentage: 40 });

    expect(screen.getByRole('progressbar', { name: 'Share of calls that pass' }).getAttribute('value')).toBe('40');
  });

  it('has no rate while there are too few calls', () => {
    const metrics = { ...breakerWith().metrics, failureRate: -1, slowCallRate: -1 };

    expect(show({ metrics }).card.textContent).toContain('– opens at 50 %');
  });

  it('marks what is only the last that was known', () => {
    const { card } = show({}, 'ECONNREFUSED');

    expect(card.className).toContain('is-stale');
    expect(card.textContent).toContain('Not reached: ECONNREFUSED');
  });

  it.each([
    ['CLOSED', ['Force open', 'Disable']],
    ['OPEN', ['Close', 'Force open', 'Disable']],
    ['FORCED_OPEN', ['Close', 'Disable']],
    ['DISABLED', ['Close', 'Force open']],
  ] as const)('can be sent from %s to where it is not', (state, buttons) => {
    expect(show({ state }).buttons).toEqual(buttons);
  });

  it('asks for what its buttons say', () => {
    const { onForce } = show({ state: 'OPEN' });

    for (const name of ['Close', 'Force open', 'Disable']) fireEvent.click(screen.getByRole('button', { name }));

    expect(onForce.mock.calls).toEqual([['CLOSE'], ['FORCE_OPEN'], ['DISABLE']]);
  });
});
