import { FakeClock } from '@breakwater/resilience/testing';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { oneAttempt, startAccount, type RunningAccount } from './running-account.ts';
import { startCustomer } from './running-customer.ts';
import { StandInCustomer } from './stand-in-customer.ts';

/** Waits for customer for as long as a test may take. */
const patient = {
  REQUEST_TIMEOUT: '60s',
  RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '60s',
};

describe('accounts, while customer is in trouble', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;
  let clock: FakeClock;

  beforeEach(async () => {
    customer = await StandInCustomer.start();
    clock = new FakeClock();
    account = await startAccount({ CUSTOMER_URL: customer.url, DEMO_MODE: 'true', ...oneAttempt }, clock);
  });

  afterEach(async () => {
    customer.stop();
    await account.stop();
  });

  const openTimes = async (times: number): Promise<number[]> => {
    const statuses: number[] = [];
    for (let n = 1; n <= times; n += 1) statuses.push((await account.open('c-1001')).status);
    return statuses;
  };

  it('stores an account as pending when customer fails, where it can be found', async () => {
    customer.answerWith(500);

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

  it('does not ask any more once customer has failed ten times', async () => {
    customer.answerWith(503);

    const statuses = await openTimes(12);
    const ready = await account.http().get('/health/ready');

    expect(statuses).toEqual(Array.from({ length: 12 }, () => 202));
    expect(customer.requests).toHaveLength(10);
    expect(ready.status).toBe(200);
    expect(ready.body).toMatchObject({
      status: 'degraded',
      details: {
        database: { status: 'up' },
        customer: { status: 'degraded', circuitBreaker: 'OPEN', failureRate: 100, failedCalls: 10 },
      },
    });
  });

  it('asks again after the wait, and trusts customer again after three good answers', async () => {
    customer.answerWith(503);
    await openTimes(10);
    customer.recover();

    const refused = await openTimes(1);
    clock.advance(10_001);
    const answered = await openTimes(3);
    const { body } = await account.http().get('/experiments/breakers');

    expect({ refused, answered }).toEqual({ refused: [202], answered: [201, 201, 201] });
    expect(body[0]).toMatchObject({ name: 'customer', state: 'CLOSED' });
  });

  it('does not hold a customer whom nobody knows against customer', async () => {
    customer.answerWith(404);

    const statuses = await openTimes(11);

    expect(statuses).toEqual(Array.from({ length: 11 }, () => 422));
    expect(customer.requests).toHaveLength(11);
  });
});

describe('accounts, with a customer that does not answer in time', () => {
  it('stores the account as pending after three seconds', async () => {
    const customer = await StandInCustomer.start();
    customer.hold();
    const asked = customer.nextRequest();
    const clock = new FakeClock();
    const account = await startAccount({ CUSTOMER_URL: customer.url }, clock);

    const opening = account
      .open('c-1001')
      .then(({ status, body }) => ({ status, accountStatus: body.status as unknown }));
    const givenUp = once(await asked, 'close');
    clock.advance(3_000);
    const opened = await opening;
    await givenUp;
    customer.stop();
    await account.stop();

    expect(opened).toEqual({ status: 202, accountStatus: 'PENDING_VERIFICATION' });
  });

  it('does not ask for more than thirty customers at once', async () => {
    const customer = await StandInCustomer.start();
    customer.hold();
    // Nobody gives up before all thirty wait, however busy the machine is.
    const account = await startAccount({ CUSTOMER_URL: customer.url, ...patient });

    const waiting = Array.from({ length: 30 }, () => account.open('c-1001').then(({ status }) => status));
    await vi.waitFor(() => expect(customer.requests).toHaveLength(30), { timeout: 20_000 });
    const { status } = await account.open('c-1001');
    customer.stop();
    const statuses = await Promise.all(waiting);
    await account.stop();

    expect(status).toBe(202);
    expect(customer.requests).toHaveLength(30);
    expect(statuses).toEqual(Array.from({ length: 30 }, () => 202));
  });

  it('stores the account as pending when nobody listens there', async () => {
    const customer = await StandInCustomer.start();
    customer.stop();
    const account = await startAccount({ CUSTOMER_URL: customer.url });

    const { status } = await account.open('c-1001');
    await account.stop();

    expect(status).toBe(202);
  });
});

describe('accounts, with the real customer service answering slowly', () => {
  it('opens the circuit breaker after ten slow answers and then does not wait for customer at all', async () => {
    // Both clocks run twenty times faster: two seconds of latency take a tenth of one, and so do those of a busy machine.
    const demo = { TIME_SCALE: '20' };
    const customer = await startCustomer({ ...demo, CUSTOMER_LATENCY: '2s' });
    const account = await startAccount({ ...demo, ...patient, DEMO_MODE: 'true', CUSTOMER_URL: customer.url });

    const slow = await Promise.all(Array.from({ length: 10 }, () => account.open('c-1001')));
    // Of whom nothing is remembered yet.
    const refused = await account.open('c-1002');
    const { body } = await account.http().get('/experiments/breakers');
    await Promise.all([account.stop(), customer.stop()]);

    expect(slow.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 201));
    expect(refused.status).toBe(202);
    expect(body[0]).toMatchObject({
      name: 'customer',
      state: 'OPEN',
      metrics: { slowCallRate: 100, failureRate: 0, bufferedCalls: 10, notPermittedCalls: 1 },
    });
  });
});
