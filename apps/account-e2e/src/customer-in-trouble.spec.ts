import { FakeClock } from '@breakwater/resilience/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAccount, type RunningAccount } from './running-account.ts';
import { startCustomer } from './running-customer.ts';
import { StandInCustomer } from './stand-in-customer.ts';

describe('accounts, while customer is in trouble', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;
  let clock: FakeClock;

  beforeEach(async () => {
    customer = await StandInCustomer.start();
    clock = new FakeClock();
    account = await startAccount({ CUSTOMER_URL: customer.url, DEMO_MODE: 'true' }, clock);
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
    expect(response.headers['location']).toBe(`/accounts/${response.body.id}`);
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
    expect({ status: ready.status, body: ready.body as unknown }).toEqual({
      status: 200,
      body: {
        status: 'ready',
        details: { database: { status: 'up' }, customer: { status: 'degraded', circuitBreaker: 'OPEN' } },
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
  it('stores the account as pending after CUSTOMER_TIMEOUT', async () => {
    const customer = await StandInCustomer.start();
    customer.hold();
    const account = await startAccount({ CUSTOMER_URL: customer.url, CUSTOMER_TIMEOUT: '30ms' });

    const { status, body } = await account.open('c-1001');
    customer.stop();
    await account.stop();

    expect({ status, accountStatus: body.status as unknown }).toEqual({
      status: 202,
      accountStatus: 'PENDING_VERIFICATION',
    });
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
    // Both clocks run twenty times faster: two seconds of latency take a tenth of one.
    const demo = { TIME_SCALE: '20' };
    const patient = { CUSTOMER_TIMEOUT: '60s' };
    const customer = await startCustomer({ ...demo, CUSTOMER_LATENCY: '2s' });
    const account = await startAccount({ ...demo, ...patient, DEMO_MODE: 'true', CUSTOMER_URL: customer.url });

    const slow = await Promise.all(Array.from({ length: 10 }, () => account.open('c-1001')));
    const refused = await account.open('c-1001');
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
