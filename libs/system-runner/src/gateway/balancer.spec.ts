import { beforeEach, describe, expect, it } from 'vitest';
import { Balancer, restMs } from './balancer.ts';

let now: number;
let balancer: Balancer;

beforeEach(() => {
  now = 0;
  balancer = new Balancer(['a', 'b', 'c'], () => now);
});

const take = (): string | undefined => balancer.take()?.url;

describe('a balancer', () => {
  it('lets equals take turns', () => {
    expect([take(), take(), take(), take()]).toEqual(['a', 'b', 'c', 'a']);
  });

  it('picks the replica with the fewest requests in flight', () => {
    const [a, b] = [balancer.take(), balancer.take(), balancer.take()];
    if (b !== undefined) balancer.done(b);

    expect(a?.url).toBe('a');
    expect(take()).toBe('b');
  });

  it('lets equals take turns also when each request ends before the next begins', () => {
    const urls = Array.from({ length: 4 }, () => {
      const replica = balancer.take();
      if (replica !== undefined) balancer.done(replica);
      return replica?.url;
    });

    expect(urls).toEqual(['a', 'b', 'c', 'a']);
  });

  it('leaves a replica alone after it refused, and tries it again later', () => {
    const refusing = balancer.take();
    if (refusing !== undefined) {
      balancer.refused(refusing);
      balancer.done(refusing);
    }

    now = restMs - 1;
    expect([take(), take(), take(), take()]).not.toContain('a');
    now = restMs;
    expect(take()).toBe('a');
  });

  it('does not send a request where it has been', () => {
    const first = balancer.take();
    const second = balancer.take(new Set(first ? [first] : []));

    expect([first?.url, second?.url]).toEqual(['a', 'b']);
  });

  it('has nobody to offer when all have refused', () => {
    for (const replica of [balancer.take(), balancer.take(), balancer.take()]) {
      if (replica !== undefined) balancer.refused(replica);
    }

    expect(balancer.take()).toBeUndefined();
  });
});
