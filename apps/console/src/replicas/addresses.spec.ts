import { describe, expect, it } from 'vitest';
import { addressesOf } from './addresses.ts';

const v4 = (address: string) => ({ address, family: 4 });
const v6 = (address: string) => ({ address, family: 6 });

describe('the addresses of a service', () => {
  it('are all those that its name has', async () => {
    const resolve = async () => [v4('10.0.0.1'), v4('10.0.0.2')];

    expect(await addressesOf('http://account:3000', resolve)).toEqual(['http://10.0.0.1:3000', 'http://10.0.0.2:3000']);
  });

  it('count a host once that has addresses of both kinds', async () => {
    expect(await addressesOf('http://account:3000', async () => [v4('10.0.0.1'), v6('fd00::1')])).toEqual([
      'http://10.0.0.1:3000',
    ]);
  });

  it('are written in brackets where they are IPv6', async () => {
    expect(await addressesOf('http://account:3000', async () => [v6('fd00::1')])).toEqual(['http://[fd00::1]:3000']);
  });

  it('are the URL itself where it is an address already, or cannot be resolved', async () => {
    const fails = () => Promise.reject(new Error('ENOTFOUND'));

    expect(await addressesOf('http://127.0.0.1:3000', fails)).toEqual(['http://127.0.0.1:3000']);
    expect(await addressesOf('http://account:3000', fails)).toEqual(['http://account:3000']);
  });
});
