import { describe, expect, it } from 'vitest';
import { AimdLimit } from './aimd-limit.ts';

const setUp = (options: { initialLimit?: number; minLimit?: number; maxLimit?: number } = {}) =>
  new AimdLimit({ initialLimit: 10, minLimit: 1, maxLimit: 200, backoffRatio: 0.9, timeout: 5_000, ...options });

const good = (inFlight: number) => ({ rttMs: 10, inFlight, didDrop: false });
const drop = (inFlight: number) => ({ rttMs: 10, inFlight, didDrop: true });

describe('AIMD', () => {
  it('rises by one after as many good calls as the limit allows', () => {
    const limit = setUp();

    for (let call = 1; call < 10; call++) expect(limit.onSample(good(10))).toBe(10);

    expect(limit.onSample(good(10))).toBe(11);
  });

  it('does not rise while less than half of it is used', () => {
    const limit = setUp();

    for (let call = 0; call < 100; call++) limit.onSample(good(4));
    expect(limit.limit).toBe(10);
    for (let call = 0; call < 10; call++) limit.onSample(good(5));

    expect(limit.limit).toBe(11);
  });

  it('falls by its share when a call is dropped, and by one at least', () => {
    expect(setUp({ initialLimit: 100 }).onSample(drop(100))).toBe(90);
    expect(setUp({ initialLimit: 5 }).onSample(drop(5))).toBe(4);
  });

  it('takes a call that is slower than the timeout for a drop, and one that is just as slow for a good one', () => {
    expect(setUp().onSample({ rttMs: 5_000, inFlight: 10, didDrop: false })).toBe(10);
    expect(setUp().onSample({ rttMs: 5_001, inFlight: 10, didDrop: false })).toBe(9);
  });

  it('falls once for all calls that were under way at the first drop', () => {
    const limit = setUp({ initialLimit: 100 });

    for (let call = 0; call < 100; call++) limit.onSample(drop(100));
    expect(limit.limit).toBe(90);

    expect(limit.onSample(drop(90))).toBe(81);
  });

  it('stays within its bounds', () => {
    const low = setUp({ initialLimit: 4, minLimit: 4 });
    const high = setUp({ initialLimit: 4, maxLimit: 4 });

    low.onSample(drop(1));
    for (let call = 0; call < 20; call++) high.onSample(good(4));

    expect(low.limit).toBe(4);
    expect(high.limit).toBe(4);
  });
});
