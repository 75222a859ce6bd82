import { createServer } from 'node:http';
import * as cockatiel from 'cockatiel';
import { Counter, Gauge, Registry } from 'prom-client';

// A wrong request is no failure of the dependency.
const responseOf = (error: unknown) => (error as { readonly response?: Response }).response;
const isUnavailable = (error: unknown) => (responseOf(error)?.status ?? 503) >= 500;
const isRepeatable = (error: unknown) => isUnavailable(error) && !cockatiel.isBrokenCircuitError(error);
const backoff = new cockatiel.DelegateBackoff<cockatiel.IRetryBackoffContext<unknown>>(({ attempt, result }) => {
  const response = 'error' in result ? responseOf(result.error) : undefined;
  const retryAfterMs = Number(response?.headers.get('retry-after') ?? 0) * 1_000;
  return Math.max(retryAfterMs, 2 ** attempt * 250 * (0.5 + Math.random()));
});
const sampling = { threshold: 0.5, duration: 30_000, minimumRps: 0.6 };
const breaker = cockatiel.circuitBreaker(cockatiel.handleWhen(isUnavailable), {
  breaker: new cockatiel.SamplingBreaker(sampling),
  halfOpenAfter: 5_000,
});
const payments = cockatiel.wrap(
  cockatiel.fallback(cockatiel.handleWhen(isUnavailable), 'pending'),
  cockatiel.timeout(5_000, cockatiel.TimeoutStrategy.Aggressive),
  cockatiel.retry(cockatiel.handleWhen(isRepeatable), { maxAttempts: 2, backoff }),
  breaker,
  cockatiel.timeout(2_000, cockatiel.TimeoutStrategy.Aggressive),
);
const metrics = new Registry();
const registers = [metrics];
const attempts = new Counter({ name: 'attempts_total', help: 'Attempts', labelNames: ['outcome'], registers });
breaker.onSuccess(() => attempts.inc({ outcome: 'success' }));
breaker.onFailure(() => attempts.inc({ outcome: 'failure' }));
const state = new Gauge({ name: 'circuit_breaker_state', help: '0 is closed', registers });
breaker.onStateChange((changed) => state.set(changed));

export function pay(url: string, key: string, body: string): Promise<string> {
  return payments.execute(async ({ signal }) => {
    const response = await fetch(url, { method: 'POST', headers: { 'idempotency-key': key }, body, signal });
    if (!response.ok) throw Object.assign(new Error(`payments responded with ${response.status}`), { response });
    return response.text();
  });
}

export const operations = createServer(async ({ url }, response) => {
  const health = { status: 'up', payments: cockatiel.CircuitState[breaker.state] };
  response.end(url === '/metrics' ? await metrics.metrics() : JSON.stringify(health));
});
