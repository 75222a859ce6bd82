import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { startAccount, type RunningAccount } from './running-account.ts';
import { answerWithCustomer, StandInCustomer } from './stand-in-customer.ts';

describe('account with more to do than it can', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeAll(async () => {
    customer = await StandInCustomer.start();
    // The test decides when customer answers: no policy gives up before.
    account = await startAccount({
      CUSTOMER_URL: customer.url,
      MAX_REQUESTS_IN_FLIGHT: '5',
      RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '60s',
      REQUEST_TIMEOUT: '60s',
    });
  });

  afterAll(async () => {
    customer.stop();
    await account.stop();
  });

  it('turns the sixth request away at once, stays ready, and is its old self when the five have been answered', async () => {
    customer.hold();
    const held = Array.from({ length: 5 }, () => account.open('c-1001').then(({ status }) => status));
    await eventually(() => expect(customer.requests).toHaveLength(5));

    const sixth = await account.open('c-1001');
    const [ready, metrics] = [await account.http().get('/health/ready'), await account.http().get('/metrics')];
    customer.recover();
    for (const response of customer.responses) answerWithCustomer(response);

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
