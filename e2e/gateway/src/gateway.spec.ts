import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type GatewayValues, hasNginx } from './nginx.ts';
import { Replica } from './replica.ts';
import { type GatewayKind, gatewayKinds, RunningGateway } from './running-gateway.ts';

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of running.splice(0).toReversed()) await each.stop();
});

/** Starts gateways of one kind in front of replicas. */
const startingGateways =
  (kind: GatewayKind) =>
  async (replicas: readonly (Replica | { port: number })[], values?: GatewayValues): Promise<RunningGateway> => {
    for (const replica of replicas) if (replica instanceof Replica) running.push(replica);
    const ports = replicas.map(({ port }) => port);
    const gateway = await RunningGateway.start(kind, ports, values);
    running.push(gateway);
    return gateway;
  };

/** An address that refuses connections. */
async function refusingPort(): Promise<{ port: number }> {
  const replica = await Replica.respondingWith();
  const { port } = replica;
  await replica.stop();
  return { port };
}

describe.each(gatewayKinds)('%s with nginx/nginx.conf', (kind) => {
  const gatewayTo = startingGateways(kind);

  describe('forwards a request', () => {
    it('with its trace and the address of the connection instead of its X-Forwarded-For header', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica]);
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

      await fetch(`${url}/accounts?x=a%20b`, {
        headers: { traceparent, 'x-forwarded-for': '203.0.113.9', 'x-request-timeout-ms': '1' },
      });

      const [request] = replica.requests;
      expect(request?.url).toBe('/accounts?x=a%20b');
      expect(request?.headers).toMatchObject({ traceparent, 'x-forwarded-for': '127.0.0.1' });
      expect(request?.headers).not.toHaveProperty('x-request-timeout-ms');
    });

    it('with its URL as it came', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica]);
      const urls = [
        '/x/../accounts',
        '/x/%2e%2E/..a/b.././c',
        '//accounts//x/',
        // A parser of the WHATWG takes a backslash for a slash: this was the hidden path /metrics.
        '/x\\..\\metrics',
        '/\\metrics',
        '/%ff"{}^`|?x=..%zz',
      ];

      for (const path of urls) expect(`${path} ${(await get(url, path)).status}`).toBe(`${path} 200`);

      expect(replica.requests.map((request) => request.url)).toEqual(urls);
    });

    it.each([
      ['mine-1', /^mine-1$/],
      ['not one for logs', /^[0-9a-f-]{32,36}$/],
    ])('with the request id %j if it is safe for logs', async (given, expected) => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica]);

      const response = await fetch(`${url}/accounts`, { headers: { 'x-request-id': given } });

      expect(response.headers.get('x-request-id')).toMatch(expected);
      expect(replica.requests[0]?.headers['x-request-id']).toBe(response.headers.get('x-request-id'));
    });
  });

  describe('hides the paths for operators', () => {
    it('in every spelling', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica]);
      const paths = [
        '/metrics',
        '/METRICS/',
        '//metrics',
        '/x/../metrics',
        '/x/..%2Fmetrics',
        '/%6detrics',
        '/health/ready',
        '/actuator',
        '/faults/x',
      ];

      // fetch would normalize the paths.
      const statuses = await Promise.all(paths.map(async (path) => `${path} ${(await get(url, path)).status}`));

      expect(statuses).toEqual(paths.map((path) => `${path} 404`));
      expect(replica.requests).toHaveLength(0);
    });

    it('and no similar paths', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica]);

      expect((await fetch(`${url}/accounts/metrics`)).status).toBe(200);
      expect((await fetch(`${url}/healthy`)).status).toBe(200);
    });

    it('except for configured paths', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica], { GATEWAY_HIDDEN_PATHS: 'metrics' });

      expect((await fetch(`${url}/experiments/customer-lookups`)).status).toBe(200);
      expect((await fetch(`${url}/metrics`)).status).toBe(404);
    });
  });

  describe('at /', () => {
    const withConsole = { GATEWAY_CONSOLE: '127.0.0.1:1' };
    const toConsole = { status: 302, location: '/console/' };
    const toAccount = { status: 200, location: undefined };

    it.each([
      ['redirects to the console', withConsole, 'GET', '/', toConsole],
      ['redirects to the console for another spelling of the path', withConsole, 'GET', '//x/..?y', toConsole],
      ['forwards other methods', withConsole, 'POST', '/', toAccount],
      ['forwards other paths', withConsole, 'GET', '/accounts', toAccount],
      ['forwards requests without a console', {}, 'GET', '/', toAccount],
      [
        'forwards requests while the console is hidden',
        { ...withConsole, GATEWAY_HIDDEN_PATHS: 'metrics|CONSOLE|faults' },
        'GET',
        '/',
        toAccount,
      ],
      [
        'redirects to the console while a similar path is hidden',
        { ...withConsole, GATEWAY_HIDDEN_PATHS: 'consoles' },
        'GET',
        '/',
        toConsole,
      ],
    ])('%s', async (_title, values, method, path, expected) => {
      const { url } = await gatewayTo([await Replica.respondingWith()], values);

      const { status, location } = await get(url, path, { method });

      expect({ status, location }).toEqual(expected);
    });
  });

  describe('limits', () => {
    const strict = { GATEWAY_RATE_LIMIT: '1r/m', GATEWAY_RATE_BURST: '2' };

    it('the requests of a client and sends Retry-After', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica], strict);

      const responses = [];
      for (let i = 0; i < 4; i++)
        responses.push(await fetch(`${url}/accounts`, { headers: { 'x-forwarded-for': `203.0.113.${i}` } }));

      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
      const refused = responses[3]!;
      expect(refused.headers.get('retry-after')).toBe('1');
      expect(refused.headers.get('content-type')).toBe('application/problem+json');
      const id = refused.headers.get('x-request-id');
      expect(await refused.json()).toMatchObject({
        type: 'urn:breakwater:problem:too-many-requests',
        status: 429,
        requestId: id,
      });
      expect(replica.requests).toHaveLength(3);
    });

    it('the requests of a client at the same time', async () => {
      const { url } = await gatewayTo([await Replica.frozen()], { GATEWAY_CONNECTIONS: '2' });
      const abort = new AbortController();
      const send = () => fetch(`${url}/accounts`, { signal: abort.signal });
      const first = [send(), send()];
      for (const each of first) each.catch(() => {});

      // Both count once the gateway has read them.
      const refused = await vi.waitFor(
        async () => {
          const response = await fetch(`${url}/gateway/problem`);
          expect(response.status).toBe(429);
          return response;
        },
        { timeout: 60_000 },
      );

      expect(refused.headers.get('retry-after')).toBe('1');
      expect(await refused.json()).toMatchObject({ type: 'urn:breakwater:problem:too-many-requests' });
      expect((await fetch(`${url}/gateway/health`)).status).toBe(200);
      abort.abort();
    });

    it('the size of a body', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([replica]);

      const response = await fetch(`${url}/accounts`, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) });

      expect(response.status).toBe(413);
      expect(await response.json()).toMatchObject({ title: 'Content Too Large', status: 413 });
      expect(replica.requests).toHaveLength(0);
    });
  });

  describe('when a replica fails', () => {
    it('uses the other one when nothing was sent yet', async () => {
      const replica = await Replica.respondingWith();
      const { url } = await gatewayTo([await refusingPort(), replica]);

      const responses = await Promise.all(
        Array.from({ length: 4 }, () => fetch(`${url}/accounts`, { method: 'POST' })),
      );

      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });

    it('repeats an idempotent request on the other one', async () => {
      const closing = await Replica.closingConnections();
      const { url } = await gatewayTo([closing, await Replica.respondingWith()]);

      const responses = [await fetch(`${url}/accounts`), await fetch(`${url}/accounts`)];

      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
      expect(closing.requests).toHaveLength(1);
    });

    it('repeats a request that gets no response in time once, on the other one', { timeout: 60_000 }, async () => {
      const [frozen, replica] = [await Replica.frozen(), await Replica.respondingWith()];
      const { url } = await gatewayTo([frozen, replica]);

      const responses = await Promise.all([fetch(`${url}/accounts/1`), fetch(`${url}/accounts/2`)]);

      expect(responses.map(({ status }) => status)).toEqual([200, 200]);
      expect(frozen.requests).toHaveLength(1);
      expect(replica.requests).toHaveLength(2);
    });

    it('sends at most 1.1 requests per request of a client during an overload', { timeout: 120_000 }, async () => {
      const replicas = [await Replica.withCapacity(5), await Replica.withCapacity(5)];
      const { url } = await gatewayTo(replicas);
      const statuses: number[] = [];
      const clients = Array.from({ length: 80 }, async () => {
        for (let n = 0; n < 25; n += 1) {
          if (statuses.length === 500) replicas[0]?.freeze();
          const { status } = await fetch(`${url}/accounts/1`);
          statuses.push(status);
        }
      });
      await Promise.all(clients);

      const sent = replicas.reduce((total, { requests }) => total + requests.length, 0);
      expect(sent / 2_000).toBeLessThanOrEqual(1.1);
      // It was an overload: requests were refused, and those at the frozen replica were repeated.
      expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(20);
      expect(sent).toBeGreaterThan(2_000);
    });

    it(
      'sends at most 1.1 requests per request of a client while no replica responds',
      { timeout: 120_000 },
      async () => {
        const replicas = [await Replica.frozen(), await Replica.frozen()];
        const { url } = await gatewayTo(replicas);
        const requests: Promise<Response>[] = [];
        for (let n = 0; n < 1_000; n += 1) {
          const headers: Record<string, string> = n % 2 === 0 ? { 'idempotency-key': `k-${n}` } : {};
          requests.push(fetch(`${url}/accounts`, { method: n % 2 === 0 ? 'POST' : 'GET', headers }));
          await delay(10);
        }
        const statuses = await Promise.all(requests.map(async (request) => (await request).status));

        const sent = replicas.reduce((total, each) => total + each.requests.length, 0);
        expect(new Set(statuses)).toEqual(new Set([504]));
        expect(sent / statuses.length).toBeLessThanOrEqual(1.1);
        // A time-out is repeated all the same while few requests are in flight, as at the end.
        expect(sent).toBeGreaterThan(statuses.length);
      },
    );

    it('tries both while both count as failed', async () => {
      const replicas = [await Replica.closingConnections(), await Replica.closingConnections()];
      const { url } = await gatewayTo(replicas);
      expect((await fetch(`${url}/accounts`)).status).toBe(502);
      expect(replicas.map(({ requests }) => requests.length)).toEqual([1, 1]);
      expect((await fetch(`${url}/accounts`)).status).toBe(502);

      for (const replica of replicas) replica.recover();
      const responses = [];
      for (let n = 0; n < 4; n += 1) responses.push(await fetch(`${url}/accounts`, { method: 'POST' }));

      expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    });

    it('never repeats a POST without an idempotency key', async () => {
      const [one, other] = [await Replica.closingConnections(), await Replica.closingConnections()];
      const { url } = await gatewayTo([one, other]);

      const response = await fetch(`${url}/accounts`, { method: 'POST', body: '{}' });

      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ title: 'Bad Gateway', status: 502 });
      expect(one.requests.length + other.requests.length).toBe(1);
    });
  });
});

