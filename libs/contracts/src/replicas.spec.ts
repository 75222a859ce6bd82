import { describe, expect, it } from 'vitest';
import { replicaUrls } from './replicas.ts';

const v4 = (address: string) => ({ address, family: 4 });
const v6 = (address: string) => ({ address, family: 6 });

describe('replicaUrls', () => {
  it('returns a URL for each address of the host', async () => {
    const resolve = async () => [v4('10.0.0.1'), v4('10.0.0.2')];

    expect(await replicaUrls('http://account:3000', resolve)).toEqual(['http://10.0.0.1:3000', 'http://10.0.0.2:3000']);
  });

  it('counts a host with IPv4 and IPv6 addresses once', async () => {
    expect(await replicaUrls('http://account:3000', async () => [v4('10.0.0.1'), v6('fd00::1')])).toEqual([
      'http://10.0.0.1:3000',
    ]);
  });

  it('puts IPv6 addresses in brackets', async () => {
    expect(await replicaUrls('http://account:3000', async () => [v6('fd00::1')])).toEqual(['http://[fd00::1]:3000']);
  });

  it('returns the URL itself for an address or a host that cannot be resolved', async () => {
    const fails = () => Promise.reject(new Error('ENOTFOUND'));

    expect(await replicaUrls('http://127.0.0.1:3000', fails)).toEqual(['http://127.0.0.1:3000']);
    expect(await replicaUrls('http://account:3000', fails)).toEqual(['http://account:3000']);
  });
});
