import { createServer } from 'node:http';
import { type CallContext, createRegistries, isUnavailable, standardPipeline } from '@breakwater/resilience';
import { bindToPrometheus } from '@breakwater/resilience/prometheus';
import { Registry } from 'prom-client';

const metrics = new Registry();
const registries = createRegistries();
bindToPrometheus(registries, metrics);
const fallback = { handlers: [{ on: isUnavailable, handle: () => 'pending' }] };
const limits = { deadline: { timeoutDuration: '5s' }, timeLimiter: { timeoutDuration: '2s' } } as const;
const payments = standardPipeline('payments', { fallback, ...limits }, registries);
const request = { method: 'POST', hasIdempotencyKey: true };

export function pay(url: string, key: string, body: string): Promise<string> {
  const post = async ({ signal }: CallContext) => {
    const response = await fetch(url, { method: 'POST', headers: { 'idempotency-key': key }, body, signal });
    if (!response.ok) throw Object.assign(new Error(`payments responded with ${response.status}`), { response });
    return response.text();
  };
  return payments.execute(post, { request });
}

export const operations = createServer(async ({ url }, response) => {
  const { state } = registries.circuitBreaker.getOrCreate('payments');
  response.end(url === '/metrics' ? await metrics.metrics() : JSON.stringify({ status: 'up', payments: state }));
});
