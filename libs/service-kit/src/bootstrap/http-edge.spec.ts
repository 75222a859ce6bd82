import { Body, Controller, Get, Logger, Module, Post, Query, type DynamicModule } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { EventEmitter, once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import request from 'supertest';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { ServiceKitModule } from '../service-kit.module.ts';
import { readConfig, type Environment } from '../config/read-config.ts';
import { serviceVariables, type ServiceConfig } from '../config/service-config.ts';
import { serverOptions } from '../input-limits/input-limits.ts';
import { ServiceHealthModule } from '../health/service-health.module.ts';
import { MetricsModule } from '../metrics/metrics.module.ts';
import { MetricsRegistry } from '../metrics/metrics.registry.ts';
import { describeRefusals, exchange } from '../testing/any-refusal.ts';
import { AllowedMethods, toTrustProxy } from './http-edge.ts';
import { createService } from './service-process.ts';

const page = z.strictObject({ size: z.coerce.number().int().max(100).optional() });

@Controller('berths')
class BerthsController {
  readonly events = new EventEmitter<{ waiting: [() => void] }>();
  readonly bodies: unknown[] = [];

  @Get()
  list(@Query({ schema: page }) query: z.output<typeof page>) {
    return query;
  }

  @Get('wait')
  wait(): Promise<object> {
    return new Promise((resolve) => this.events.emit('waiting', () => resolve({})));
  }

  @Post()
  create(@Body() body: unknown) {
    this.bodies.push(body);
    return {};
  }
}

/** What a client receives that sends many requests in one connection at once, and then reads until the connection ends. */
async function sendAtOnce(app: NestFastifyApplication, head: string, times: number) {
  const { port } = new URL(await app.getUrl());
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(`${head} HTTP/1.1\r\nhost: harbour\r\n\r\n`.repeat(times));
  const received = await text(socket);
  return { received, statuses: [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)) };
}

@Module({})
class HarbourModule {
  static forRoot(config: ServiceConfig): DynamicModule {
    return {
      module: HarbourModule,
      imports: [
        ServiceKitModule.forRoot({ name: 'harbour', migrations: {} }, config),
        ServiceHealthModule.forRoot(),
        MetricsModule,
      ],
      controllers: [BerthsController],
    };
  }
}

async function startHarbour(environment: Environment = {}): Promise<NestFastifyApplication> {
  const config = readConfig(z.object(serviceVariables('harbour', { port: 0 })), {
    // Nothing listens on port 1.
    DATABASE_URL: 'postgres://harbour@127.0.0.1:1/harbour',
    LOG_LEVEL: 'silent',
    SHUTDOWN_DELAY: '0ms',
    INSTANCE_NAME: 'harbour-1',
    ...environment,
  });
  const app = await createService('harbour', config, HarbourModule.forRoot(config));
  await app.listen(0, '127.0.0.1');
  onTestFinished(async () => {
    await app.close();
    Logger.overrideLogger(false);
  });
  return app;
}

const http = (app: NestFastifyApplication) => request(app.getHttpServer());

/** A POST whose body is not complete. */
const halfPost =
  'POST /berths HTTP/1.1\r\nhost: harbour\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{';

/** The headers of every problem, however early the request is refused. */
const problemHeaders = {
  'content-type': expect.stringMatching(/^application\/problem\+json/) as string,
  'x-request-id': 'r-1',
  'x-instance': 'harbour-1',
};

