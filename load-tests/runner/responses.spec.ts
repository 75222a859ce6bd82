import { describe, expect, it } from 'vitest';
import {
  countResponses,
  isFresh,
  isGood,
  isServerError,
  responseKindOf,
  timeToProtect,
  timeToRecover,
} from './responses.ts';
import { requestAt, requestsBetween } from './testing/sample-run.ts';

describe('a response', () => {
  it.each([
    [{}, '201', true, true, false],
    [{ verifiedBy: 'LAST_GOOD' }, '201 last good', true, false, false],
    [{ status: 202 }, '202', true, false, false],
    [{ status: 422, customerId: 'x-1' }, '422', true, true, false],
    [{ status: 503 }, '503', false, false, true],
    [{ status: 500 }, 'error', false, false, true],
    [{ status: 429 }, 'error', false, false, false],
    [{ status: 0 }, 'error', false, false, false],
  ] as const)('to %j is %s', (change, outcome, good, fresh, serverError) => {
    const request = requestAt(0, change);

    expect(responseKindOf(request)).toBe(outcome);
    expect([isGood(request), isFresh(request), isServerError(request)]).toEqual([good, fresh, serverError]);
  });

  it('is not good when an existing customer is refused', () => {
    expect(isGood(requestAt(0, { status: 422, customerId: 'c-1001' }))).toBe(false);
  });

  it('is counted under its kind, and kinds without responses are 0', () => {
    const counts = countResponses([requestAt(0), requestAt(1), requestAt(2, { status: 0 })]);

    expect(counts).toEqual({ '201': 2, '201 last good': 0, '202': 0, '422': 0, '503': 0, error: 1 });
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
