import { describe, expect, it } from 'vitest';
import { stateBands } from '../report/plot-data.ts';
import { allOpenedAt } from './measures.ts';
import { breakersAt } from './testing/sample-run.ts';

const span = { fromMs: 1_000, toMs: 9_000 };

describe('allOpenedAt', () => {
  it('returns when the last breaker opened for the first time', () => {
    const samples = [
      breakersAt(1_000, 'CLOSED', 'CLOSED'),
      breakersAt(2_000, 'OPEN', 'CLOSED'),
      breakersAt(3_000, 'HALF_OPEN', 'OPEN'),
      breakersAt(4_000, 'OPEN', 'OPEN'),
    ];

    expect(allOpenedAt(samples, span)).toBe(3_000);
  });

  it('returns undefined when one never opened, or without samples', () => {
    expect(allOpenedAt([breakersAt(2_000, 'OPEN', 'CLOSED')], span)).toBeUndefined();
    expect(allOpenedAt([], span)).toBeUndefined();
  });

  it('ignores samples before and after the fault', () => {
    expect(allOpenedAt([breakersAt(500, 'OPEN', 'OPEN'), breakersAt(9_500, 'OPEN', 'OPEN')], span)).toBeUndefined();
  });

  it('ignores a replica that is gone', () => {
    expect(allOpenedAt([breakersAt(2_000, 'OPEN', 'GONE')], span)).toBe(2_000);
  });
});

describe('stateBands', () => {
  it('joins samples with the same state', () => {
    const samples = [
      breakersAt(0, 'CLOSED', 'CLOSED'),
      breakersAt(250, 'CLOSED', 'OPEN'),
      breakersAt(500, 'OPEN', 'OPEN'),
    ];

    expect(stateBands(samples, 1_000)).toEqual([
      { replica: 'account-1', state: 'CLOSED', fromMs: 0, toMs: 500 },
      { replica: 'account-1', state: 'OPEN', fromMs: 500, toMs: 1_000 },
      { replica: 'account-2', state: 'CLOSED', fromMs: 0, toMs: 250 },
      { replica: 'account-2', state: 'OPEN', fromMs: 250, toMs: 1_000 },
    ]);
  });
});
