import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCustomerLab, type RunningCustomer } from './running-customer.ts';

const token = 'let-me-break-things';

describe('a slow customer', () => {
  let customer: RunningCustomer;
  let url: string;

  beforeAll(async () => {
    customer = await startCustomerLab({ CUSTOMER_LATENCY: '1s', TIME_SCALE: '5', FAULTS_TOKEN: token });
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

  it('never responds before its latency, which the time scale shortens', async () => {
    await setLatency({ latency: '1s' });

    const responses = await Promise.all(['c-1001', 'c-1002', 'c-9999'].map((id) => timed(`/customers/${id}`)));

    expect(responses.map(({ status }) => status)).toEqual([200, 200, 404]);
    for (const { elapsedMs } of responses) expect(elapsedMs).toBeGreaterThanOrEqual(200);
  });

  it('applies a new latency at run time', async () => {
    const changed = await setLatency({ latency: '1500ms' });
    const shown = await customer.http().get('/faults').set('authorization', `Bearer ${token}`);

    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({ faults: { latency: '1500ms' }, active: ['latency'] });
    expect(shown.body).toEqual(changed.body);
    expect((await timed('/customers/c-1001')).elapsedMs).toBeGreaterThanOrEqual(300);
  });

  it('draws its latencies from a distribution', async () => {
    await setLatency({ latency: { min: '500ms', p50: '500ms', max: '600ms' } });

    for (let request = 0; request < 3; request++) {
      expect((await timed('/customers/c-1001')).elapsedMs).toBeGreaterThanOrEqual(100);
    }
  });

  it('does not delay other requests', async () => {
    await setLatency({ latency: '5m' });

    const live = await customer.http().get('/health/live');

    expect(live.status).toBe(200);
  });
});
