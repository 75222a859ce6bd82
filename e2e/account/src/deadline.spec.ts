import type { Environment } from '@breakwater/service-kit';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  startAccount,
  startCustomer,
  startWithStandIn,
  type AccountWithStandIn,
  type RunningAccount,
} from './services.ts';

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

  it('ends the call when the client gave less time than account, and the account is stored as pending', async () => {
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

describe('forty requests whose deadlines pass during their calls to customer', () => {
  /** One that never responds, and one that responds with 504 when the deadline that it was sent has passed. */
  const slowCustomers = [{ hang: { rate: 1 } }, { latency: '5m' }];

  async function startWith(faults: object): Promise<RunningAccount> {
    const customer = await startCustomer();
    const account = await startAccount({ CUSTOMER_URL: customer.url });
    onTestFinished(async () => {
      await Promise.all([account.stop(), customer.stop()]);
    });
    // The first request of a process takes longer than the deadlines here.
    await account.open('c-1002').expect(201);
    await customer.setFaults(faults);
    return account;
  }

  const shown = async (account: RunningAccount, path: string): Promise<unknown> =>
    ((await account.http().get(`/actuator/${path}`).expect(200)) as { body: unknown }).body;

  const stateOf = async (account: RunningAccount): Promise<unknown> =>
    ((await shown(account, 'circuitbreakers')) as { circuitBreakers: { customer: { state: unknown } } }).circuitBreakers
      .customer.state;

  async function eventsOf(account: RunningAccount): Promise<readonly string[]> {
    const body = await shown(account, 'circuitbreakerevents/customer');
    return (body as { circuitBreakerEvents: { type: string }[] }).circuitBreakerEvents.map(({ type }) => type);
  }

  it.each(slowCustomers)('leave the circuit breaker CLOSED after 15 ms, with %j', async (faults) => {
    const account = await startWith(faults);

    // A deadline that passes before or after the call to customer is 504, and one that passes at the database is 503.
    for (let request = 0; request < 40; request++) {
      const { status } = await account.open('c-1001').set(timeoutHeader, '15');
      expect([202, 503, 504]).toContain(status);
    }

    const events = await eventsOf(account);
    expect(await stateOf(account)).toBe('CLOSED');
    expect(events.filter((type) => type === 'IGNORED_ERROR').length).toBeGreaterThanOrEqual(10);
    expect(events).not.toContain('ERROR');
  });

  it.each(slowCustomers)('open the circuit breaker with a deadline of 2.5 s, with %j', async (faults) => {
    const account = await startWith(faults);
    const requests = Array.from({ length: 40 }, () => account.open('c-1001').set(timeoutHeader, '2500'));

    const responses = await Promise.all(requests);

    expect(responses.filter(({ status }) => status === 202).length).toBeGreaterThanOrEqual(10);
    expect(await stateOf(account)).toBe('OPEN');
    expect(await eventsOf(account)).not.toContain('ERROR');
  });
});
