import type { Environment } from '@breakwater/service-kit';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startAccount, type RunningAccount } from './running-account.ts';
import { startCustomer } from './running-customer.ts';
import { StandInCustomer } from './stand-in-customer.ts';

async function startBoth(
  environment: Environment = {},
): Promise<{ customer: StandInCustomer; account: RunningAccount }> {
  const customer = await StandInCustomer.start();
  const account = await startAccount({ CUSTOMER_URL: customer.url, ...environment });
  onTestFinished(async () => {
    customer.stop();
    await account.stop();
  });
  return { customer, account };
}

const timeoutHeader = 'x-request-timeout-ms';

/** What account itself waits for, so long that a busy machine makes no difference. */
const patient = {
  REQUEST_TIMEOUT: '60s',
  RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '30s',
};

describe('how long customer’s answer is waited for', () => {
  it.each([
    { given: undefined, told: 30_000 },
    { given: '60000', told: 30_000 },
    { given: '20000', told: 20_000 },
  ])('is $told ms at most where the client gave $given ms, and is told to customer', async ({ given, told }) => {
    const { customer, account } = await startBoth(patient);
    const opening = account.open('c-1001');

    const { status } = await (given === undefined ? opening : opening.set(timeoutHeader, given));

    const toldMs = Number(customer.requests[0]?.headers[timeoutHeader]);
    expect(status).toBe(201);
    expect(toldMs).toBeLessThanOrEqual(told);
    expect(toldMs).toBeGreaterThan(told - 10_000);
  });

  it('is no longer than the client waits, and the account is stored all the same', async () => {
    const { customer, account } = await startBoth(patient);
    customer.hold();
    const asked = customer.nextRequest();

    const opening = account
      .open('c-1001')
      .set(timeoutHeader, '2000')
      .then(({ status, body }) => ({ status, accountStatus: body.status as unknown }));
    const startedAt = performance.now();
    await once(await asked, 'close');
    const opened = await opening;

    expect(opened).toEqual({ status: 202, accountStatus: 'PENDING_VERIFICATION' });
    // Of its own, account would have gone on waiting for thirty seconds.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('is no time at all where the client’s is over: nothing is asked or stored', async () => {
    const { customer, account } = await startBoth();

    const { status, body } = await account.open('c-1001').set(timeoutHeader, '0');

    expect(status).toBe(504);
    expect(body).toMatchObject({ type: 'urn:breakwater:problem:deadline-exceeded', instance: '/accounts' });
    expect(customer.requests).toEqual([]);
  });
});

describe('a customer service that would take five minutes', () => {
  it('stops working as soon as account has given up', async () => {
    const customer = await startCustomer({ CUSTOMER_LATENCY: '5m' });
    const account = await startAccount({ CUSTOMER_URL: customer.url, ...patient });
    onTestFinished(async () => {
      await Promise.all([account.stop(), customer.stop()]);
    });
    const working = async (): Promise<string | undefined> => {
      const metrics = await (await fetch(`${customer.url}/metrics`)).text();
      return /^http_server_requests_active\{method="GET",uri="\/customers\/\{id\}"\} (\d+)$/m.exec(metrics)?.[1];
    };

    const opening = account
      .open('c-1001')
      .set(timeoutHeader, '5000')
      .then(({ status }) => status);
    await vi.waitFor(async () => expect(await working()).toBe('1'), { interval: 5, timeout: 10_000 });

    expect(await opening).toBe(202);
    await vi.waitFor(async () => expect(await working()).toBe('0'), { interval: 5, timeout: 10_000 });
  });
});
