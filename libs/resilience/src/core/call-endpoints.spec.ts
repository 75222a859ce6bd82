import { describe, expect, it } from 'vitest';
import { UsedEndpoints } from './call-endpoints.ts';

const endpoint = (name: string, isOutOfService = false) => ({ name, url: `http://${name}`, isOutOfService });

function usedBy(...endpoints: readonly ReturnType<typeof endpoint>[]): UsedEndpoints {
  const used = new UsedEndpoints(true);
  for (const each of endpoints) used.add(each);
  return used;
}

describe('The endpoints that a call used', () => {
  it('are none before its first attempt', () => {
    const used = new UsedEndpoints(true);

    expect([used.count, used.latest, used.has(endpoint('a'))]).toStrictEqual([0, undefined, false]);
  });

  it('are counted, and the latest one is known', () => {
    const [a, b] = [endpoint('a'), endpoint('b')];
    const used = usedBy(a, b);

    expect([used.count, used.latest]).toStrictEqual([2, b]);
    expect([used.has(a), used.has(b), used.has(endpoint('a'))]).toStrictEqual([true, true, false]);
  });

  it.each([
    ['no endpoint', [], 0, false],
    ['a healthy one', [endpoint('a')], 0, false],
    ['one that is out of service', [endpoint('a', true)], 0, true],
    ['one before these attempts', [endpoint('a', true)], 1, false],
    ['a healthy one before these attempts', [endpoint('a'), endpoint('b', true)], 1, true],
    ['a healthy one among these attempts', [endpoint('a', true), endpoint('b', true), endpoint('c')], 1, false],
    ['several that are out of service', [endpoint('a'), endpoint('b', true), endpoint('c', true)], 1, true],
  ])('are all out of service since an attempt: %s', (_what, endpoints, count, expected) => {
    expect(usedBy(...endpoints).areOutOfServiceSince(count)).toBe(expected);
  });

  it('are recorded by the attempts of one call together, and of several calls apart', () => {
    const [ofOneCall, ofSeveral] = [new UsedEndpoints(true), new UsedEndpoints(false)];

    expect(UsedEndpoints.ofAttempt(ofOneCall)).toBe(ofOneCall);
    expect(UsedEndpoints.ofAttempt(ofSeveral)).not.toBe(ofSeveral);
    expect(UsedEndpoints.ofAttempt(undefined).areOfOneCall).toBe(false);
  });
});
