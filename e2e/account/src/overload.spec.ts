import { migrateAccount } from '@breakwater/account/testing';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually, type RunningAccount, startWithStandIn } from './services.ts';
import { respondWithCustomer, StandInCustomer } from './stand-in-customer.ts';

describe('account with too many requests in flight', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeAll(async () => {
    // The test decides when customer responds: no policy ends a call before.
    const started = await startWithStandIn({
      MAX_REQUESTS_IN_FLIGHT: '5',
      MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '0',
      RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '60s',
      REQUEST_TIMEOUT: '60s',
    });
    ({ account, customer } = started);
    return started.stop;
  });

  it('rejects the sixth request at once, stays ready, and accepts requests again after the five', async () => {
    customer.hold();
    const held = Array.from({ length: 5 }, () => account.open('c-1001').then(({ status }) => status));
    await eventually(() => expect(customer.requests).toHaveLength(5));

    const sixth = await account.open('c-1001');
    const [ready, metrics] = [await account.http().get('/health/ready'), await account.http().get('/metrics')];
    customer.recover();
    for (const response of customer.responses) respondWithCustomer(response);

    expect(sixth.status).toBe(503);
    expect(sixth.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/) as string,
      'retry-after': '1',
    });
    expect(sixth.body).toMatchObject({ type: 'urn:breakwater:problem:overloaded', title: 'Overloaded' });
    expect(customer.requests).toHaveLength(5);
    expect(ready.status).toBe(200);
    expect(metrics.text).toContain('http_server_requests_in_flight 5');
    expect(metrics.text).toContain('http_server_requests_shed_total{reason="in_flight"} 1');
    expect(await Promise.all(held)).toEqual([201, 201, 201, 201, 201]);
    expect((await account.open('c-1001')).status).toBe(201);
  });
});

/**
 * Loaded into the process of the service: from SIGUSR2 on it blocks the event loop for some milliseconds at a time, with two
 * milliseconds in between. Another SIGUSR2 ends it.
 */
const blockerOf = (ms: number): string => `
  let timer;
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const block = () => Atomics.wait(cell, 0, 0, ${ms});
  process.on('SIGUSR2', () => {
    if (timer) timer = clearInterval(timer);
    else timer = setInterval(block, 2);
  });`;

describe('account with a blocked event loop', () => {
  it.each([
    { ms: 200, limit: '100ms' },
    // Later than the second over which the delay is measured.
    { ms: 1_200, limit: '1s' },
  ])('for $ms ms at a time rejects requests early, stays alive and ready, and recovers', async ({ ms, limit }) => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      MAX_EVENT_LOOP_DELAY: limit,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(blockerOf(ms))}`,
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
    const calls = customer.requests.length;
    const again = await open();
    const probes = [await statusOf('/health/live'), await statusOf('/health/ready')];
    const metrics = await (await fetch(`${url}/metrics`)).text();
    account.kill('SIGUSR2');

    expect(shed.headers.get('retry-after')).toBe('1');
    expect(await shed.json()).toMatchObject({ type: 'urn:breakwater:problem:overloaded', status: 503 });
    expect(again.status).toBe(503);
    expect(customer.requests).toHaveLength(calls);
    expect(probes).toEqual([200, 200]);
    expect(metrics).toMatch(/^http_server_requests_shed_total\{reason="event_loop_delay"\} [1-9]/m);
    await vi.waitFor(async () => expect((await open()).status).toBe(201), { timeout: 20_000, interval: 100 });
  });
});
