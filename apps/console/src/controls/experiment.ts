import type { CustomerLookups } from '@breakwater/contracts';

/** As many as the demo makes. */
export const lookupsPerExperiment = 20;

/** Asks account for an experiment, which it answers line by line. */
export function experimentRequest(breaker: string, signal: AbortSignal): RequestInit {
  const lookups: CustomerLookups = { times: lookupsPerExperiment, breaker, customerId: 'c-1001', reset: true };
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(lookups),
    redirect: 'error',
    signal,
  };
}
