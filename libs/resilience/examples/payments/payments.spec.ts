import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import * as withCockatiel from './cockatiel.ts';
import { linesOf, tableOf } from './count-lines.ts';
import * as withOpossum from './opossum.ts';
import * as withOurs from './standard-pipeline.ts';

const servers: Server[] = [];

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A payment service that handles its requests with these listeners one after the other, the last one from then on. */
async function paymentService(...listeners: readonly RequestListener[]) {
  const keys: (string | undefined)[] = [];
  const times: number[] = [];
  const url = await listen(
    createServer((request, response) => {
      times.push(performance.now());
      keys.push(request.headers['idempotency-key'] as string | undefined);
      listeners[Math.min(keys.length, listeners.length) - 1]?.(request, response);
    }),
  );
  return { url, keys, times };
}

const accept: RequestListener = (_request, response) => void response.end('accepted');
const breakOff: RequestListener = (_request, response) => void response.destroy();
const respond =
  (status: number, headers = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end();
const hang: RequestListener = () => {};

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** The same task, written with three libraries. */
const solutions = [
  {
    library: 'the standard pipeline',
    ...withOurs,
    metric: /^breakwater_circuitbreaker_outcomes_total\{name="payments",outcome="server_error"\} [1-9]\d*$/m,
  },
  { library: 'cockatiel', ...withCockatiel, metric: /^attempts_total\{outcome="failure"\} [1-9]\d*$/m },
  { library: 'opossum and axios-retry', ...withOpossum, metric: /^calls_total\{outcome="failure"\} [1-9]\d*$/m },
];

describe.each(solutions)('A payment with $library', ({ pay, operations, metric }) => {
  it('is repeated with its key after a 5xx and after a broken connection', async () => {
    const service = await paymentService(respond(503), breakOff, accept);

    expect(await pay(service.url, 'p-1', '{}')).toBe('accepted');
    expect(service.keys).toStrictEqual(['p-1', 'p-1', 'p-1']);
  });

  it('is not repeated before the time in Retry-After', async () => {
    const service = await paymentService(respond(503, { 'retry-after': '1' }), accept);

    expect(await pay(service.url, 'p-2', '{}')).toBe('accepted');
    expect(service.times[1]! - service.times[0]!).toBeGreaterThanOrEqual(990);
  });

  it('is pending after three attempts, or when the total deadline leaves no time for another one', async () => {
    const failing = await paymentService(respond(500));
    const hanging = await paymentService(hang);
    const startedAt = performance.now();

    expect(await Promise.all([pay(failing.url, 'p-3', '{}'), pay(hanging.url, 'p-4', '{}')])).toStrictEqual([
      'pending',
      'pending',
    ]);
    expect(failing.keys).toHaveLength(3);
    expect(hanging.keys.length).toBeGreaterThanOrEqual(2);
    expect(hanging.keys.length).toBeLessThanOrEqual(3);
    // Two attempts of 2 s each, and the wait between them.
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(4_000);
  }, 60_000);

  it('fails and is not repeated if the request is wrong', async () => {
    const service = await paymentService(respond(400));

    await expect(pay(service.url, 'p-5', '{}')).rejects.toMatchObject({ response: { status: 400 } });
    expect(service.keys).toHaveLength(1);
  });

  it('is counted at /metrics; its circuit breaker opens, refuses payments and is shown at /health/ready', async () => {
    const service = await paymentService(respond(500));
    const url = await listen(operations);
    const stateNow = async (): Promise<unknown> =>
      ((await (await fetch(`${url}/health/ready`)).json()) as { readonly payments: unknown }).payments;
    const before = await stateNow();

    await Promise.all(Array.from({ length: 40 }, (_, index) => pay(service.url, `p-6-${index}`, '{}')));
    const sent = service.keys.length;

    expect([before, await stateNow()]).toSatisfy(
      ([closed, open]: readonly string[]) => /^closed$/i.test(closed!) && /^open$/i.test(open!),
    );
    expect(await pay(service.url, 'p-7', '{}')).toBe('pending');
    expect(service.keys).toHaveLength(sent);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(metric);
  }, 60_000);
});

describe('The three solutions', () => {
  it('take as many lines as the page says, and ours at most 20', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../../docs/payment-with-other-libraries.md'), 'utf8');

    expect(page).toContain(await tableOf());
    expect(await linesOf('standard-pipeline.ts')).toBeLessThanOrEqual(20);
  });
});
