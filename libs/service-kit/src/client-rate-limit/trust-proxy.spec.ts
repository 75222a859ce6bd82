import { describe, expect, it } from 'vitest';
import { toTrustProxy, trustedProxies } from './trust-proxy.ts';

describe('TRUST_PROXY', () => {
  it.each([
    ['2', 2],
    ['10.0.0.1', ['10.0.0.1']],
    ['loopback, 10.0.0.0/8,fd00::/8', ['loopback', '10.0.0.0/8', 'fd00::/8']],
  ])('reads %s', (text, trusted) => {
    expect(trustedProxies().parse(text)).toEqual(trusted);
  });

  it.each(['0', '11', 'true', '*', 'gateway', '10.0.0.0/33', '10.0.0.0/8/8', '10.0.0.0/', '::/129', ','])(
    'refuses %s',
    (text) => {
      expect(trustedProxies().safeParse(text).success).toBe(false);
    },
  );

  it('believes as many proxies as there are, and no further', () => {
    const trusts = toTrustProxy(2) as (address: string, hop: number) => boolean;

    expect([0, 1, 2].map((hop) => trusts('192.0.2.1', hop))).toEqual([true, true, false]);
  });
});
