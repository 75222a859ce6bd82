import { BulkheadFullError, CircuitBreaker, RateLimiter, TimeoutExceededError } from '@breakwater/resilience';
import { FakeClock } from '@breakwater/resilience/testing';
import { describe, expect, it } from 'vitest';
import { CustomerUnavailableError } from '../customer/customer-unavailable.error.ts';
import { describeResilience } from './describe-resilience.ts';

const errorOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('describeResilience', () => {
  it('says 503 and when to come back where a circuit breaker is open', async () => {
    const circuitBreaker = new CircuitBreaker(
      'customer',
      { waitDurationInOpenState: '10s' },
      { clock: new FakeClock() },
    );
    circuitBreaker.transitionToOpenState();

    expect(describeResilience(await errorOf(circuitBreaker.execute(() => 1)))).toMatchObject({
      type: 'urn:breakwater:problem:call-not-permitted',
      status: 503,
      headers: { 'retry-after': '10' },
    });
  });

  it('says 429 and when to come back where a rate limiter refuses', async () => {
    const options = { limitForPeriod: 1, limitRefreshPeriod: '5s', timeoutDuration: '0s' };
    const rateLimiter = new RateLimiter('customer', options, { clock: new FakeClock() });
    await rateLimiter.execute(() => 1);

    expect(describeResilience(await errorOf(rateLimiter.execute(() => 1)))).toMatchObject({
      type: 'urn:breakwater:problem:rate-limit-exceeded',
      status: 429,
      headers: { 'retry-after': '5' },
    });
  });

  it('says 503, and not when to come back, where a bulkhead is full', () => {
    const problem = describeResilience(new BulkheadFullError('customer', 30, 0));

    expect(problem).toMatchObject({ type: 'urn:breakwater:problem:bulkhead-full', status: 503 });
    expect(problem).not.toHaveProperty('headers');
  });

  it('says 504 where the time was up', () => {
    expect(describeResilience(new TimeoutExceededError('customer', 3_000, 'timeoutDuration'))).toMatchObject({
      type: 'urn:breakwater:problem:timeout-exceeded',
      status: 504,
    });
  });

  it('has nothing to say about other errors', () => {
    expect(describeResilience(new CustomerUnavailableError('customer answered 500'))).toBeUndefined();
  });
});
