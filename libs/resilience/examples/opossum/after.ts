/* oxlint-disable no-console -- it stands for the logger of an application */

import { Bulkhead, CircuitBreaker, definePipeline, TimeLimiter } from '@breakwater/resilience';

async function find(id: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`http://customer:3000/customers/${id}`, { signal });
  if (!response.ok) throw new Error(`customer answered ${response.status}`);
  return response.text();
}

export const breaker = new CircuitBreaker('customer', {
  failureRateThreshold: 50,
  minimumNumberOfCalls: 5,
  slidingWindowType: 'TIME_BASED',
  slidingWindowSize: 10,
  waitDurationInOpenState: '5s',
  permittedNumberOfCallsInHalfOpenState: 1,
});

const customer = definePipeline('customer', {
  circuitBreaker: breaker,
  timeLimiter: new TimeLimiter('customer', { timeoutDuration: '3s' }),
  bulkhead: new Bulkhead('customer', { maxConcurrentCalls: 20 }),
});

breaker.on('STATE_TRANSITION', ({ toState }) => {
  if (toState === 'OPEN') console.warn('customer is open');
});

export const findCustomer = (id: string): Promise<string> =>
  customer.execute(({ signal }) => find(id, signal)).catch(() => `unverified ${id}`);
