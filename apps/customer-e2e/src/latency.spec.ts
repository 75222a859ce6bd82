import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

const token = 'let-me-break-things';

describe('a slow customer', () => {
  let customer: RunningCustomer;
  let url: string;

  beforeAll(async () => {
    customer = await startCustomer({ CUSTOMER_LATENCY: '1s', TIME_SCALE: '5', FAULTS_TOKEN: token });
    await customer.app.listen(0, '127.0.0.1');
    url = await customer.app.getUrl();
  });

  afterAll(() => customer.stop());

  const setLatency = (body: unknown) =>
    customer
      .http()
      .put('/faults')
      .set('authorization', `Bearer ${token}`)
      .send(body as object);

  const timed = async (path: string): Promise<{ status: number; elapsedMs: number }> => {
    const start = performance.now();
    const { status } = await fetch(url + path);
    return { status, elapsedMs: performance.now() - start };
  };

  it('never answers earlier than its latency, sped up by the time scale', async () => {
    await setLatency({ latency: '1s' });

    const answers = await Promise.all(['c-1001', 'c-1002', 'c-9999'].map((id) => timed(`/customers/${id}`)));

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404]);
    for (const { elapsedMs } of answers) expect(elapsedMs).toBeGreaterThanOrEqual(200);
  });

  it('takes a new latency at run time', async () => {
    const changed = await setLatency({ latency: '1500ms' });
    const shown = await customer.http().get('/faults').set('authorization', `Bearer ${token}`);

    expect({ status: changed.status, body: changed.body as unknown }).toEqual({
      status: 200,
      body: { latency: '1500ms' },
    });
    expect(shown.body).toEqual({ latency: '1500ms' });
    expect((await timed('/customers/c-1001')).elapsedMs).toBeGreaterThanOrEqual(300);
  });

  it('does not hold up what is not about a customer', async () => {
    await setLatency({ latency: '5m' });

    const live = await customer.http().get('/health/live');

    expect(live.status).toBe(200);
  });
});

describe('/faults', () => {
  let open: RunningCustomer;
  let closed: RunningCustomer;

  beforeAll(async () => {
    [open, closed] = await Promise.all([startCustomer({ FAULTS_TOKEN: token }), startCustomer()]);
  });

  afterAll(() => Promise.all([open.stop(), closed.stop()]));

  it.each(['get', 'put'] as const)('does not exist for %s without FAULTS_TOKEN', async (method) => {
    const response = await closed.http()[method]('/faults').set('authorization', `Bearer ${token}`);

    expect(response.status).toBe(404);
    expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:not-found', title: 'Not Found' });
  });

  it.each([undefined, 'Bearer', 'Bearer wrong', `Basic ${token}`, token])(
    'refuses the authorization %j',
    async (authorization) => {
      const asking = open.http().get('/faults');
      const response = await (authorization === undefined ? asking : asking.set('authorization', authorization));

      expect(response.status).toBe(401);
      expect(response.headers).toMatchObject({
        'www-authenticate': 'Bearer',
        'content-type': 'application/problem+json; charset=utf-8',
      });
    },
  );

  it.each([
    { latency: 'soon' },
    { latency: '-1s' },
    { latency: '6m' },
    { latency: 5 },
    {},
    { latency: '1s', jitter: 1 },
  ])('refuses to set %j', async (body) => {
    const response = await open.http().put('/faults').set('authorization', `Bearer ${token}`).send(body);

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:invalid-request' });
  });
});
