import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

const known = ['failureRateThreshold', 'slowCallRateThreshold', 'slidingWindowSize'];

describe('nearestName', () => {
  it.each([
    ['failureRateTreshold', 'failureRateThreshold'],
    ['failurerate_threshold', 'failureRateThreshold'],
    ['slidingWindowSzie', 'slidingWindowSize'],
    ['slowCallThreshold', 'slowCallRateThreshold'],
  ])('takes %s for %s', (mistyped, meant) => {
    expect(nearestName(mistyped, known)).toBe(meant);
  });

  it('suggests nothing when nothing is near', () => {
    expect(nearestName('waitDuration', known)).toBeUndefined();
    expect(nearestName('x', known)).toBeUndefined();
  });
});
