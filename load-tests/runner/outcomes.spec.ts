import { describe, expect, it } from 'vitest';
import { countOutcomes, isFresh, isGood, isServerError, outcomeOf } from './outcomes.ts';
import { answered } from './testing/sample-run.ts';

describe('an outcome', () => {
  it.each([
    [{}, '201', true, true, false],
    [{ verifiedBy: 'LAST_GOOD' }, '201 last good', true, false, false],
    [{ status: 202 }, '202', true, false, false],
    [{ status: 422, customerId: 'x-1' }, '422', true, true, false],
    [{ status: 503 }, '503', false, false, true],
    [{ status: 500 }, 'error', false, false, true],
    [{ status: 429 }, 'error', false, false, false],
    [{ status: 0 }, 'error', false, false, false],
  ] as const)('of %j is %s', (change, outcome, good, fresh, serverError) => {
    const request = answered(0, change);

    expect(outcomeOf(request)).toBe(outcome);
    expect([isGood(request), isFresh(request), isServerError(request)]).toEqual([good, fresh, serverError]);
  });

  it('is no good one where a customer who exists is turned away', () => {
    expect(isGood(answered(0, { status: 422, customerId: 'c-1001' }))).toBe(false);
  });

  it('is counted', () => {
    const counts = countOutcomes([answered(0), answered(1), answered(2, { status: 0 })]);

    expect(counts).toEqual({ '201': 2, '201 last good': 0, '202': 0, '422': 0, '503': 0, error: 1 });
  });
});
