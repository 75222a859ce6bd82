import {
  Bulkhead,
  CircuitBreaker,
  definePipeline,
  Fallback,
  IntervalFunction,
  Retry,
  TimeLimiter,
} from '@breakwater/resilience';

export const customer = definePipeline('customer', {
  fallback: new Fallback('customer', { handlers: [{ handle: () => 'unverified' }] }),
  retry: new Retry('customer', { maxAttempts: 3, intervalFunction: IntervalFunction.ofRandomized('200ms') }),
  circuitBreaker: new CircuitBreaker('customer', { slidingWindowSize: 10, slowCallDurationThreshold: '1s' }),
  timeLimiter: new TimeLimiter('customer', { timeoutDuration: '3s' }),
  bulkhead: new Bulkhead('customer', { maxConcurrentCalls: 20 }),
});

export async function verify(customerId: string): Promise<string> {
  return customer.execute(async ({ signal }) => {
    const response = await fetch(`http://customer:3000/customers/${customerId}`, { signal });
    if (response.status >= 500) throw new Error(`customer answered ${response.status}`);
    return response.ok ? 'exists' : 'unknown';
  });
}
