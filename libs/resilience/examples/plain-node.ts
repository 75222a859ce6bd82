/* oxlint-disable no-console -- it represents the logger of an application */

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
    if (response.status >= 500) throw new Error(`customer responded with ${response.status}`);
    return response.ok ? 'exists' : 'unknown';
  });
}

import { CallNotPermittedError, RejectedError } from '@breakwater/resilience';

const ledger = new CircuitBreaker('ledger', { slidingWindowSize: 10 });

export async function balance(read: () => Promise<number>): Promise<number | undefined> {
  try {
    return await ledger.execute(read);
  } catch (error) {
    if (error instanceof CallNotPermittedError) return undefined; // OPEN: the ledger was not called
    if (error instanceof RejectedError) throw new Error('Too many calls', { cause: error }); // e.g. of a bulkhead
    throw error; // the ledger was called, and failed
  }
}

import { createRegistry } from '@breakwater/resilience';
import { loadResilienceConfig } from '@breakwater/resilience/config';

const { circuitBreaker, retry, warnings } = await loadResilienceConfig({
  files: [new URL('resilience.yml', import.meta.url)],
});
for (const warning of warnings) process.emitWarning(warning);

export const circuitBreakers = createRegistry('circuitBreaker', circuitBreaker);
export const retries = createRegistry('retry', retry);

export const configured = definePipeline('customer', {
  retry: retries.getOrCreate('customer'),
  circuitBreaker: circuitBreakers.getOrCreate('customer'),
});

import { retryOnHttp } from '@breakwater/resilience';

/** Repeats GET after 408, 429, 5xx or without a response; waits as long as `Retry-After` says. */
export const reads = new Retry('reads', { maxAttempts: 3, ...retryOnHttp({ method: 'GET' }) });

/** Limits further attempts to a fifth of the calls, for all policies that name this budget. */
const options = { maxAttempts: 3, retryBudget: 'customer' };
export const budgeted = createRegistry('retry', { configs: { default: options } });

import { AdaptiveConcurrencyLimiter, RateLimiter } from '@breakwater/resilience';

/** Permits 20 calls in flight; another one waits up to 100 ms for a permit, then it is refused. */
export const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 20, maxWaitDuration: '100ms' });

/** Permits 50 calls a second. */
export const rateLimiter = new RateLimiter('customer', {
  limitForPeriod: 50,
  limitRefreshPeriod: '1s',
  timeoutDuration: 0,
});

/** Permits as many calls in flight as the dependency can handle. */
export const limiter = new AdaptiveConcurrencyLimiter('customer', { initialLimit: 20, maxLimit: 200 });

import { EndpointPool } from '@breakwater/resilience';

/** Chooses a replica for each attempt, and ejects the one that fails, is slow or hangs. */
export const replicas = new EndpointPool('customer', {
  endpoints: ['http://10.0.0.7:3000', 'http://10.0.0.8:3000'],
  slowCallDurationThreshold: '1s',
});

export function findAtReplica(id: string): Promise<Response> {
  return replicas.execute(({ signal, endpoint }) => fetch(`${endpoint?.url}/customers/${id}`, { signal }));
}

import { Deadline, deadlineHeaders } from '@breakwater/resilience';

const timeLimiter = new TimeLimiter('customer', { timeoutDuration: '2s' });

/** Waits for two seconds or until the caller's deadline, and sends the remaining time to the next service. */
export function findCustomer(url: string, deadline = Deadline.after('5s')): Promise<Response> {
  return timeLimiter.execute(
    (context) => fetch(url, { signal: context.signal, headers: deadlineHeaders(context.deadline) }),
    { deadline },
  );
}

import { CachedFallback, pipeline } from '@breakwater/resilience';

const rates = new CircuitBreaker('rates', { slidingWindowSize: 10 });
const lastGoodRates = new CachedFallback('rates', { staleLimit: '10m' });

/** Returns the rate, or the last good one if it is not older than ten minutes. */
export function rateOf(currency: string, read: (currency: string) => Promise<number>): Promise<number> {
  return pipeline('rates', [lastGoodRates.withKey(currency), rates]).execute(() => read(currency));
}

import { Hedge } from '@breakwater/resilience';

/** Makes a second attempt for the slowest calls, about one in twenty, and aborts the slower attempt. */
export const search = new Hedge('search', { delayPercentile: 95 });

/** Limits hedged attempts to a share of the calls, with the same budgets as retries. */
export const hedges = createRegistry(
  'hedge',
  { instances: { search: { delay: '200ms', retryBudget: 'search' } } },
  { retryBudgets: createRegistry('retryBudget') },
);

export const watchful = new CircuitBreaker('customer', {
  slidingWindowSize: 10,
  slowCallDurationThreshold: '1s',
  slowCallRateThreshold: 80,
  slowCallsInFlightEnabled: true,
  abortCallsOnOpen: true, // pass the signal of the context on, or put a time limiter inside
});

export const recovering = new CircuitBreaker('customer', {
  slidingWindowSize: 10,
  waitDurationInOpenState: '30s',
  waitJitterFactor: 0.2, // instances do not retry at the same time
  healthProbe: ({ signal }) => fetch('http://customer:3000/health/ready', { signal }).then(({ ok }) => ok),
  rampUpSteps: [10, 25, 50], // percent of the calls, for 10 s each
});

import { logTransitions } from '@breakwater/resilience/logging';
import { bindToPrometheus } from '@breakwater/resilience/prometheus';
import { Registry } from 'prom-client';

export const circuitBreakerRegistry = createRegistry('circuitBreaker');
export const metrics = new Registry();

bindToPrometheus({ circuitBreaker: circuitBreakerRegistry }, metrics, { extraLabels: { application: 'account' } });

logTransitions(circuitBreakerRegistry, {
  info: (message, fields) => console.info(message, fields),
  warn: (message, fields) => console.warn(message, fields),
});

import { FakeClock } from '@breakwater/resilience/testing';

const clock = new FakeClock();
const tested = { slidingWindowSize: 2, minimumNumberOfCalls: 2, waitDurationInOpenState: '5s' };

export const inTest = new CircuitBreaker('ledger', tested, { clock });

export function waitInOpen(): void {
  clock.advance(5_001);
}
