import { describe, expect, it } from 'vitest';
import { allOpenedAt, stateBands } from './breaker-history.ts';
import { breakersAt } from './testing/sample-run.ts';

const span = { fromMs: 1_000, toMs: 9_000 };

describe('the moment at which all circuit breakers had opened', () => {
  it('is when the last of them did for the first time', () => {
    const samples = [
      breakersAt(1_000, 'CLOSED', 'CLOSED'),
      breakersAt(2_000, 'OPEN', 'CLOSED'),
      breakersAt(3_000, 'HALF_OPEN', 'OPEN'),
      breakersAt(4_000, 'OPEN', 'OPEN'),
    ];

    expect(allOpenedAt(samples, span)).toBe(3_000);
  });

  it('is undefined where one of them never did, or nobody looked', () => {
    expect(allOpenedAt([breakersAt(2_000, 'OPEN', 'CLOSED')], span)).toBeUndefined();
    expect(allOpenedAt([], span)).toBeUndefined();
  });

  it('does not count what was before the fault, or after it', () => {
    expect(allOpenedAt([breakersAt(500, 'OPEN', 'OPEN'), breakersAt(9_500, 'OPEN', 'OPEN')], span)).toBeUndefined();
  });

  it('does not wait for a replica that is gone', () => {
    expect(allOpenedAt([breakersAt(2_000, 'OPEN', 'GONE')], span)).toBe(2_000);
  });
});

describe('bands of states', () => {
  it('join samples of the same state, and last until the next', () => {
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
