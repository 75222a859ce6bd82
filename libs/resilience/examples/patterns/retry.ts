import { createRegistry, Retry, retryOnHttp } from '@breakwater/resilience';

/** GET may be repeated, on 500, 502, 503, 504 and no answer at all; `Retry-After` is waited for. */
export const reads = new Retry('reads', { maxAttempts: 3, ...retryOnHttp({ method: 'GET' }) });

/** Further attempts are a fifth of the calls at most, for all that name this budget. */
export const retries = createRegistry('retry', { configs: { default: { maxAttempts: 3, retryBudget: 'customer' } } });
