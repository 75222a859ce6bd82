import { outcomeOf } from '@breakwater/system-runner/ledger';
import { describe, expect, it } from 'vitest';
import {
  countOutcomes,
  isServerError,
  isSettled,
  isVerifiedNow,
  timeToProtect,
  timeToRecover,
  timeToVerify,
} from './responses.ts';
import { requestAt, requestsBetween } from './testing/sample-run.ts';

describe('the outcome', () => {
  it.each([
    [{}, 'verified now', true, true, false],
    [{ verifiedBy: 'LAST_GOOD' }, 'last good value', true, false, false],
    [{ status: 202 }, 'accepted for later', true, false, false],
    [{ status: 422, customerId: 'x-1' }, 'verified now', true, true, false],
    // An existing customer.
    [{ status: 422, customerId: 'c-1001' }, 'failed', false, false, false],
    [{ status: 503 }, 'refused', false, false, true],
    [{ status: 429 }, 'refused', false, false, false],
    [{ status: 500 }, 'failed', false, false, true],
    [{ status: 0 }, 'failed', false, false, false],
  ] as const)('of %j is %s', (change, outcome, isDone, isVerified, isError) => {
    const request = requestAt(0, change);

    expect(outcomeOf(request)).toBe(outcome);
    expect([isSettled(request), isVerifiedNow(request), isServerError(request)]).toEqual([isDone, isVerified, isError]);
  });

  it('is counted, and outcomes of no request are 0', () => {
    const counts = countOutcomes([requestAt(0), requestAt(1), requestAt(2, { status: 0 })]);

    expect(counts).toEqual({
      'verified now': 2,
      'last good value': 0,
      'accepted for later': 0,
      refused: 0,
      failed: 1,
    });
  });
});

const span = { fromMs: 10_000, toMs: 30_000 };
const slow = { durationMs: 2_000 };
const lastGood = { verifiedBy: 'LAST_GOOD' };

describe('timeToProtect', () => {
  it('ends when responses of any success are fast', () => {
    const requests = [...requestsBetween(10_000, 12_000, slow), ...requestsBetween(12_000, 30_000, lastGood)];

    expect(timeToProtect(requests, span)).toBe(2_000);
  });

  it('is 0 when all responses of the phase were fast', () => {
    expect(timeToProtect(requestsBetween(0, 30_000), span)).toBe(0);
  });

  it('continues after a relapse', () => {
    const requests = [
      ...requestsBetween(10_000, 12_000, slow),
      ...requestsBetween(12_000, 14_000),
      ...requestsBetween(14_000, 16_000, slow),
      ...requestsBetween(16_000, 30_000),
    ];

    expect(timeToProtect(requests, span)).toBe(6_000);
  });

  it('ignores single slow trial calls', () => {
    const requests = requestsBetween(10_000, 30_000).map((request) =>
      request.atMs % 2_000 === 0 ? { ...request, ...slow } : request,
    );

    expect(timeToProtect(requests, span)).toBe(0);
  });

  it('is undefined when responses stay slow', () => {
    expect(timeToProtect(requestsBetween(10_000, 30_000, slow), span)).toBeUndefined();
  });

  it('is undefined for fast errors', () => {
    expect(timeToProtect(requestsBetween(10_000, 30_000, { durationMs: 1, status: 503 }), span)).toBeUndefined();
  });

  it('is undefined without requests', () => {
    expect(timeToProtect([], span)).toBeUndefined();
  });
});

describe('timeToVerify', () => {
  it('ends when customer verifies requests again, also slowly', () => {
    const requests = [...requestsBetween(10_000, 20_000, lastGood), ...requestsBetween(20_000, 30_000, slow)];

    expect([timeToVerify(requests, span), timeToRecover(requests, span)]).toEqual([10_000, undefined]);
  });
});

describe('timeToRecover', () => {
  it('ends when customer verifies requests again', () => {
    const requests = [...requestsBetween(10_000, 20_000, lastGood), ...requestsBetween(20_000, 30_000)];

    expect(timeToRecover(requests, span)).toBe(10_000);
  });

  it('is undefined when customer is never called again', () => {
    expect(timeToRecover(requestsBetween(10_000, 30_000, lastGood), span)).toBeUndefined();
    expect(timeToRecover(requestsBetween(10_000, 30_000, { status: 202 }), span)).toBeUndefined();
  });

  it('is undefined when the recovery is too late to be confirmed', () => {
    const requests = [...requestsBetween(10_000, 28_000, slow), ...requestsBetween(28_000, 30_000)];

    expect(timeToRecover(requests, span)).toBeUndefined();
  });
});