describe.skipIf(!hasNginx)('nginx and the gateway in Node', () => {
  /** All paths of three segments, with slashes and backslashes. */
  const urls = ['/', '\\'].flatMap((separator) => {
    const segments = ['', '.', '..', '%2e%2E', '..%2f', '%5c', 'a', 'metrics'];
    return segments.flatMap((one) =>
      segments.flatMap((two) => segments.map((three) => `/${[one, two, three].join(separator)}`)),
    );
  });

  it('forward and refuse the same URLs', { timeout: 120_000 }, async () => {
    const outcomes = await Promise.all(
      (['nginx', 'node'] as const).map(async (kind) => {
        const replica = await Replica.respondingWith();
        const { url } = await startingGateways(kind)([replica]);
        const outcomesOfKind = [];
        for (const path of urls) {
          const { status } = await get(url, path);
          outcomesOfKind.push(`${path}: ${status} ${replica.requests.splice(0)[0]?.url ?? ''}`);
        }
        return outcomesOfKind;
      }),
    );

    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]?.filter((outcome) => outcome.includes(' 404 ')).length).toBeGreaterThan(50);
  });
});

describe.skipIf(!hasNginx)('nginx', () => {
  const gatewayTo = startingGateways('nginx');

  it('shows its own status only on a separate listener', async () => {
    const replica = await Replica.respondingWith();
    const { url, statusSocket } = await gatewayTo([replica]);

    expect(await (await fetch(`${url}/status`)).json()).toEqual({ answer: 'fine' });
    expect((await get(url, '/status', { socketPath: statusSocket })).body).toContain('Active connections: ');
    expect((await get(url, '/accounts', { socketPath: statusSocket })).status).toBe(404);
  });

  it('shows the metrics of its connections to Prometheus, and not to clients', async () => {
    const replica = await Replica.respondingWith();
    const { url, statusSocket } = await gatewayTo([replica]);

    const { body, type } = await get(url, '/metrics', { socketPath: statusSocket });

    expect(type).toBe('text/plain; version=0.0.4');
    expect(body).toMatch(/^# TYPE nginx_connections_active gauge\nnginx_connections_active \d+\n/);
    expect(body.match(/^nginx_connections_\w+ \d+$/gm)).toHaveLength(4);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it('limits each client separately behind a trusted proxy', async () => {
    const replica = await Replica.respondingWith();
    const nginx = await gatewayTo([replica], {
      GATEWAY_RATE_LIMIT: '1r/m',
      GATEWAY_RATE_BURST: '2',
      GATEWAY_TRUSTED_PROXIES: 'set_real_ip_from 127.0.0.1;',
    });

    const responses = await Promise.all(
      Array.from({ length: 6 }, (_, i) =>
        fetch(`${nginx.url}/accounts`, { headers: { 'x-forwarded-for': `203.0.113.${i}` } }),
      ),
    );

    expect(responses.map(({ status }) => status)).toEqual(Array(6).fill(200));
    expect(new Set(replica.requests.map(({ headers }) => headers['x-forwarded-for'])).size).toBe(6);
    await vi.waitFor(() => {
      expect(nginx.accessLog.map(({ remoteAddress }) => remoteAddress)).toContain('203.0.113.5');
    });
  });

  it('logs every request as a JSON line, even with invalid input', async () => {
    const nginx = await gatewayTo([await Replica.respondingWith()]);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

    await get(nginx.url, '/accounts/%22%0a%5c%ff', { headers: { traceparent, 'x-request-id': '"},{' } });
    await get(nginx.url, '/metrics', { headers: { traceparent: 'nonsense"' } });

    await vi.waitFor(() => expect(nginx.accessLog).toHaveLength(2));
    const [passedOn, refused] = nginx.accessLog;
    expect(passedOn).toMatchObject({
      msg: 'request',
      status: 200,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      upstreamStatus: '200',
      upstreamResponseSeconds: expect.stringMatching(/^\d/),
    });
    expect(refused).toMatchObject({ status: 404, traceId: '', upstream: '' });
  });

  it('compresses a long response and keeps the strong ETag of a short one', async () => {
    const etag = '"7"';
    const long = await gatewayTo([await Replica.respondingWith({ text: 'x'.repeat(2_000) }, { etag })]);
    const short = await gatewayTo([await Replica.respondingWith({ text: 'x' }, { etag, 'content-length': '12' })]);

    const compressed = await fetch(`${long.url}/accounts`);
    const whole = await fetch(`${short.url}/accounts/1`);

    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(whole.headers.get('content-encoding')).toBeNull();
    expect(whole.headers.get('etag')).toBe(etag);
  });

  it('loses no request while it reloads', async () => {
    const nginx = await gatewayTo([await Replica.respondingWith(), await Replica.respondingWith()]);
    const statuses: number[] = [];

    for (let round = 0; round < 5; round++) {
      nginx.reload();
      const responses = await Promise.all(
        // One connection per request: an ending worker may close a kept connection while a request uses it.
        Array.from({ length: 20 }, () => get(nginx.url, '/accounts', { headers: { connection: 'close' } })),
      );
      statuses.push(...responses.map(({ status }) => status));
    }

    expect(statuses).toEqual(Array(100).fill(200));
  });
});

interface Got {
  readonly status: number;
  readonly type: string | undefined;
  readonly location: string | undefined;
  readonly body: string;
}

/** A request for exactly this path, by default a GET. */
function get(
  url: string,
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly socketPath?: string } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { path, ...options }, (response) => {
      text(response).then((body) => {
        const { 'content-type': type, location } = response.headers;
        resolve({ status: response.statusCode ?? 0, type, location, body });
      }, reject);
    })
      .once('error', reject)
      .end();
  });
}
