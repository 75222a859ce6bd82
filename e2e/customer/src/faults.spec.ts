import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startCustomer, startCustomerLab, type RunningCustomer } from './running-customer.ts';

/** Enough time on a busy machine. */
const soon = { timeout: 15_000, interval: 20 };

const token = 'let-me-break-things';

const allHealthy = {
  latency: null,
  errors: null,
  hang: null,
  reset: null,
  malformed: null,
  unready: null,
  capacity: null,
};

describe('customer with faults that are set through /faults', () => {
  let customer: RunningCustomer;
  let url: string;

  beforeAll(async () => {
    customer = await startCustomerLab({ FAULTS_TOKEN: token, TIME_SCALE: '2' });
    await customer.app.listen(0, '127.0.0.1');
    url = await customer.app.getUrl();
  });

  afterAll(() => customer.stop());

  afterEach(async () => {
    await faults('delete');
  });

  const faults = (method: 'get' | 'put' | 'patch' | 'delete', body?: object, path = '/faults') => {
    const sending = customer.http()[method](path).set('authorization', `Bearer ${token}`);
    return body ? sending.send(body) : sending;
  };
  const find = () => customer.http().get('/customers/c-1001');

  it.each(['application/json', 'text/plain'])(
    'deletes faults for a client that sends the type %s, and no body',
    async (type) => {
      expect((await faults('delete').set('content-type', type)).status).toBe(200);
    },
  );

  const metric = async (series: string): Promise<number> => {
    const { text } = await customer.http().get('/metrics');
    const line = text.split('\n').find((line) => line.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  };
  const injected = async (fault: string) =>
    ((await faults('get')).body as { injected: Record<string, number> }).injected[fault];

  it('returns a problem that names the fault, with Retry-After', async () => {
    await faults('put', {
      errors: [
        { status: 503, rate: 0.5, retryAfter: '4s' },
        { status: 503, rate: 0.5, retryAfter: '4s' },
      ],
    });

    const response = await find().set('x-request-id', 'r-1');

    expect(response.status).toBe(503);
    expect(response.headers).toMatchObject({
      'retry-after': '2',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect(response.body).toMatchObject({
      type: 'urn:breakwater:problem:injected-fault',
      title: 'Injected fault',
      status: 503,
      instance: '/customers/c-1001',
    });
  });

  it('resets connections', async () => {
    await faults('put', { reset: { rate: 1 } });

    await expect(fetch(`${url}/customers/c-1001`)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });

    expect(await metric('customer_faults_injected_total{fault="reset"}')).toBe(1);
  });

  it('returns 200 with JSON that is cut off or of another shape', async () => {
    await faults('put', { malformed: { rate: 1 } });

    const texts: string[] = [];
    for (let request = 0; request < 2; request++) {
      const response = await fetch(`${url}/customers/c-1001`);
      expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
        status: 200,
        type: 'application/json; charset=utf-8',
      });
      texts.push(await response.text());
    }

    const parsed = texts.map((text) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        return 'not JSON';
      }
    });
    expect(parsed).toEqual(['not JSON', { id: null, status: ['ACTIVE'] }]);
  });

  it('hangs until its client disconnects, ignoring the deadline of the client', async () => {
    await faults('put', { hang: { rate: 1 } });
    const before = (await injected('hang')) ?? 0;
    const client = new AbortController();
    const response = fetch(`${url}/customers/c-1001`, {
      signal: client.signal,
      headers: { 'x-request-timeout-ms': '300' },
    });
    await vi.waitFor(async () => expect(await injected('hang')).toBe(before + 1), soon);
    const active = 'http_server_requests_active{method="GET",uri="/customers/{id}"}';
    expect(await metric(active)).toBe(1);

    const longAfter = new Promise((resolve) => setTimeout(() => resolve('no response'), 500));
    await expect(Promise.race([response, longAfter])).resolves.toBe('no response');
    client.abort();

    await expect(response).rejects.toThrow(/aborted/);
    await vi.waitFor(async () => expect(await metric(active)).toBe(0), soon);
  });

  it('completes requests that hang when the fault is turned off', async () => {
    await faults('put', { hang: { rate: 1 } });
    const before = (await injected('hang')) ?? 0;
    const responses = Promise.all([find(), find()]);
    await vi.waitFor(async () => expect(await injected('hang')).toBe(before + 2), soon);

    await faults('patch', { hang: null });

    expect((await responses).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('is not ready and still serves requests; other faults do not affect probes', async () => {
    await faults('put', { unready: true, hang: { rate: 1 }, reset: { rate: 1 }, errors: [{ status: 500, rate: 1 }] });

    const [ready, live, metrics] = await Promise.all(
      ['/health/ready', '/health/live', '/metrics'].map((path) => customer.http().get(path)),
    );
    await faults('put', { unready: true });

    expect([ready?.status, live?.status, metrics?.status, (await find()).status]).toEqual([503, 200, 200, 200]);
    expect(ready?.body).toMatchObject({
      status: 'error',
      details: { faults: { status: 'down', reason: 'set through /faults' }, database: { status: 'up' } },
    });
    await faults('delete');
    expect((await customer.http().get('/health/ready')).status).toBe(200);
  });

  it('refuses requests when workers and queue are full, and reports both', async () => {
    await faults('put', { latency: '5m', capacity: { workers: 2, queue: 1, abandonedWork: 'dropped' } });
    const clients = new AbortController();
    const responses = [1, 2, 3].map(() => fetch(`${url}/customers/c-1001`, { signal: clients.signal }));
    const busy = { workers: 2, busy: 2, queueLength: 1 };
    await vi.waitFor(async () => expect((await faults('get')).body).toMatchObject({ capacity: busy }), soon);

    const refused = await find();

    expect({ status: refused.status, body: refused.body as unknown }).toMatchObject({
      status: 503,
      body: { type: 'urn:breakwater:problem:capacity-exceeded' },
    });
    expect(await metric('customer_capacity_workers')).toBe(2);
    expect(await metric('customer_capacity_workers_busy')).toBe(2);
    expect(await metric('customer_capacity_queue_length')).toBe(1);
    expect(await metric('customer_faults_injected_total{fault="capacity"}')).toBe(1);
    clients.abort();
    await Promise.allSettled(responses);
    const idle = { workers: 2, busy: 0, queueLength: 0 };
    await vi.waitFor(async () => expect((await faults('get')).body).toMatchObject({ capacity: idle }), soon);
  });

  it('has the faults in its metrics', async () => {
    await faults('put', { latency: { p50: '20ms', max: '3s' }, malformed: { rate: 0.5 }, hang: { rate: 0 } });

    const names = Object.keys(allHealthy);
    const active = await Promise.all(names.map((name) => metric(`customer_faults_active{fault="${name}"}`)));

    expect(Object.fromEntries(names.map((name, index) => [name, active[index]]))).toEqual({
      latency: 1,
      errors: 0,
      hang: 0,
      reset: 0,
      malformed: 1,
      unready: 0,
      capacity: 0,
    });
    expect(await metric('customer_fault_latency_seconds{quantile="0.5"}')).toBe(0.02);
    expect(await metric('customer_fault_latency_seconds{quantile="1"}')).toBe(3);
  });

  it('changes nothing when a part of the body is invalid, and lists every error', async () => {
    await faults('put', { latency: '1ms' });

    const refused = await faults('patch', { unready: true, hang: { rate: 2 }, jitter: 1, latency: { p50: 'soon' } });

    expect(refused.status).toBe(400);
    const { errors } = refused.body as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer).sort()).toEqual([
      '#/hang/rate',
      '#/jitter',
      '#/latency/max',
      '#/latency/p50',
    ]);
    expect((await faults('get')).body).toMatchObject({ faults: { ...allHealthy, latency: '1ms' } });
  });

  it('plays a timeline until a change by hand stops it', async () => {
    const steps = [
      { at: '0s', faults: { unready: true } },
      { at: '100ms', faults: { malformed: { rate: 1 } } },
      { at: '1h', faults: {} },
    ];

    const started = await faults('put', { steps }, '/faults/timeline');
    expect(started.body).toMatchObject({ state: 'playing', step: 0, duration: '3600s' });
    await vi.waitFor(
      async () => expect((await faults('get')).body).toMatchObject({ active: ['malformed'], timeline: { step: 1 } }),
      soon,
    );
    const stopped = await faults('delete', undefined, '/faults/timeline');
    expect(stopped.body).toMatchObject({ state: 'stopped', step: 1 });
    expect((await faults('get')).body).toMatchObject({ active: ['malformed'] });

    await faults('put', { steps }, '/faults/timeline');
    await faults('patch', { unready: null });
    expect((await faults('get')).body).toMatchObject({ active: [], timeline: { state: 'stopped', step: 0 } });
    const refused = await faults('put', { steps: [{ at: 'now', faults: { hang: 1 } }] }, '/faults/timeline');
    expect(refused.body).toMatchObject({
      errors: [{ pointer: '#/steps/0/at' }, { pointer: '#/steps/0/faults/hang' }],
    });
  });
});

