import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { oneAttempt, startAccount, type RunningAccount } from './running-account.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const token = 'let-me-turn-switches';

describe('/actuator', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeEach(async () => {
    customer = await StandInCustomer.start();
    account = await startAccount({ CUSTOMER_URL: customer.url, ACTUATOR_TOKEN: token, ...oneAttempt });
  });

  afterEach(async () => {
    customer.stop();
    await account.stop();
  });

  const update = (updateState: string, authorization = `Bearer ${token}`) =>
    account.http().post('/actuator/circuitbreakers/customer').set('authorization', authorization).send({ updateState });

  const shown = async (path: string): Promise<unknown> => (await account.http().get(path)).body;

  it('shows the policies around customer, as Resilience4j does', async () => {
    expect(await shown('/actuator/circuitbreakers')).toEqual({
      circuitBreakers: {
        customer: expect.objectContaining({ state: 'CLOSED', failureRateThreshold: '50.0%' }) as object,
      },
    });
    expect(await shown('/actuator/timelimiters')).toEqual({ timeLimiters: ['customer'] });
    expect(await shown('/actuator/bulkheads')).toEqual({ bulkheads: ['customer', 'reconciliation'] });
  });

  it('shows what happened', async () => {
    customer.answerWith(503);
    await account.open('c-1001');

    expect(await shown('/actuator/circuitbreakerevents/customer/ERROR')).toEqual({
      circuitBreakerEvents: [
        expect.objectContaining({
          circuitBreakerName: 'customer',
          type: 'ERROR',
          errorMessage: expect.stringContaining('customer answered 503') as string,
        }),
      ],
    });
  });

  it('keeps account from asking customer at the word of who knows the token, and lets it ask again', async () => {
    const opened = await update('FORCE_OPEN');
    const whileOpen = await account.open('c-1001');
    const closed = await update('CLOSE');
    const whileClosed = await account.open('c-1001');

    expect(opened.body).toMatchObject({ circuitBreakerName: 'customer', currentState: 'FORCED_OPEN' });
    expect(closed.body).toMatchObject({ circuitBreakerName: 'customer', currentState: 'CLOSED' });
    expect([whileOpen.status, whileClosed.status]).toEqual([202, 201]);
    expect(customer.requests).toHaveLength(1);
  });

  it('changes nothing for anybody else', async () => {
    const response = await update('FORCE_OPEN', 'Bearer let-me-turn-it');

    expect(response.status).toBe(401);
    expect(response.headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect((await account.open('c-1001')).status).toBe(201);
  });

  it.each([{}, { ACTUATOR_TOKEN: '' }])('has nothing that changes anything with %j', async (environment) => {
    const closed = await startAccount({ CUSTOMER_URL: customer.url, ...environment });

    const response = await closed
      .http()
      .post('/actuator/circuitbreakers/customer')
      .set('authorization', 'Bearer ')
      .send({ updateState: 'FORCE_OPEN' });
    await closed.stop();

    expect(response.status).toBe(404);
  });
});
