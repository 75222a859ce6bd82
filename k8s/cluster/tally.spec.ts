import { describe, expect, it } from 'vitest';
import type { SentRequest } from './in-pod/open-accounts.ts';
import { faultOf, isOrderlyRefusal, secondsOf, tallyOf } from './tally.ts';

const sent = (change: Partial<SentRequest>): SentRequest => ({
  key: 'k',
  customerId: 'c-1001',
  at: 1_000,
  durationMs: 5,
  status: 201,
  connection: 'kept',
  ...change,
});
const lost = sent({ status: 0, reason: 'ECONNRESET', connection: 'new' });

describe('tallyOf', () => {
  it('counts requests without a success, by reason', () => {
    const tally = tallyOf([
      sent({ verifiedBy: 'CUSTOMER' }),
      sent({ verifiedBy: 'LAST_GOOD' }),
      sent({ status: 202 }),
      sent({ status: 422, customerId: 'x-1' }),
      sent({ status: 502, reason: 'bad-gateway', durationMs: 30 }),
      lost,
      lost,
    ]);

    expect(tally).toMatchObject({ requests: 7, lost: 3, p50Ms: 5, p99Ms: 30 });
    expect(tally.outcomes).toMatchObject({ 'verified now': 2, 'last good value': 1, 'accepted for later': 1 });
    expect(faultOf(tally)).toBe(
      '3 of 7 requests were lost: 502 bad-gateway (kept connection): 1, 0 ECONNRESET (new connection): 2',
    );
  });

  it('finds no fault without lost requests', () => {
    expect(faultOf(tallyOf([sent({})]))).toBeUndefined();
  });
});

describe('an orderly refusal', () => {
  it('is a 503 that says when to try again', () => {
    expect(isOrderlyRefusal(sent({ status: 503, hasRetryAfter: true }))).toBe(true);
    expect(isOrderlyRefusal(sent({ status: 503, hasRetryAfter: false }))).toBe(false);
    expect(isOrderlyRefusal(sent({ status: 502, hasRetryAfter: true }))).toBe(false);
    expect(isOrderlyRefusal(lost)).toBe(false);
  });
});

describe('secondsOf', () => {
  it('groups requests by the second in which they were sent, in order', () => {
    const requests = [
      sent({ at: 3_100 }),
      sent({ at: 1_500, status: 202 }),
      sent({ at: 1_999 }),
      { ...lost, at: 3_000 },
    ];

    expect(secondsOf(requests, 1_000)).toEqual([
      { at: 0, successes: 2, unverified: 1, lost: 0 },
      { at: 2, successes: 1, unverified: 0, lost: 1 },
    ]);
  });
});
