import { describe, expect, it } from 'vitest';
import { endOf } from './request-end.ts';

describe('endOf', () => {
  it.each([
    { header: '1000', leavesMs: 995 },
    { header: '5', leavesMs: 0 },
    { header: '0', leavesMs: 0 },
  ])('leaves $leavesMs ms of $header ms, the way here and back taken off', ({ header, leavesMs }) => {
    const before = performance.now();
    const end = endOf({ headers: { 'x-request-timeout-ms': header } });
    const after = performance.now();

    expect(end).toBeGreaterThanOrEqual(before + leavesMs);
    expect(end).toBeLessThanOrEqual(after + leavesMs);
  });

  it.each([undefined, '', '-1', '1.5', '1s', '1e3', '12345678901', ['1', '2']])('knows no end from %j', (header) => {
    expect(endOf({ headers: { 'x-request-timeout-ms': header } })).toBeUndefined();
  });
});
