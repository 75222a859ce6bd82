import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { operations, pay } from './standard-pipeline.ts';

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

describe('A payment under the standard pipeline', () => {
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

  it('is counted at /metrics, and its circuit breaker is shown at /health/ready', async () => {
    const url = await listen(operations);
    const metrics = await (await fetch(`${url}/metrics`)).text();

    expect(metrics).toMatch(
      /^breakwater_circuitbreaker_outcomes_total\{name="payments",outcome="server_error"\} \d+$/m,
    );
    expect(await (await fetch(`${url}/health/ready`)).json()).toMatchObject({ payments: expect.any(String) as string });
  });

  it('takes at most 20 lines, without imports, comments and blank lines', async () => {
    const source = await readFile(join(import.meta.dirname, 'standard-pipeline.ts'), 'utf8');
    const lines = source.split('\n').filter((line) => line.trim() !== '' && !/^(?:import |\/\/)/.test(line));

    expect(lines.length).toBeLessThanOrEqual(20);
  });
});