describe('an overloaded customer', () => {
  let customer: RunningCustomer;
  let url: string;

  beforeAll(async () => {
    customer = await startCustomer({ FAULTS_TOKEN: token });
    await customer.app.listen(0, '127.0.0.1');
    url = await customer.app.getUrl();
  });

  afterAll(() => customer.stop());

  const serviceMs = 100;
  const workers = 4;
  const clientTimeoutMs = 1_000;
  const clients = 80;
  const attempts = 4;

  /** Clients that retry immediately after a timeout; returns the number of responses in time. */
  async function goodput(abandonedWork: 'kept' | 'dropped'): Promise<number> {
    await customer
      .http()
      .put('/faults')
      .set('authorization', `Bearer ${token}`)
      .send({ latency: `${serviceMs}ms`, capacity: { workers, queue: 1_000, abandonedWork } });
    let served = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      await Promise.all(
        Array.from({ length: clients }, () =>
          fetch(`${url}/customers/c-1001`, { signal: AbortSignal.timeout(clientTimeoutMs) }).then(
            ({ ok }) => (served += Number(ok)),
            () => {},
          ),
        ),
      );
    }
    return served;
  }

  it('collapses if it works for disconnected clients, and does not if it drops their work', async () => {
    const dropped = await goodput('dropped');
    const kept = await goodput('kept');

    // Half of them can be served in time. If the work for the others is kept, it delays all that follow.
    expect(dropped).toBeGreaterThan(2 * kept);
    await customer.http().delete('/faults').set('authorization', `Bearer ${token}`);
  });

  it('takes longer with more clients', async () => {
    const http = customer.http();
    await http
      .put('/faults')
      .set('authorization', `Bearer ${token}`)
      .send({ latency: `${serviceMs}ms`, capacity: { workers, queue: 1_000 } });
    const slowest = async (clients: number): Promise<number> => {
      const start = performance.now();
      await Promise.all(Array.from({ length: clients }, () => fetch(`${url}/customers/c-1001`).then((r) => r.text())));
      return performance.now() - start;
    };

    const alone = await slowest(1);
    const together = await slowest(40);

    expect(alone).toBeGreaterThanOrEqual(serviceMs);
    // Ten rounds of four workers each.
    expect(together).toBeGreaterThanOrEqual((40 / workers) * serviceMs);
  });
});

