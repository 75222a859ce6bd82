import { describe, expect, it } from 'vitest';
import type { Second } from '../protocol/messages.ts';
import { faultBands, fractionOf, placed, secondAt, spanMs, stateAt } from './time-axis.ts';

const secondOf = (at: number, ...faults: string[]): Second => ({ at, traffic: null, pending: null, faults });

describe('bands of faults', () => {
  it('last while the same faults are active, until they are seen no more', () => {
    const seconds = [
      secondOf(0),
      secondOf(1_000, 'errors'),
      secondOf(2_000, 'errors'),
      secondOf(3_000),
      secondOf(4_000),
    ];

    expect(faultBands(seconds)).toEqual([{ from: 1_000, to: 3_000, label: 'errors' }]);
  });

  it('follow one another when the faults change', () => {
    const seconds = [secondOf(0, 'errors'), secondOf(1_000, 'errors', 'hang'), secondOf(2_000, 'hang')];

    expect(faultBands(seconds)).toEqual([
      { from: 0, to: 1_000, label: 'errors' },
      { from: 1_000, to: 2_000, label: 'errors, hang' },
      { from: 2_000, to: 2_000, label: 'hang' },
    ]);
  });

  it('end where nothing was measured', () => {
    const seconds = [secondOf(0, 'errors'), secondOf(1_000, 'errors'), secondOf(60_000, 'errors')];

    expect(faultBands(seconds)).toEqual([
      { from: 0, to: 1_000, label: 'errors' },
      { from: 60_000, to: 60_000, label: 'errors' },
    ]);
  });
});

describe('the axis', () => {
  it('shows the last three minutes up to now', () => {
    expect(fractionOf(1_000_000, 1_000_000)).toBe(1);
    expect(fractionOf(1_000_000 - spanMs, 1_000_000)).toBe(0);
  });

  it('cuts a period off at both ends', () => {
    expect(placed({ from: 0, to: undefined }, 1_000_000)).toEqual({ left: '0%', width: '100%' });
    expect(placed({ from: 1_000_000 - spanMs / 2, to: 1_000_000 - spanMs / 4 }, 1_000_000)).toEqual({
      left: '50%',
      width: '25%',
    });
  });
});

describe('the moment of the cursor', () => {
  it('has the last measurements before it, unless they are too old', () => {
    const seconds = [secondOf(0), secondOf(1_000, 'hang')];

    expect(secondAt(seconds, 1_900)?.faults).toEqual(['hang']);
    expect(secondAt(seconds, 900)?.faults).toEqual([]);
    expect(secondAt(seconds, 9_000)).toBeUndefined();
    expect(secondAt(seconds, -1)).toBeUndefined();
  });

  it('has the state of the period that contains it', () => {
    const periods = [
      { state: 'CLOSED' as const, from: 0, to: 10 },
      { state: 'OPEN' as const, from: 10, to: undefined },
    ];

    expect([-1, 0, 9, 10, 99].map((at) => stateAt(periods, at))).toEqual([
      undefined,
      'CLOSED',
      'CLOSED',
      'OPEN',
      'OPEN',
    ]);
  });
});
