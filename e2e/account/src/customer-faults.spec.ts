import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAccount, type RunningAccount } from './running-account.ts';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

const token = 'let-it-break';

describe("customer's faults, set through account", () => {
  let customers: RunningCustomer[];
  let account: RunningAccount;

  beforeAll(async () => {
    customers = await Promise.all([startCustomer({ FAULTS_TOKEN: token }), startCustomer({ FAULTS_TOKEN: token })]);
    const urls = customers.map(({ url }) => url).join(',');
    account = await startAccount({ DEMO_MODE: 'true', CUSTOMER_URL: urls });
  });

  afterAll(() => Promise.all([account.stop(), ...customers.map((customer) => customer.stop())]));

  const change = (method: 'put' | 'patch', body: object, authorization = `Bearer ${token}`) =>
    account.http()[method]('/experiments/customer-faults').set('authorization', authorization).send(body);

  it('hold for every replica, until they are healed', async () => {
    const set = await change('put', { latency: '2s' });
    const added = await change('patch', { errors: [{ status: 503, rate: 0.5 }] });
    const healed = await account.http().delete('/experiments/customer-faults').set('authorization', `Bearer ${token}`);

    const active = ({ body }: { body: { replicas: { body: { active: string[] } }[] } }) =>
      body.replicas.map((replica) => replica.body.active);
    expect([set.status, added.status, healed.status]).toEqual([200, 200, 200]);
    expect(active(set)).toEqual([['latency'], ['latency']]);
    expect(active(added)).toEqual([
      ['latency', 'errors'],
      ['latency', 'errors'],
    ]);
    expect(active(healed)).toEqual([[], []]);
  });

  it("are customer's to check: its answers are passed on", async () => {
    const refused = await change('put', { latency: '2s' }, 'Bearer wrong');
    const invalid = await change('put', { latency: 'soon' });

    expect(refused.status).toBe(401);
    expect(invalid.status).toBe(400);
    expect(invalid.body.replicas[0].body).toMatchObject({ type: 'urn:breakwater:problem:invalid-request' });
  });
});
