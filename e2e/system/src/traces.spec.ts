import type { LocalSystem } from '@breakwater/system-runner';
import { OtlpReceiver, startSystem } from '@breakwater/system-runner/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

/** The exporter sends every five seconds. */
const eventually = <T>(check: () => T): Promise<T> => vi.waitFor(check, { timeout: 30_000, interval: 100 });

const traceIdOf = (byte: string): string => byte.repeat(16);

describe('traces', () => {
  let receiver: OtlpReceiver;
  let system: LocalSystem;

  beforeAll(async () => {
    receiver = await OtlpReceiver.start();
    const { environment } = receiver;
    system = await startSystem({
      env: { customer: { CUSTOMER_LATENCY: '5ms', ...environment }, account: environment },
    });
  });

  afterAll(async () => {
    await system?.end();
    await receiver?.stop();
  });

  it('join the spans of both services', async () => {
    const traceId = traceIdOf('a1');
    const response = await fetch(`${system.gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
    expect(response.status).toBe(201);

    const spans = await eventually(() => {
      const received = receiver.trace(traceId);
      expect(received.map(({ service }) => service)).toEqual(expect.arrayContaining(['account', 'customer']));
      return received;
    });

    expect(spans.map(({ service, kind, name }) => [service, kind, name])).toEqual([
      ['account', 'server', 'POST /accounts'],
      ['account', 'client', 'GET /customers/{id}'],
      ['customer', 'server', 'GET /customers/:id'],
    ]);
  });
});
