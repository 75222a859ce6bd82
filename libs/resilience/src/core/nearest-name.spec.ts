import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest-name.ts';

describe('nearestName', () => {
  const known = ['failureRateThreshold', 'slowCallRateThreshold', 'slidingWindowSize'];

  it.each([
    ['failureRateTreshold', 'failureRateThreshold'],
    ['failurerate_threshold', 'failureRateThreshold'],
    ['slidingWindowSzie', 'slidingWindowSize'],
    ['slowCallThreshold', 'slowCallRateThreshold'],
    ['slidingWindowSize', 'slidingWindowSize'],
    ['SLIDINGWINDOWSIZE', 'slidingWindowSize'],
  ])('finds the known name nearest to %s', (mistyped, meant) => {
    expect(nearestName(mistyped, known)).toBe(meant);
    expect(nearestName(mistyped, known.toReversed())).toBe(meant);
  });

  it('returns undefined if no name is near', () => {
    expect(nearestName('waitDuration', known)).toBeUndefined();
    expect(nearestName('x', known)).toBeUndefined();
    expect(nearestName('retry', [])).toBeUndefined();
  });

  it('ignores the case of the known name', () => {
    expect(nearestName('retry', ['RETRY'])).toBe('RETRY');
  });

  it.each([
    ['bulkhead', 'bulkhead', 0],
    ['bulkheadd', 'bulkhead', 1],
    ['bulkhea', 'bulkhead', 1],
    ['tulkhead', 'bulkhead', 1],
    ['ublkhead', 'bulkhead', 2],
    ['xxxxkitten', 'xxxxsitting', 3],
    ['xxxxsitting', 'xxxxkitten', 3],
    ['xxsaturday', 'xxsunday', 3],
  ])('counts the letters that differ between %s and %s: %d', (mistyped, name, distance) => {
    expect(nearestName(mistyped, [name], distance)).toBe(name);
    expect(nearestName(mistyped, [name], distance - 1)).toBeUndefined();
  });

  it.each([
    ['abcdefgh', 'abcdefxy', 'abcdefxy'],
    ['abcdefgh', 'abcdexyz', undefined],
    ['abcdefghi', 'abcdefxyz', 'abcdefxyz'],
  ])('accepts a difference of at most a third of the letters, as between %s and %s', (mistyped, name, found) => {
    expect(nearestName(mistyped, [name])).toBe(found);
    expect(nearestName(mistyped, [name], 10)).toBe(found);
  });

  it('returns the first of several names that are equally near', () => {
    expect(nearestName('limit2', ['limit1', 'limit3'])).toBe('limit1');
  });
});
