import { describe, expect, it } from 'vitest';
import { parseRequests } from './k6-run.ts';

describe('parseRequests', () => {
  it('sorts requests by time since the start of the load', () => {
    const lines = [
      '{"key":"k-2","customerId":"c-1002","beganAt":1500,"durationMs":5000,"status":0}',
      '{"key":"k-1","customerId":"c-1001","beganAt":1100,"durationMs":12,"status":201,"account":{"id":"a-1","verifiedBy":"CUSTOMER"}}',
      '{"key":"k-3","customerId":"x-1","beganAt":1600,"durationMs":8,"status":202,"account":{"id":"a-3","verifiedBy":null}}',
      'level=warning msg="something else"',
      '',
    ];

    expect(parseRequests(lines.join('\n'), 1_000)).toEqual([
      {
        key: 'k-1',
        customerId: 'c-1001',
        atMs: 100,
        durationMs: 12,
        status: 201,
        accountId: 'a-1',
        verifiedBy: 'CUSTOMER',
      },
      { key: 'k-2', customerId: 'c-1002', atMs: 500, durationMs: 5_000, status: 0 },
      { key: 'k-3', customerId: 'x-1', atMs: 600, durationMs: 8, status: 202, accountId: 'a-3' },
    ]);
  });
});
