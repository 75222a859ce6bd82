import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { freePort, type LocalSystem } from '@breakwater/system-runner';
import { startSystem } from '@breakwater/system-runner/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';

let system: LocalSystem | undefined;
let collector: Server | undefined;

afterEach(async () => {
  await system?.end();
  collector?.close();
  [system, collector] = [undefined, undefined];
});

/** Accepts connections, and responds to nothing. */
async function silentCollector(): Promise<number> {
  collector = createServer((socket) => socket.on('error', () => {}));
  await once(collector.listen(0, '127.0.0.1'), 'listening');
  return (collector.address() as AddressInfo).port;
}

async function startWithCollectorOn(port: number): Promise<LocalSystem> {
  const telemetry = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    // With the defaults, an export ends after ten seconds.
    OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
    OTEL_BSP_SCHEDULE_DELAY: '200',
  };
  const customer = { CUSTOMER_LATENCY: '0ms', ...telemetry };
  system = await startSystem({ accounts: 1, customers: 1, env: { account: telemetry, customer } });
  return system;
}

async function openAccounts({ gatewayUrl }: LocalSystem): Promise<number[]> {
  const statuses: number[] = [];
  for (let n = 0; n < 20; n += 1) {
    const response = await fetch(`${gatewayUrl}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

const all201 = Array.from({ length: 20 }, () => 201);

describe('services whose collector is lost', () => {
  it('serve requests, and log a warning, when it refuses connections', async () => {
    const running = await startWithCollectorOn(await freePort());

    expect(await openAccounts(running)).toEqual(all201);

    const warnings = () =>
      readFileSync(`${running.logs}/account-1.log`, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"level":"warn"') && line.includes('ECONNREFUSED'));
    await vi.waitFor(() => expect(warnings()).not.toEqual([]), { timeout: 60_000, interval: 200 });
    expect(warnings().length).toBeLessThanOrEqual(2);
  });

  it('serve requests, and stop in time, when it does not respond', async () => {
    const running = await startWithCollectorOn(await silentCollector());

    expect(await openAccounts(running)).toEqual(all201);

    const [account] = running.accounts;
    const start = performance.now();
    expect(await account?.terminate()).toEqual({ code: 0, signal: null });
    // Two seconds for spans that were not sent, and a margin for a busy machine; SIGKILL would follow after ten.
    expect(performance.now() - start).toBeLessThan(6_000);
  });
});
