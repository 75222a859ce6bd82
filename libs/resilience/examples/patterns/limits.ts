import { AdaptiveConcurrencyLimiter, Bulkhead, RateLimiter } from '@breakwater/resilience';

/** At most 20 calls at once; one more waits 100 ms for a place, and is refused then. */
export const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 20, maxWaitDuration: '100ms' });

/** At most 50 calls a second. */
export const rateLimiter = new RateLimiter('customer', {
  limitForPeriod: 50,
  limitRefreshPeriod: '1s',
  timeoutDuration: 0,
});

/** As many calls at once as the dependency turns out to bear. */
export const limiter = new AdaptiveConcurrencyLimiter('customer', { initialLimit: 20, maxLimit: 200 });
