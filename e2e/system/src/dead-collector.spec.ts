import type { LocalSystem } from '@breakwater/system-runner';
import { startSystem } from '@breakwater/system-runner/testing';
import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { listen } from '@breakwater/system-runner';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';

let system: LocalSystem | undefined;

afterEach(() => system?.end());

/** A collector that accepts requests and never responds. */
async function hangingCollector(): Promise<string> {
  const server: Server = createServer(() => {});
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return listen(server);
}

/** Nothing listens on port 1. */
const collectors = { 'refuses connections': async () => 'http://127.0.0.1:1', 'never responds': hangingCollector };

const requests = 300;

describe('a service whose collector', () => {
  it.each(Object.entries(collectors))('%s serves, logs little and ends in time', async (_, collector) => {
    const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: await collector(), OTEL_BSP_SCHEDULE_DELAY: '100' };
    system = await startSystem({
      accounts: 1,
      customers: 1,
      env: {
        account: { CLIENT_RATE_LIMIT: '0', MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0', LOG_LEVEL: 'warn', ...endpoint },
        customer: { CUSTOMER_LATENCY: '0ms' },
      },
    });
    for (let sent = 0; sent < requests; sent += 10) {
      const responses = await Promise.all(Array.from({ length: 10 }, () => fetch(`${system?.gatewayUrl}/accounts`)));
      expect(responses.filter(({ status }) => status !== 200)).toEqual([]);
    }
    const startedAt = performance.now();
    await system.replica('account-1').restart();
    const logged = readFileSync(`${system.logs}/account-1.log`, 'utf8').split('\n').filter(Boolean);
    const reported = logged.filter((line) => line.includes('"OpenTelemetry"'));

    expect(reported.length).toBeLessThanOrEqual(10);
    expect(logged.filter((line) => line.includes('the shutdown did not end'))).toEqual([]);
    // The flush waits for 2 s, and a start takes another two on a busy machine.
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });
});
