import { describe, expect, it } from 'vitest';
import { createRegistry } from '../core/policies.ts';
import { describeInstance, instancesOf, isAround, orderOf } from './instance.ts';

describe('The instances of a running application', () => {
  it('are what its registries hold, put together by name', () => {
    const circuitBreaker = createRegistry('circuitBreaker');
    const retry = createRegistry('retry');
    circuitBreaker.getOrCreate('customer', { slidingWindowSize: 7 });
    retry.getOrCreate('customer', { maxAttempts: 5 });
    retry.getOrCreate('ledger');

    const instances = instancesOf({ circuitBreaker, retry });

    expect(instances).toMatchObject([
      { name: 'customer', retry: { maxAttempts: 5 }, circuitBreaker: { slidingWindowSize: 7 } },
      { name: 'ledger', retry: { maxAttempts: 3 } },
    ]);
  });
});

describe('The order of policies', () => {
  const instance = describeInstance('customer', { retry: {}, circuitBreaker: {}, bulkhead: {} });

  it('is that of a pipeline, without what an instance does not have', () => {
    expect(orderOf(instance)).toEqual(['retry', 'circuitBreaker', 'bulkhead']);
    expect(isAround(instance, 'retry', 'circuitBreaker')).toBe(true);
    expect(isAround(instance, 'circuitBreaker', 'retry')).toBe(false);
    expect(isAround(instance, 'retry', 'timeLimiter')).toBe(false);
    expect(isAround(instance, 'timeLimiter', 'retry')).toBe(false);
  });

  it('may be another one, which need not have all', () => {
    const ordered = { ...instance, order: ['circuitBreaker', 'retry'] as const };

    expect(isAround(ordered, 'circuitBreaker', 'retry')).toBe(true);
    expect(isAround(ordered, 'retry', 'bulkhead')).toBe(false);
  });
});
