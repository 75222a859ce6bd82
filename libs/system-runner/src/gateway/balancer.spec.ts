import { beforeEach, describe, expect, it } from 'vitest';
import { Balancer, exclusionMs } from './balancer.ts';

let now: number;
let balancer: Balancer;

beforeEach(() => {
  now = 0;
  balancer = new Balancer(['a', 'b', 'c'], () => now);
});

const acquire = (): string | undefined => balancer.acquire()?.url;

describe('Balancer', () => {
  it('rotates among equals', () => {
    expect([acquire(), acquire(), acquire(), acquire()]).toEqual(['a', 'b', 'c', 'a']);
  });

  it('picks the replica with the fewest requests in flight', () => {
    const [a, b] = [balancer.acquire(), balancer.acquire(), balancer.acquire()];
    if (b !== undefined) balancer.release(b);

    expect(a?.url).toBe('a');
    expect(acquire()).toBe('b');
  });

  it('rotates among equals when each request ends before the next one starts', () => {
    const urls = Array.from({ length: 4 }, () => {
      const replica = balancer.acquire();
      if (replica !== undefined) balancer.release(replica);
      return replica?.url;
    });

    expect(urls).toEqual(['a', 'b', 'c', 'a']);
  });

  it('excludes a replica that refused a connection for a while', () => {
    const refusing = balancer.acquire();
    if (refusing !== undefined) {
      balancer.exclude(refusing);
      balancer.release(refusing);
    }

    now = exclusionMs - 1;
    expect([acquire(), acquire(), acquire(), acquire()]).not.toContain('a');
    now = exclusionMs;
    expect(acquire()).toBe('a');
  });

  it('does not select a replica that the request has tried', () => {
    const first = balancer.acquire();
    const second = balancer.acquire(new Set(first ? [first] : []));

    expect([first?.url, second?.url]).toEqual(['a', 'b']);
  });

  it('returns undefined when all replicas are excluded', () => {
    for (const replica of [balancer.acquire(), balancer.acquire(), balancer.acquire()]) {
      if (replica !== undefined) balancer.exclude(replica);
    }

    expect(balancer.acquire()).toBeUndefined();
  });
});
