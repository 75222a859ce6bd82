import axios, { type AxiosError } from 'axios';
import axiosRetry from 'axios-retry';
import { createServer } from 'node:http';
import CircuitBreaker from 'opossum';
import { Counter, Gauge, Registry } from 'prom-client';

// A wrong request is no failure of the dependency.
const isUnavailable = ({ response }: { readonly response?: { readonly status: number } | undefined }) =>
  response === undefined || response.status >= 500;
const client = axios.create({ timeout: 2_000 });
// The cast is for this repository, whose tools have another version of axios than its examples.
axiosRetry(client as never, {
  retries: 2,
  shouldResetTimeout: true,
  retryCondition: isUnavailable,
  // Waits as long as Retry-After requires, and adds up to a fifth at random.
  retryDelay: (attempt, error) => axiosRetry.exponentialDelay(attempt, error, 250),
});
const post = async (url: string, key: string, body: string) => {
  const headers = { 'idempotency-key': key };
  const { data } = await client.post<string>(url, body, { headers, signal: AbortSignal.timeout(5_000) });
  return data;
};
const breaker = new CircuitBreaker(post, {
  timeout: false,
  rollingCountTimeout: 30_000,
  volumeThreshold: 20,
  resetTimeout: 5_000,
  errorFilter: (error: AxiosError) => !isUnavailable(error),
});
breaker.fallback(() => 'pending');
const metrics = new Registry();
const registers = [metrics];
const calls = new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['outcome'], registers });
breaker.on('success', () => calls.inc({ outcome: 'success' }));
breaker.on('failure', () => calls.inc({ outcome: 'failure' }));
breaker.on('reject', () => calls.inc({ outcome: 'refused' }));
const state = new Gauge({ name: 'circuit_breaker_open', help: '1 while it is open', registers });
breaker.on('open', () => state.set(1));
breaker.on('close', () => state.set(0));

export const pay = (url: string, key: string, body: string): Promise<string> => breaker.fire(url, key, body);

export const operations = createServer(async ({ url }, response) => {
  const health = { status: 'up', payments: breaker.opened ? 'OPEN' : 'CLOSED' };
  response.end(url === '/metrics' ? await metrics.metrics() : JSON.stringify(health));
});
