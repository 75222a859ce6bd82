import { describe, expect, it } from 'vitest';
import { ReplicaCounters } from './sampling.ts';

describe('ReplicaCounters', () => {
  it('continues when a new process restarts at 0', () => {
    const counters = new ReplicaCounters();
    counters.record('customer-1', 100);
    counters.record('customer-2', 50);
    counters.record('customer-1', 3);
    counters.record('customer-1', 5);

    expect(counters.totals).toEqual({ 'customer-1': 105, 'customer-2': 50 });
  });
});
