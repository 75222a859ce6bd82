import { describe, expect, it, vi } from 'vitest';
import { ReplicaSet } from './system-monitor.ts';

describe('a set of replicas', () => {
  it('starts monitors of new replicas, keeps the others, and stops those of removed replicas', async () => {
    let addresses = ['http://a', 'http://b'];
    const set = new ReplicaSet(
      ['http://account'],
      (url) => ({ url, stop: vi.fn() }),
      async () => addresses,
    );
    await set.refresh();
    const [a, b] = set.all;

    addresses = ['http://b', 'http://c'];
    await set.refresh();

    expect(set.all.map(({ url }) => url)).toEqual(['http://b', 'http://c']);
    expect(set.all[0]).toBe(b);
    expect(a?.stop).toHaveBeenCalledOnce();
    expect(b?.stop).not.toHaveBeenCalled();
  });
});