describe('/faults', () => {
  let open: RunningCustomer;
  let closed: RunningCustomer;

  beforeAll(async () => {
    [open, closed] = await Promise.all([startCustomer({ FAULTS_TOKEN: token }), startCustomer()]);
  });

  afterAll(() => Promise.all([open.stop(), closed.stop()]));

  const paths = ['/faults', '/faults/timeline'];

  it.each(['get', 'put', 'patch', 'delete'] as const)('does not exist for %s without FAULTS_TOKEN', async (method) => {
    for (const path of paths) {
      const response = await closed.http()[method](path).set('authorization', `Bearer ${token}`);

      expect(response.status).toBe(404);
      expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:not-found', title: 'Not Found' });
    }
  });

  it.each([undefined, 'Bearer', 'Bearer wrong', `Basic ${token}`, token])(
    'refuses the authorization %j',
    async (authorization) => {
      for (const path of paths) {
        for (const method of ['get', 'put', 'delete'] as const) {
          const sending = open.http()[method](path);
          const response = await (authorization === undefined ? sending : sending.set('authorization', authorization));

          expect(response.status).toBe(401);
          expect(response.headers).toMatchObject({
            'www-authenticate': 'Bearer',
            'content-type': 'application/problem+json; charset=utf-8',
          });
        }
      }
    },
  );

  const authorized = (method: 'get' | 'put' | 'delete') =>
    open.http()[method]('/faults').set('authorization', `Bearer ${token}`);

  it.each([{ latency: 'soon' }, { latency: '-1s' }, { latency: '6m' }, { latency: 5 }, { latency: '1s', jitter: 1 }])(
    'refuses to set %j',
    async (body) => {
      const response = await authorized('put').send(body);

      expect(response.status).toBe(400);
      expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:invalid-request' });
    },
  );

  it('shows all faults, and turns off those that are not given', async () => {
    await authorized('put').send({ latency: '3s', unready: true });

    const replaced = await authorized('put').send({ latency: '0ms' });

    expect(replaced.body).toEqual({
      faults: { ...allHealthy, latency: '0ms' },
      active: [],
      injected: Object.fromEntries(Object.keys(allHealthy).map((name) => [name, 0])),
      capacity: null,
      timeline: { state: 'none' },
    });
    expect((await authorized('put').send({})).body).toMatchObject({ faults: allHealthy, active: [] });
    expect((await authorized('delete')).body).toMatchObject({ faults: allHealthy });
  });
});