describe('a connection', () => {
  it.each([
    ['GET /metrics', 200],
    ['GET /actuator/prometheus', 200],
    ['GET /health/live', 200],
    ['GET /health/ready', 503],
    ['GET /openapi.json', 200],
    ['GET /docs', 200],
    ['GET /berths', 200],
    ['GET /nowhere', 404],
    ['PROPFIND /berths', 405],
    ['GET /%', 400],
  ])('gets responses to sixteen of the requests that are sent at once, and one refusal: %s', async (head, status) => {
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '0' });

    const { statuses, received } = await sendAtOnce(app, head, 50);

    expect(statuses).toEqual([...Array.from({ length: 16 }, () => status), 429]);
    expect(received.slice(received.lastIndexOf('HTTP/1.1 429'))).toMatch(
      /^[^]*connection: close\r\n[^]*A connection may have 16 requests without a response/i,
    );
  });

  it('that is never read keeps no other client waiting', async () => {
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '0' });
    const rendered = vi.spyOn(app.get(MetricsRegistry), 'getMetricsAsArray');
    const { port } = new URL(await app.getUrl());
    const greedy = connect(Number(port), '127.0.0.1');
    onTestFinished(() => void greedy.destroy());
    greedy.pause();
    greedy.write('GET /metrics HTTP/1.1\r\nhost: harbour\r\n\r\n'.repeat(3_000));

    await vi.waitFor(
      async () =>
        expect((await http(app).get('/metrics')).text).toContain(
          'http_server_requests_shed_total{reason="waiting_responses"} 1',
        ),
      { timeout: 60_000 },
    );
    expect((await http(app).get('/berths')).status).toBe(200);
    // Sixteen readers, and those of this test, one after the other.
    expect(rendered.mock.calls.length).toBeLessThan(16);
  });

  it('serves any number of requests that are sent one after the other', async () => {
    const app = await startHarbour();
    const { port } = new URL(await app.getUrl());
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());

    const statuses: (number | undefined)[] = [];
    for (let sent = 0; sent < 50; sent += 1) {
      const [response] = (await once(get({ port, path: '/health/live', agent }), 'response')) as [IncomingMessage];
      await text(response);
      statuses.push(response.statusCode);
    }

    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('a request', () => {
  const post = async (app: NestFastifyApplication, body: string, contentType = 'application/json') =>
    http(app).post('/berths').set('x-request-id', 'r-1').set('content-type', contentType).send(body);

  it('has a body with at most 32 levels', async () => {
    const app = await startHarbour();
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

    const deepest = await post(app, nested(32));
    const deeper = await post(app, nested(33));
    const muchDeeper = await post(app, nested(30_000));

    expect([deepest.status, deeper.status, muchDeeper.status]).toEqual([201, 400, 400]);
    expect(deeper.headers).toMatchObject(problemHeaders);
    expect(deeper.body).toMatchObject({
      type: 'urn:breakwater:problem:invalid-request',
      detail: expect.stringContaining('at most 32') as string,
    });
    expect(app.get(BerthsController).bodies).toHaveLength(1);
  });

  it.each([
    '{"__proto__":{"admin":true}}',
    '{"a":[{"__proto__":1}]}',
    '{"constructor":{"prototype":{"admin":true}}}',
    String.raw`{"\u005f_proto__":{"admin":true}}`,
  ])('has no key that replaces a prototype: %s', async (body) => {
    const response = await post(await startHarbour(), body);

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      type: 'urn:breakwater:problem:invalid-request',
      detail: expect.stringContaining('__proto__') as string,
    });
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])('is not %s', async (contentType) => {
    expect((await post(await startHarbour(), 'a=1', contentType)).status).toBe(415);
  });

  it('has no unknown query parameter', async () => {
    const app = await startHarbour();

    const known = await http(app).get('/berths?size=3');
    const unknown = await http(app).get('/berths?size=3&sise=4&order=id');

    expect(known.body).toEqual({ size: 3 });
    expect(unknown.status).toBe(400);
    expect(unknown.body).toMatchObject({
      detail: 'The query is not valid for this operation. See errors.',
      errors: [
        { parameter: 'sise', detail: 'is not a parameter of this operation' },
        { parameter: 'order', detail: 'is not a parameter of this operation' },
      ],
    });
  });

  it('has a URL of at most 4096 characters', async () => {
    const response = await http(await startHarbour())
      .get(`/berths?size=${'1'.repeat(4096)}`)
      .set('x-request-id', 'r-1');

    expect(response.status).toBe(414);
    expect(response.headers).toMatchObject(problemHeaders);
    expect(response.body).toMatchObject({ title: 'URI Too Long', instance: '/berths', requestId: 'r-1' });
  });

  it.each([
    [431, `GET / HTTP/1.1\r\nhost: harbour\r\nx-long: ${'x'.repeat(20_000)}\r\n\r\n`, '16 KiB'],
    [400, 'ahoy\r\n\r\n', 'not HTTP'],
  ])('gets %i when Node refuses it', async (status, sent, detail) => {
    const app = await startHarbour();
    const { port } = new URL(await app.getUrl());
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(sent);

    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');

    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json');
    expect(head).toContain('x-instance: harbour-1');
    const problem = JSON.parse(body) as { status: number; detail: string; requestId: string };
    expect(problem).toMatchObject({ status, detail: expect.stringContaining(detail) as string });
    expect(head).toContain(`x-request-id: ${problem.requestId}`);
  });

  it('gets a response on a connection that was used before', async () => {
    const app = await startHarbour();
    const { port } = new URL(await app.getUrl());
    const socket = connect(Number(port), '127.0.0.1');
    socket.write('GET /berths HTTP/1.1\r\nhost: harbour\r\n\r\n');
    await once(socket, 'readable');
    const first = String(socket.read());
    socket.end('ahoy\r\n\r\n');

    expect(first).toMatch(/^HTTP\/1.1 200 /);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('gets no response while an earlier one is pending, for which the client would take it', async () => {
    const app = await startHarbour();
    const { port } = new URL(await app.getUrl());
    const socket = connect(Number(port), '127.0.0.1');
    const waiting = once(app.get(BerthsController).events, 'waiting');
    socket.write('GET /berths/wait HTTP/1.1\r\nhost: harbour\r\n\r\n');
    await waiting;
    socket.write('ahoy\r\n\r\n');

    expect(await text(socket)).toBe('');
  });
});

describeRefusals('a service', {
  start: async () => (await startHarbour({ CLIENT_RATE_LIMIT: '0' })).getUrl(),
  routes: { '/berths': ['GET', 'HEAD', 'POST'], '/health/live': ['GET', 'HEAD'], '/metrics': ['GET', 'HEAD'] },
});

describe('a refusal', () => {
  const get = (rest: string) => `GET /berths HTTP/1.1\r\n${rest}connection: close\r\n\r\n`;

  it.each([
    ['an unknown method', 501, 'FOO /berths HTTP/1.1\r\nhost: a\r\n\r\n', 'does not know the method FOO'],
    ['a tunnel', 501, 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n', 'does not know the method CONNECT'],
    ['no Host', 400, get(''), 'header Host'],
    ['two Hosts', 400, get('host: a\r\nhost: b\r\n'), 'header Host'],
    ['an invalid Host', 400, get('host: a/b\r\n'), 'header Host'],
    ['an unknown expectation', 417, get('host: a\r\nexpect: foo\r\n'), '100-continue'],
    ['HTTP/2.0', 505, 'GET /berths HTTP/2.0\r\nhost: a\r\nconnection: close\r\n\r\n', 'HTTP/1.1'],
    ['HTTP/3.5', 505, 'GET /berths HTTP/3.5\r\nhost: a\r\n\r\n', 'HTTP/1.1'],
    ['the preface of HTTP/2', 505, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP/1.1'],
    ['another protocol', 400, 'SSH-2.0-OpenSSH_9.6\r\n\r\n', 'not HTTP'],
    ['an ESC byte', 400, 'GET /\x1b HTTP/1.1\r\nhost: a\r\n\r\n', 'not HTTP'],
    ['a path that cannot be decoded', 400, 'GET /%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', '%zz'],
    ['*', 404, 'OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 'OPTIONS *'],
  ])('of %s is a problem document with %i', async (_, status, sent, detail) => {
    const app = await startHarbour();

    const response = await exchange(await app.getUrl(), sent);

    expect(response.status).toBe(status);
    expect(response.headers).toMatchObject({
      'content-type': problemHeaders['content-type'],
      'x-instance': 'harbour-1',
    });
    expect(JSON.parse(response.body)).toMatchObject({
      status,
      detail: expect.stringContaining(detail) as string,
      requestId: response.headers['x-request-id'],
    });
  });
});

describe('a read with If-Match of a resource without an ETag', () => {
  const read = async (method: string, path: string, tags: string) =>
    exchange(
      await (await startHarbour()).getUrl(),
      `${method} ${path} HTTP/1.1\r\nhost: a\r\nif-match: ${tags}\r\nconnection: close\r\n\r\n`,
    );

  it.each([
    ['GET', '/berths', '"1"'],
    ['HEAD', '/berths', '"1", W/"2"'],
    ['GET', '/metrics', '"1"'],
    ['GET', '/health/live', 'nonsense'],
  ])('is refused with 412 (%s %s, %s)', async (method, path, tags) => {
    const { status, headers, body } = await read(method, path, tags);

    expect(status).toBe(412);
    expect(headers).toMatchObject({ 'content-type': problemHeaders['content-type'] });
    if (method === 'GET')
      expect(JSON.parse(body)).toMatchObject({ type: 'urn:breakwater:problem:precondition-failed', status });
  });

  it.each([
    ['GET', '/berths', '*', 200],
    ['GET', '/nowhere', '"1"', 404],
  ])('has the usual response when no tag decides (%s %s, %s)', async (method, path, tags, status) => {
    expect((await read(method, path, tags)).status).toBe(status);
  });
});

describe('a body', () => {
  const post = async (headers: string, body: string) =>
    exchange(
      await (await startHarbour()).getUrl(),
      Buffer.from(
        `POST /berths HTTP/1.1\r\nhost: a\r\n${headers}content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
        'latin1',
      ),
    );

  it.each([
    ['bytes that are not UTF-8', 400, 'content-type: application/json\r\n', '"\xff"'],
    ['half of a character', 400, 'content-type: application/json\r\n', '"\xc3"'],
    ['gzip', 415, 'content-type: application/json\r\ncontent-encoding: gzip\r\n', '{}'],
    ['another charset', 415, 'content-type: application/json; charset=utf-16\r\n', '{}'],
  ])('of %s is refused with %i', async (_, status, headers, body) => {
    expect((await post(headers, body)).status).toBe(status);
  });

  it.each([
    'content-type: application/json; charset="UTF-8"\r\n',
    'content-type: application/json\r\ncontent-encoding: identity\r\n',
  ])('in UTF-8 is read: %j', async (headers) => {
    expect((await post(headers, '"\xc3\xbc"')).status).toBe(201);
  });
});

describe('a request that does not arrive completely in time', () => {
  it.each([
    ['the head', 'POST /berths HTTP/1.1\r\nhost: harb'],
    ['the body', halfPost],
    [
      'a chunked body',
      halfPost.replace('content-length: 2', 'transfer-encoding: chunked').replace(/\{$/, '1\r\n{\r\n'),
    ],
  ])('gets 408 when the rest of %s is missing', async (_, sent) => {
    const app = await startHarbour();
    // The test does not wait for the documented 30 s.
    Object.assign(app.getHttpServer(), { requestTimeout: 50, headersTimeout: 50 });

    const { status, headers, body } = await exchange(await app.getUrl(), sent);

    expect(status).toBe(408);
    expect(headers).toMatchObject({ 'content-type': problemHeaders['content-type'], connection: 'close' });
    expect(JSON.parse(body)).toMatchObject({
      type: 'urn:breakwater:problem:request-timeout',
      detail: 'The request did not arrive completely within 30 s.',
    });
    expect(app.get(BerthsController).bodies).toEqual([]);
  });

  it('has 30 s, which are checked every second', async () => {
    const server = (await startHarbour()).getHttpServer();

    expect(server).toMatchObject({ requestTimeout: 30_000, headersTimeout: 30_000 });
    expect(serverOptions.connectionsCheckingInterval).toBe(1_000);
  });
});

describe('security headers', () => {
  it('restrict what a browser does with a response or a problem', async () => {
    const app = await startHarbour();

    const headers = await Promise.all(['/berths', '/nowhere'].map(async (path) => (await http(app).get(path)).headers));

    for (const each of headers) {
      expect(each).toMatchObject({
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'SAMEORIGIN',
        'referrer-policy': 'no-referrer',
      });
      expect(each).not.toHaveProperty('strict-transport-security');
    }
  });
});

describe('CLIENT_RATE_LIMIT', () => {
  const statuses = async (app: NestFastifyApplication, path: string, clients: readonly string[]) => {
    const all = [];
    for (const client of clients) all.push((await http(app).get(path).set('x-forwarded-for', client)).status);
    return all;
  };
  const stopTheClock = () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
  };

  it('refuses further requests of a client until the second has passed', async () => {
    stopTheClock();
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '2' });

    const first = await http(app).get('/berths');
    await http(app).get('/berths');
    const refused = await http(app).get('/berths').set('x-request-id', 'r-1');
    const nowhere = await http(app).get('/nowhere');
    vi.advanceTimersByTime(1_001);
    const later = await http(app).get('/berths');

    expect(first.headers).toMatchObject({ 'ratelimit-limit': '2', 'ratelimit-remaining': '1', 'ratelimit-reset': '1' });
    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({
      ...problemHeaders,
      'retry-after': '1',
      'ratelimit-limit': '2',
      'ratelimit-remaining': '0',
      'x-content-type-options': 'nosniff',
    });
    expect(refused.body).toMatchObject({ type: 'urn:breakwater:problem:too-many-requests', requestId: 'r-1' });
    expect(nowhere.status).toBe(429);
    expect(later.status).toBe(200);
    expect((await http(app).get('/metrics')).text).toContain('http_server_requests_shed_total{reason="client_rate"} 2');
  });

  it('does not limit probes', async () => {
    stopTheClock();
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '1' });

    expect(await statuses(app, '/health/live', ['a', 'b', 'c'])).toEqual([200, 200, 200]);
    expect(await statuses(app, '/metrics', ['a', 'b'])).toEqual([200, 200]);
  });

  it.each(['/health/x', '/health/live/', '/metrics/x', '/actuator/prometheus/x'])(
    'limits requests for a path below those of probes: %s',
    async (path) => {
      stopTheClock();
      const app = await startHarbour({ CLIENT_RATE_LIMIT: '1' });

      expect(await statuses(app, path, ['a', 'b'])).toEqual([404, 429]);
    },
  );

  it('does not limit requests when it is 0', async () => {
    stopTheClock();
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '0' });

    expect(
      new Set(
        await statuses(
          app,
          '/berths',
          Array.from({ length: 20 }, () => 'a'),
        ),
      ),
    ).toEqual(new Set([200]));
  });

  it.each([
    ['no proxy', {}, [200, 429, 429]],
    ['another network', { TRUST_PROXY: '192.0.2.0/24' }, [200, 429, 429]],
    ['the peer', { TRUST_PROXY: 'loopback' }, [200, 200, 429]],
    ['one hop', { TRUST_PROXY: '1' }, [200, 200, 429]],
  ])('uses the client’s address of X-Forwarded-For when it trusts %s', async (_, environment, expected) => {
    stopTheClock();
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '1', ...environment });

    expect(await statuses(app, '/berths', ['192.0.2.1', '192.0.2.2', '192.0.2.2'])).toEqual(expected);
  });

  it('ignores an address that the client itself adds', async () => {
    stopTheClock();
    const app = await startHarbour({ CLIENT_RATE_LIMIT: '1', TRUST_PROXY: 'loopback' });

    expect(await statuses(app, '/berths', ['192.0.2.1, 192.0.2.9', '192.0.2.2, 192.0.2.9'])).toEqual([200, 429]);
  });
});

describe('MAX_REQUESTS_IN_FLIGHT', () => {
  it('refuses a further request before its body is read, and admits later ones', async () => {
    const app = await startHarbour({ MAX_REQUESTS_IN_FLIGHT: '1' });
    const { events, bodies } = app.get(BerthsController);
    const waiting = once(events, 'waiting');
    const held = fetch(`${await app.getUrl()}/berths/wait`);
    const [finish] = (await waiting) as [() => void];

    const shed = await http(app).post('/berths').set('x-request-id', 'r-1').send({});
    const below = await http(app).get('/health/x');
    const [ready, metrics] = [await http(app).get('/health/live'), await http(app).get('/metrics')];
    finish();
    await held;

    expect(shed.status).toBe(503);
    expect(shed.headers).toMatchObject({ ...problemHeaders, 'retry-after': '1', 'x-content-type-options': 'nosniff' });
    expect(shed.body).toMatchObject({ type: 'urn:breakwater:problem:overloaded', status: 503, requestId: 'r-1' });
    expect(bodies).toEqual([]);
    expect([below.status, ready.status]).toEqual([503, 200]);
    expect(metrics.text).toContain('http_server_requests_in_flight 1');
    expect(metrics.text).toContain('http_server_requests_shed_total{reason="in_flight"} 2');
    await vi.waitFor(async () => expect((await http(app).get('/berths')).status).toBe(200));
  });

  it('does not count a client that has disconnected', async () => {
    const app = await startHarbour({ MAX_REQUESTS_IN_FLIGHT: '1' });
    const client = new AbortController();
    const waiting = once(app.get(BerthsController).events, 'waiting');
    const held = fetch(`${await app.getUrl()}/berths/wait`, { signal: client.signal });
    await waiting;

    client.abort();

    await expect(held).rejects.toThrow('aborted');
    await vi.waitFor(async () => expect((await http(app).get('/berths')).status).toBe(200));
  });
});

/** Opens a connection and sends a part of a request. */
async function sendPart(app: NestFastifyApplication, head: string) {
  const { port } = new URL(await app.getUrl());
  const socket = connect(Number(port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  socket.write(head);
  await once(socket, 'ready');
  return socket;
}

describe('MAX_REQUESTS_IN_FLIGHT with clients that send slowly', () => {
  it('counts a request from the moment it has arrived completely', async () => {
    const app = await startHarbour({ MAX_REQUESTS_IN_FLIGHT: '2' });
    const begun = vi.fn<() => void>();
    app.getHttpServer().on('request', begun);
    const slow = await Promise.all(Array.from({ length: 5 }, () => sendPart(app, halfPost)));
    await vi.waitFor(() => expect(begun).toHaveBeenCalledTimes(5), { timeout: 60_000 });

    const other = await http(app).post('/berths').send({});
    slow[0]!.end('}');

    expect(other.status).toBe(201);
    expect(await text(slow[0]!)).toMatch(/^HTTP\/1\.1 201 /);
  });

  it('refuses a request that is complete only when too many others are in flight', async () => {
    const app = await startHarbour({ MAX_REQUESTS_IN_FLIGHT: '1' });
    const { events, bodies } = app.get(BerthsController);
    const slow = await sendPart(app, halfPost);
    const waiting = once(events, 'waiting');
    const held = fetch(`${await app.getUrl()}/berths/wait`);
    const [finish] = (await waiting) as [() => void];

    slow.end('}');

    expect(await text(slow)).toMatch(/^HTTP\/1\.1 503 /);
    expect(bodies).toEqual([]);
    finish();
    await held;
  });
});

describe('MAX_REQUESTS_IN_FLIGHT_PER_CLIENT', () => {
  const waitAs = async (app: NestFastifyApplication, client: string) => {
    const waiting = once(app.get(BerthsController).events, 'waiting');
    const response = fetch(`${await app.getUrl()}/berths/wait`, { headers: { 'x-forwarded-for': client } });
    const [finish] = (await waiting) as [() => void];
    return async () => {
      finish();
      await response;
    };
  };
  const statusFor = async (app: NestFastifyApplication, client: string) =>
    (await http(app).get('/berths').set('x-forwarded-for', client)).status;

  it('refuses further requests of a client that holds half of the limit, and admits those of others', async () => {
    const app = await startHarbour({ MAX_REQUESTS_IN_FLIGHT: '4', TRUST_PROXY: 'loopback' });
    const held = [await waitAs(app, '192.0.2.1'), await waitAs(app, '192.0.2.1')];

    const refused = await http(app).get('/berths').set('x-forwarded-for', '192.0.2.1').set('x-request-id', 'r-1');
    const other = await statusFor(app, '192.0.2.2');
    for (const end of held) await end();

    expect(refused.status).toBe(429);
    expect(refused.headers).toMatchObject({ ...problemHeaders, 'retry-after': '1' });
    expect(refused.body).toMatchObject({
      type: 'urn:breakwater:problem:too-many-requests',
      detail: 'A client may have 2 requests in flight. Try again when one of them has ended.',
    });
    expect(other).toBe(200);
    await vi.waitFor(async () => expect(await statusFor(app, '192.0.2.1')).toBe(200));
    expect((await http(app).get('/metrics')).text).toMatch(
      /^http_server_requests_shed_total\{reason="client_in_flight"\} [1-9]/m,
    );
  });

  it.each([
    ['1', 429],
    ['0', 200],
  ])('%s: the response to a second request of a client is %i', async (limit, status) => {
    const app = await startHarbour({ MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: limit });
    const end = await waitAs(app, '192.0.2.1');

    expect(await statusFor(app, '192.0.2.2')).toBe(status);
    await end();
  });
});

describe('AllowedMethods', () => {
  const methods = new AllowedMethods();
  methods.add({ method: 'GET', url: '/berths' });
  methods.add({ method: ['POST', 'GET'], url: '/berths' });
  methods.add({ method: 'GET', url: '/berths/:id' });
  methods.add({ method: 'DELETE', url: '/berths/:id' });
  methods.add({ method: 'PUT', url: '/berths/:id/lamps/:lamp' });
  methods.add({ method: 'OPTIONS', url: '/*' });

  it.each([
    ['/berths', ['GET', 'POST']],
    ['/%62erths', ['GET', 'POST']],
    ['/berths/7', ['DELETE', 'GET']],
    ['/berths/7/lamps/1', ['PUT']],
  ])('lists the methods of %s', (path, allowed) => {
    expect(methods.of(path)).toEqual(allowed);
  });

  it.each(['/', '/berths/', '/berths/7/', '/berths%2F7', '/ships', '/berths/7/lamps', '/berths//lamps/1'])(
    'lists none for the unknown path %s',
    (path) => {
      expect(methods.of(path)).toEqual([]);
    },
  );
});

describe('toTrustProxy', () => {
  it('trusts the given number of proxies', () => {
    const trusts = toTrustProxy(2) as (address: string, hop: number) => boolean;

    expect([0, 1, 2].map((hop) => trusts('192.0.2.1', hop))).toEqual([true, true, false]);
  });
});
