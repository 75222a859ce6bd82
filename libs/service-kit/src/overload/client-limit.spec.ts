import { describe, expect, it } from 'vitest';
import { ClientLimit, clientOf } from './client-limit.ts';

describe('ClientLimit', () => {
  it('permits each client its maximum, and one more when it has released one', () => {
    const limit = new ClientLimit(2);
    const release = limit.tryAcquire('192.0.2.1');
    limit.tryAcquire('192.0.2.1');

    const refused = [limit.permits('192.0.2.1'), limit.tryAcquire('192.0.2.1')];
    const other = limit.tryAcquire('192.0.2.2');
    release?.();

    expect(refused).toEqual([false, undefined]);
    expect(other).toBeDefined();
    expect(limit.permits('192.0.2.1')).toBe(true);
  });

  it('releases once', () => {
    const limit = new ClientLimit(2);
    const release = limit.tryAcquire('192.0.2.1');
    limit.tryAcquire('192.0.2.1');

    release?.();
    release?.();
    limit.tryAcquire('192.0.2.1');

    expect(limit.permits('192.0.2.1')).toBe(false);
  });

  it('has no limit when its maximum is 0', () => {
    const limit = new ClientLimit(0);

    for (let n = 0; n < 1_000; n += 1) expect(limit.tryAcquire('192.0.2.1')).toBeDefined();
  });
});

describe('clientOf', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:DB8:0::5:6', '2001:db8:0:0::/64'],
    ['1::', '1:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['not an address', 'not an address'],
  ])('of %s is %s', (address, client) => {
    expect(clientOf(address)).toBe(client);
  });
});
