// @vitest-environment happy-dom
import { cleanup, render, screen, within } from '@testing-library/preact';
import { afterEach, describe, expect, it } from 'vitest';
import type { Second } from '../protocol/messages.ts';
import { Charts, pathOf, topOf } from './charts.tsx';
import { spanMs } from './time-axis.ts';

afterEach(cleanup);

const now = 1_000_000;
const secondOf = (at: number, accounts: number | null): Second => ({
  at,
  traffic: null,
  pending: accounts === null ? null : { accounts, oldestSeconds: 1 },
  faults: [],
});
const share = ({ pending }: Second): number => (pending?.accounts ?? NaN) / 10;

describe('a line of a chart', () => {
  it('leads from the start of the axis to its end', () => {
    expect(pathOf([secondOf(now - 4_000, 0), secondOf(now, 10)], now, share)).toBe('M977.8,100L1000,0');
  });

  it('is interrupted where nothing was measured', () => {
    expect(pathOf([secondOf(now - 90_000, 5), secondOf(now, 5)], now, share)).toBe('M500,50M1000,50');
  });

  it('leaves out seconds without a value, and those before the axis', () => {
    const seconds = [secondOf(now - spanMs - 1, 5), secondOf(now - 1_000, null), secondOf(now, 5)];

    expect(pathOf(seconds, now, share)).toBe('M1000,50');
  });
});

describe('the axis of a chart', () => {
  it.each([
    [1, 1],
    [1.1, 2],
    [4, 5],
    [60, 100],
    [2_001, 3_000],
  ])('of values up to %d ends at %d', (value, top) => {
    expect(topOf(value)).toBe(top);
  });
});

describe('the charts', () => {
  it('show the values of the chosen second, or dashes', () => {
    const { rerender } = render(<Charts seconds={[]} now={now} second={secondOf(now, 7)} />);
    const chart = screen.getByRole('figure', { name: /^Pending verifications/ });
    expect(within(chart).getByRole('listitem').textContent).toBe('accounts 7');

    rerender(<Charts seconds={[]} now={now} second={undefined} />);
    expect(within(chart).getByRole('listitem').textContent).toBe('accounts –');
  });
});
