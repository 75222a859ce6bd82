import type { Environment } from '@breakwater/service-kit';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { startAccount, startCustomer, startWithStandIn, type AccountWithStandIn } from './services.ts';

async function startBoth(environment: Environment = {}): Promise<AccountWithStandIn> {
  const started = await startWithStandIn(environment);
  onTestFinished(started.stop);
  return started;
}

const timeoutHeader = 'x-request-timeout-ms';

/** So long that a busy machine makes no difference. */
const longTimeouts = {
  REQUEST_TIMEOUT: '60s',
  RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '30s',
};

describe('the deadline of a call to customer', () => {
  it.each([
    { given: undefined, sent: 30_000 },
    { given: '60000', sent: 30_000 },
    { given: '20000', sent: 20_000 },
  ])('is at most $sent ms when the client gave $given ms, and is sent to customer', async ({ given, sent }) => {
    const { customer, account } = await startBoth(longTimeouts);
    const opening = account.open('c-1001');

    const { status } = await (given === undefined ? opening : opening.set(timeoutHeader, given));

    const sentMs = Number(customer.requests[0]?.headers[timeoutHeader]);
    expect(status).toBe(201);
    expect(sentMs).toBeLessThanOrEqual(sent);
    expect(sentMs).toBeGreaterThan(sent - 10_000);
  });

  it('is that of the client, and the account is stored as pending', async () => {
    const { customer, account } = await startBoth(longTimeouts);
    customer.hold();
    const requested = customer.nextRequest();

    const opening = account
      .open('c-1001')
      .set(timeoutHeader, '2000')
      .then(({ status, body }) => ({ status, accountStatus: body.status as unknown }));
    const startedAt = performance.now();
    await once(await requested, 'close');
    const opened = await opening;

    expect(opened).toEqual({ status: 202, accountStatus: 'PENDING_VERIFICATION' });
    // Without the client's deadline the call would have lasted thirty seconds.
    expect(performance.now() - startedAt).toBeLessThan(20_000);
  });

  it('has passed when that of the client has: nothing is called or stored', async () => {
    const { customer, account } = await startBoth();

    const { status, body } = await account.open('c-1001').set(timeoutHeader, '0');

    expect(status).toBe(504);
    expect(body).toMatchObject({ type: 'urn:breakwater:problem:deadline-exceeded', instance: '/accounts' });
    expect(customer.requests).toEqual([]);
  });
});

describe('a customer service with a latency of five minutes', () => {
  it('stops working when account aborts its call', async () => {
    const customer = await startCustomer({ CUSTOMER_LATENCY: '5m' });
    const account = await startAccount({ CUSTOMER_URL: customer.url, ...longTimeouts });
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
