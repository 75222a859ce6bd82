import { CallNotPermittedError, registryToken } from '@breakwater/resilience';
import type { INestApplication } from '@nestjs/common';
import assert from 'node:assert/strict';
import { CustomerClient } from './application.js';

/** What each cell checks, in this order, on one running application. The program and the specs run the same checks. */
export const checks: readonly (readonly [string, (application: INestApplication, url: string) => Promise<void>])[] = [
  [
    'decorators call the method',
    async (_application, url) => assert.equal(await text(`${url}/customers/c-1`), 'c-1 is verified'),
  ],
  [
    'decorators protect Observables',
    async (_application, url) => assert.equal(await text(`${url}/history`), 'history'),
  ],
  [
    'a pipeline from the configuration file retries',
    async (_application, url) => assert.equal(await text(`${url}/balance`), 'balance after 2 attempts'),
  ],
  [
    'the actuator streams the transition that an outage causes, and the fallback replaces its errors',
    async (application, url) => {
      const stream = await fetch(`${url}/actuator/events/stream`);
      assert.equal(stream.headers.get('content-type'), 'text/event-stream; charset=utf-8');
      const client = application.get(CustomerClient);
      client.isDown = true;
      for (let call = 0; call < 5; call++) assert.equal(await text(`${url}/customers/c-1`), 'c-1 is unverified: true');
      assert.equal(application.get(registryToken('circuitBreaker')).getOrCreate('customer').state, 'OPEN');
      const events = await readUntil(stream, '"to":"OPEN"');
      assert.match(events, /event: snapshot\n/);
      assert.match(events, /event: STATE_TRANSITION\n/);
    },
  ],
  [
    'the actuator shows and updates circuit breakers',
    async (_application, url) => {
      const shown = JSON.parse(await text(`${url}/actuator/circuitbreakers`));
      assert.equal(shown.circuitBreakers.customer.state, 'OPEN');
      const path = `${url}/actuator/circuitbreakers/strict`;
      const body = JSON.stringify({ updateState: 'FORCE_OPEN' });
      const headers = { 'content-type': 'application/json' };
      assert.equal((await fetch(path, { method: 'POST', headers, body })).status, 401);
      const authorized = { ...headers, authorization: 'Bearer secret' };
      assert.equal((await fetch(path, { method: 'POST', headers: authorized, body })).status, 200);
    },
  ],
  [
    'the exception filter responds with problem details',
    async (application, url) => {
      await assert.rejects(application.get(CustomerClient).strict(), CallNotPermittedError);
      const response = await fetch(`${url}/strict`);
      assert.equal(response.status, 503);
      assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
      const problem = (await response.json()) as { type: string; instance: string };
      assert.equal(problem.type, 'urn:breakwater:problem:call-not-permitted');
      assert.equal(problem.instance, '/strict');
    },
  ],
  [
    'requests have a deadline',
    async (_application, url) => {
      const remaining = Number(await text(`${url}/deadline`, { 'x-request-timeout-ms': '2000' }));
      assert.ok(remaining > 0 && remaining <= 2_000, `${remaining} ms remain`);
      const late = await fetch(`${url}/deadline`, { headers: { 'x-request-timeout-ms': '0' } });
      assert.equal(late.status, 504);
      assert.match(late.headers.get('content-type') ?? '', /^application\/problem\+json/);
    },
  ],
  [
    'the health indicator shows the circuit breaker and does not fail',
    async (_application, url) => {
      const health = JSON.parse(await text(`${url}/health/ready`));
      assert.equal(health.details.circuitBreakers.details.customer.status, 'CIRCUIT_OPEN');
    },
  ],
  [
    'metrics show the circuit breaker',
    async (_application, url) => {
      const metrics = await text(`${url}/metrics`);
      const series = metrics.split('\n').filter((line) => line.startsWith('resilience4j_circuitbreaker_state{'));
      const open = series.find((line) => line.includes('name="customer"') && line.includes('state="open"'));
      assert.match(open ?? '', / 1$/);
    },
  ],
];

async function text(url: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(url, { headers });
  const body = await response.text();
  assert.equal(response.status, 200, body);
  return body;
}

async function readUntil(response: Response, end: string): Promise<string> {
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let received = '';
  while (!received.includes(end)) {
    const { done, value } = await reader.read();
    if (done) break;
    received += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return received;
}
