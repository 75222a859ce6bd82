import { describe, expect, it } from 'vitest';
import { requestedMiB, summaryOf } from './memory.ts';

describe('the memory of a service', () => {
  it('grows by the last third over the second', () => {
    expect(summaryOf([100, 200, 200, 200, 220, 220])).toEqual({ firstMiB: 100, maxMiB: 220, growth: 1.1 });
  });

  it('is compared with the request of its deployment', () => {
    for (const app of ['account', 'customer', 'console']) expect(requestedMiB(app)).toBeGreaterThanOrEqual(64);
  });
});
