import { describe, expect, it } from 'vitest';
import { timeToProtect, timeToRecover } from './reaction.ts';
import { requestsBetween } from './testing/sample-run.ts';

const span = { fromMs: 10_000, toMs: 30_000 };
const slow = { durationMs: 2_000 };
const lastGood = { verifiedBy: 'LAST_GOOD' };

describe('the time to protect', () => {
  it('is from the begin of the fault until answers are fast, whatever they say', () => {
    const requests = [...requestsBetween(10_000, 12_000, slow), ...requestsBetween(12_000, 30_000, lastGood)];

    expect(timeToProtect(requests, span)).toBe(2_000);
  });

  it('is nothing where answers never were slow', () => {
    expect(timeToProtect(requestsBetween(0, 30_000), span)).toBe(0);
  });

  it('is counted anew after a relapse: a second or two are no protection', () => {
    const requests = [
      ...requestsBetween(10_000, 12_000, slow),
      ...requestsBetween(12_000, 14_000),
      ...requestsBetween(14_000, 16_000, slow),
      ...requestsBetween(16_000, 30_000),
    ];

    expect(timeToProtect(requests, span)).toBe(6_000);
  });

  it('is not prolonged by a trial call now and then', () => {
    const requests = requestsBetween(10_000, 30_000).map((request) =>
      request.atMs % 2_000 === 0 ? { ...request, ...slow } : request,
    );

    expect(timeToProtect(requests, span)).toBe(0);
  });

  it('is undefined where answers stayed slow', () => {
    expect(timeToProtect(requestsBetween(10_000, 30_000, slow), span)).toBeUndefined();
  });

  it('is undefined where errors came fast', () => {
    expect(timeToProtect(requestsBetween(10_000, 30_000, { durationMs: 1, status: 503 }), span)).toBeUndefined();
  });

  it('is undefined where nobody asked: silence is not speed', () => {
    expect(timeToProtect([], span)).toBeUndefined();
  });
});

describe('the time to recover', () => {
  it('is from the end of the fault until customer is asked again', () => {
    const requests = [...requestsBetween(10_000, 20_000, lastGood), ...requestsBetween(20_000, 30_000)];

    expect(timeToRecover(requests, span)).toBe(10_000);
  });

  it('is undefined where accounts are opened fast, and never by asking customer', () => {
    expect(timeToRecover(requestsBetween(10_000, 30_000, lastGood), span)).toBeUndefined();
    expect(timeToRecover(requestsBetween(10_000, 30_000, { status: 202 }), span)).toBeUndefined();
  });

  it('is undefined where it came too late to be sure of', () => {
    const requests = [...requestsBetween(10_000, 28_000, slow), ...requestsBetween(28_000, 30_000)];

    expect(timeToRecover(requests, span)).toBeUndefined();
  });
});
