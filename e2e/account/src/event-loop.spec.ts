import { migrateAccount } from '@breakwater/account/testing';
import { startProcess } from '@breakwater/service-kit/testing';
import { createDatabase } from '@breakwater/system-runner/postgres';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { StandInCustomer } from './stand-in-customer.ts';

/**
 * Loaded into the process beside the service: from SIGUSR2 on, whatever it does has to wait for 200 ms at a time, as behind
 * somebody's endless loop, and for two milliseconds in between anything may be done. Another SIGUSR2 ends it.
 */
const hog = `
  let timer;
  const block = () => {
    const until = performance.now() + 200;
    while (performance.now() < until);
  };
  process.on('SIGUSR2', () => {
    if (timer) timer = clearInterval(timer);
    else timer = setInterval(block, 2);
  });`;

describe('account whose event loop is blocked', () => {
  it('turns requests away early, still says that it lives and is ready, and takes them again afterwards', async () => {
    const database = await createDatabase(inject('databaseServerUrl'));
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      MAX_EVENT_LOOP_DELAY: '100ms',
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(hog)}`,
    });
    onTestFinished(() => account.kill('SIGKILL'));
    const url = await account.listening;
    const open = () =>
      fetch(`${url}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
      });
    const statusOf = async (path: string) => (await fetch(url + path)).status;
    await vi.waitFor(async () => expect((await open()).status).toBe(201), { timeout: 20_000 });

    account.kill('SIGUSR2');
    const shed = await vi.waitFor(
      async () => {
        const response = await open();
        expect(response.status).toBe(503);
        return response;
      },
      { timeout: 20_000, interval: 100 },
    );
    const asked = customer.requests.length;
    const again = await open();
    const probes = [await statusOf('/health/live'), await statusOf('/health/ready')];
    const metrics = await (await fetch(`${url}/metrics`)).text();
    account.kill('SIGUSR2');

    expect(shed.headers.get('retry-after')).toBe('1');
    expect(await shed.json()).toMatchObject({ type: 'urn:breakwater:problem:overloaded', status: 503 });
    expect(again.status).toBe(503);
    expect(customer.requests).toHaveLength(asked);
    expect(probes).toEqual([200, 200]);
    expect(metrics).toMatch(/^http_server_requests_shed_total\{reason="event_loop_delay"\} [1-9]/m);
    await vi.waitFor(async () => expect((await open()).status).toBe(201), { timeout: 20_000, interval: 100 });
  });
});
