import { beforeEach, describe, expect, it } from 'vitest';
import { Balancer } from './balancer.ts';

const exclusionMs = 5_000;
let now: number;
let balancer: Balancer;

beforeEach(() => {
  now = 0;
  balancer = new Balancer(['a', 'b', 'c'], exclusionMs, () => now);
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

  it('excludes a replica that failed for a while', () => {
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

  it('selects among all replicas when all are excluded', () => {
    for (const replica of [balancer.acquire(), balancer.acquire(), balancer.acquire()]) {
      if (replica !== undefined) balancer.exclude(replica);
    }

    expect([acquire(), acquire(), acquire()]).toEqual(['a', 'b', 'c']);
  });

  it('selects an excluded replica rather than one that the request has tried', () => {
    const [a, b] = [balancer.acquire(), balancer.acquire()];
    for (const replica of [a, b]) if (replica !== undefined) balancer.exclude(replica);
    const c = balancer.acquire();

    expect(balancer.acquire(new Set(c ? [c] : []))?.url).toBe('a');
  });

  it('returns undefined when the request has tried every replica', () => {
    const tried = [balancer.acquire(), balancer.acquire(), balancer.acquire()].filter((each) => each !== undefined);

    expect(balancer.acquire(new Set(tried))).toBeUndefined();
  });
});
