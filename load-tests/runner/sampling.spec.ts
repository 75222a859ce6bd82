import { describe, expect, it } from 'vitest';
import { ReplicaCounters } from './sampling.ts';

describe('counters of replicas', () => {
  it('go on where a new process begins at nothing', () => {
    const counters = new ReplicaCounters();
    counters.note('customer-1', 100);
    counters.note('customer-2', 50);
    counters.note('customer-1', 3);
    counters.note('customer-1', 5);

    expect(counters.total).toBe(155);
  });
});
