import { FakeClock } from '@breakwater/resilience/testing';
import { once } from 'node:events';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { StandInCustomer } from './stand-in-customer.ts';
import { oneAttempt, type RunningAccount, startAccount, startCustomer, startWithStandIn } from './services.ts';

/** Longer than a test takes. */
const longTimeouts = {
  REQUEST_TIMEOUT: '60s',
  RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '60s',
};

describe('accounts, while customer fails', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;
  let clock: FakeClock;

  beforeEach(async () => {
    clock = new FakeClock();
    const started = await startWithStandIn({ DEMO_MODE: 'true', ...oneAttempt }, clock);
    ({ account, customer } = started);
    return started.stop;
  });

  const openTimes = async (times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 1; n <= times; n += 1) statuses.push((await account.open('c-1001')).status);
    return statuses;
  };

  it('stores a pending account when customer fails, which can be found', async () => {
    customer.respondWith(500);

    const response = await account.open('c-1001', { label: 'Savings' });
    const found = await account.http().get(String(response.headers['location']));

    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({ customerId: 'c-1001', label: 'Savings', status: 'PENDING_VERIFICATION' });
    expect(response.body).toMatchObject({ verifiedAt: null, verifiedBy: null });
    expect(response.body.statusUrl).toBe(`/accounts/${response.body.id}`);
    expect(response.headers['location']).toBe(response.body.statusUrl);
    expect(response.headers).not.toHaveProperty('retry-after');
    expect(found.body).toEqual(response.body);
  });

  it('passes the request id on to customer', async () => {
    await account.open('c-1001').set('x-request-id', 'gate.1');
    const { headers } = await account.open('c-1001');

    expect(customer.requests.map((request) => request.headers['x-request-id'])).toEqual([
      'gate.1',
      headers['x-request-id'],
    ]);
  });

  it('calls customer no longer after ten failures', async () => {
    customer.respondWith(503);

    const statuses = await openTimes(12);
    const ready = await account.http().get('/health/ready');

    expect(statuses).toEqual(Array.from({ length: 12 }, () => 202));
    expect(customer.requests).toHaveLength(10);
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({
      status: 'degraded',
      details: {
        database: { status: 'up' },
        circuitBreakers: {
          status: 'degraded',
          details: {
            customer: {
              status: 'CIRCUIT_OPEN',
              details: { state: 'OPEN', failureRate: '100.0%', failedCalls: 10 },
            },
          },
        },
      },
    });
  });

  it('calls customer again after the wait, and closes after three successes', async () => {
    customer.respondWith(503);
    await openTimes(10);
    customer.recover();

    const refused = await openTimes(1);
    clock.advance(10_001);
    const permitted = await openTimes(3);
    const { body } = await account.http().get('/actuator/circuitbreakers');

    expect({ refused, permitted }).toEqual({ refused: [202], permitted: [201, 201, 201] });
    expect(body.circuitBreakers.customer).toMatchObject({ state: 'CLOSED' });
  });

  it('does not record an unknown customer as a failure', async () => {
    customer.knowNoCustomer();

    const statuses = await openTimes(11);

    expect(statuses).toEqual(Array.from({ length: 11 }, () => 422));
    expect(customer.requests).toHaveLength(11);
  });
});

describe('accounts, while customer does not respond in time', () => {
  it('stores a pending account after three seconds', async () => {
    const clock = new FakeClock();
    const { account, customer, stop } = await startWithStandIn({}, clock);
    customer.hold();
    const requested = customer.nextRequest();

    const opening = account
      .open('c-1001')
      .then(({ status, body }) => ({ status, accountStatus: body.status as unknown }));
    const aborted = once(await requested, 'close');
    clock.advance(3_000);
    const opened = await opening;
    await aborted;
    await stop();

    expect(opened).toEqual({ status: 202, accountStatus: 'PENDING_VERIFICATION' });
  });

  it('has at most thirty calls in flight', async () => {
    // No call times out before all thirty are in flight, even on a busy machine.
    const { account, customer, stop } = await startWithStandIn({
      ...longTimeouts,
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLOWCALLDURATIONTHRESHOLD: '60s',
    });
    customer.hold();

    const waiting = Array.from({ length: 30 }, () => account.open('c-1001').then(({ status }) => status));
    await vi.waitFor(() => expect(customer.requests).toHaveLength(30), { timeout: 20_000 });
    const { status } = await account.open('c-1001');
    await customer.stop();
    const statuses = await Promise.all(waiting);
    await stop();

    expect(status).toBe(202);
    expect(customer.requests).toHaveLength(30);
    expect(statuses).toEqual(Array.from({ length: 30 }, () => 202));
  });

  it('stores a pending account when the connection is refused', async () => {
    const { account, customer, stop } = await startWithStandIn();
    await customer.stop();

    const { status } = await account.open('c-1001');
    await stop();

    expect(status).toBe(202);
  });
});

describe('accounts, while the real customer service hangs', () => {
  it('get their fallback at the slow-call threshold, because the circuit breaker opens then', async () => {
    // Both clocks run five times as fast: the threshold of one second takes a fifth of one.
    const demo = { TIME_SCALE: '5' };
    const customer = await startCustomer(demo);
    const account = await startAccount({
      ...demo,
      ...longTimeouts,
      // On a busy machine, half a second passes before the next request.
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_WAITDURATIONINOPENSTATE: '1h',
      DEMO_MODE: 'true',
      CUSTOMER_URL: customer.url,
    });

    const { status: before } = await account.open('c-1001');
    await customer.setFaults({ hang: { rate: 1 } });
    // Five customers with a stale value and five without, and then one more call.
    const ids = Array.from({ length: 10 }, (_, each) => (each < 5 ? 'c-1001' : 'c-1002'));
    const inFlight = await Promise.all(ids.map((id) => account.open(id)));
    const refused = await account.open('c-1002');
    const { body } = await account.http().get('/actuator/circuitbreakers');
    await Promise.all([account.stop(), customer.stop()]);

    const statuses = inFlight.map(({ status }) => status);
    expect([before, refused.status]).toEqual([201, 202]);
    expect(statuses).toEqual([201, 201, 201, 201, 201, 202, 202, 202, 202, 202]);
    expect(inFlight[0]?.body).toMatchObject({ verifiedBy: 'LAST_GOOD' });
    expect(body.circuitBreakers.customer).toMatchObject({ state: 'OPEN', failureRate: '0.0%', bufferedCalls: 10 });
    expect(body.circuitBreakers.customer?.notPermittedCalls).toBeGreaterThanOrEqual(1);
  });
});
