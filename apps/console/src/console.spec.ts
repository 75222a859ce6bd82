import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeRefusals, exchange } from '@breakwater/service-kit/testing';
import { readConsoleConfig } from './console.config.ts';
import { createConsole } from './console.ts';
import { ProcessControl } from './controls/process-control.ts';

interface ReceivedRequest {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
}

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A stand-in for a replica. It records the requests that change something. */
async function replica(name: string, respond: (request: IncomingMessage) => number) {
  const requests: ReceivedRequest[] = [];
  const urls: (string | undefined)[] = [];
  const streams: ServerResponse[] = [];
  const held: ServerResponse[] = [];
  let experiments: 'respond' | 'disconnect' | 'hold' = 'respond';
  const server = createServer((request, response) => {
    response.setHeader('x-instance', name);
    urls.push(request.url);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      if (url === '/actuator/circuitbreakerwindows')
        response.end('{"circuitBreakers":{"customer":{"state":"CLOSED"},"count-slow":{"state":"CLOSED"}}}');
      else if (url === '/actuator/endpointpools')
        response.end('{"endpointPools":{"customer":{"endpoints":{"127.0.0.1:3001":{"state":"EJECTED"}}}}}');
      else if (url === '/actuator/doctor') response.end('{"findings":[],"traffic":{}}');
      else if (url === '/metrics') response.end('account_pending_verifications 3\n');
      else if (url === '/experiments/customer-lookups' && experiments === 'disconnect') request.socket.destroy();
      else if (url === '/experiments/customer-lookups' && experiments === 'hold') held.push(response);
      else if (url === '/actuator/events/stream') {
        streams.push(response);
        response.write(message('snapshot', { circuitBreakers: { customer: { state: 'CLOSED' } } }));
      } else {
        requests.push({ method, url, authorization: headers.authorization, body: Buffer.concat(chunks).toString() });
        response.writeHead(respond(request), { 'content-type': 'application/json' }).end('{}');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    /** Of all requests, also of those that change nothing. */
    urls,
    disconnectExperiments: () => (experiments = 'disconnect'),
    holdExperiments: () => (experiments = 'hold'),
    heldExperiments: () => held.map(({ destroyed }) => (destroyed ? 'disconnected' : 'connected')),
    emit: (type: string, data: object) => streams.forEach((stream) => stream.write(message(type, data))),
  };
}

const accepts = (token: string) => (request: IncomingMessage) =>
  request.headers.authorization === `Bearer ${token}` ? 200 : 401;

const message = (type: string, data: object) => `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

async function start(environment: Record<string, string> = {}) {
  const accounts = [
    await replica('account-1', accepts('open-sesame')),
    await replica('account-2', accepts('open-sesame')),
  ];
  const customers = [
    await replica('customer-1', accepts('break-it')),
    await replica('customer-2', accepts('break-it')),
  ];
  const page = mkdtempSync(path.join(tmpdir(), 'console-page-'));
  writeFileSync(path.join(page, 'index.html'), '<!doctype html><title>page</title>');
  const config = readConsoleConfig({
    LOG_LEVEL: 'silent',
    PORT: '0',
    ACCOUNT_URL: accounts.map(({ url }) => url).join(),
    CUSTOMER_URL: customers.map(({ url }) => url).join(),
    ...environment,
  });
  const app = createConsole(config, page);
  // The loggers of requests are children of this one.
  const log = vi.fn<(message: unknown) => void>();
  const createChild = app.log.child.bind(app.log);
  vi.spyOn(app.log, 'child').mockImplementation((...args) =>
    Object.assign(createChild(...args), { error: log, warn: log }),
  );
  cleanups.push(
    () => rmSync(page, { recursive: true }),
    () => app.close(),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(200));
  const call = async (method: string, route: string, body?: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/console/api${route}`, {
      method,
      headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { app, url, call, accounts, customers, logged: () => log.mock.calls };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

/** The first snapshot in the stream of a page. */
async function firstSnapshot(url: string): Promise<unknown> {
  const client = new AbortController();
  cleanups.push(() => client.abort());
  const { body } = await fetch(`${url}/console/api/stream`, { signal: client.signal });
  let received = '';
  for await (const part of body!.pipeThrough(new TextDecoderStream())) {
    received += part;
    const [, data] = /^event: snapshot\ndata: (.*)\n\n/m.exec(received) ?? [];
    if (data !== undefined) return JSON.parse(data);
  }
  throw new Error('the stream has ended without a snapshot');
}

describe('a connection to the console', () => {
  it.each(['/console/api/faults', '/console/', '/health/ready', '/nowhere', '/%'])(
    'gets responses to sixteen of the requests for %s that are sent at once, and one refusal',
    async (route) => {
      const { url, customers } = await start();
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      cleanups.push(() => socket.destroy());

      socket.write(`GET ${route} HTTP/1.1\r\nhost: console\r\n\r\n`.repeat(50));

      const received = await text(socket);
      const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
      expect(statuses).toHaveLength(17);
      expect(statuses.indexOf('429')).toBe(16);
      expect(received).toContain('A connection may have 16 requests without a response');
      // Concurrent readers share the responses of the replicas.
      for (const { requests } of customers) expect(requests.length).toBeLessThan(16);
    },
  );
});

describe('the stream of the console', () => {
  const open = async (url: string, method = 'GET', headers: Record<string, string> = {}) => {
    const client = new AbortController();
    cleanups.push(() => client.abort());
    return fetch(`${url}/console/api/stream`, { method, headers, signal: client.signal });
  };

  it.each([
    ['half of its slots', 25, {}],
    ['MAX_REQUESTS_IN_FLIGHT_PER_CLIENT', 2, { MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '2' }],
  ])('can be held by one client up to %s', async (_, max, environment) => {
    const { url } = await start(environment);

    const held = await Promise.all(Array.from({ length: max }, () => open(url)));
    const further = await open(url);

    expect(held.filter(({ status }) => status !== 200)).toEqual([]);
    expect(further.status).toBe(429);
    expect(await further.json()).toMatchObject({
      // The requests in flight are limited by the variable, too.
      detail: expect.stringContaining(`${max} `) as string,
    });
    await held[0]?.body?.cancel();
    await vi.waitFor(async () => expect((await open(url)).status).toBe(200), { timeout: 60_000 });
  });

  it('responds to HEAD with the headers at once, and holds no slot for it', async () => {
    const { url } = await start();

    const heads = await Promise.all(Array.from({ length: 60 }, () => open(url, 'HEAD')));

    expect(heads.filter(({ status }) => status !== 200)).toEqual([]);
    expect(heads[0]?.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect((await open(url)).status).toBe(200);
  });

  it('responds with 412 to If-Match, since it has no tag, and holds no slot then', async () => {
    const { url } = await start({ MAX_REQUESTS_IN_FLIGHT_PER_CLIENT: '1' });

    const refused = await open(url, 'GET', { 'if-match': '"1"' });
    const head = await open(url, 'HEAD', { 'if-match': '"1"' });

    expect([refused.status, head.status]).toEqual([412, 412]);
    expect(await refused.json()).toMatchObject({ type: 'urn:breakwater:problem:precondition-failed' });
    await vi.waitFor(async () => expect((await open(url, 'GET', { 'if-match': '*' })).status).toBe(200));
  });
});

describe("the console's server", () => {
  it('sends no request to a replica before a page opens the stream, and follows each of them then', async () => {
    const { url, accounts, customers } = await start();
    for (const path of ['/health/ready', '/console/', '/console/']) await (await fetch(`${url}${path}`)).text();
    const received = () => [...accounts, ...customers].flatMap(({ urls }) => urls);
    expect(received()).toEqual([]);

    const stopped = new AbortController();
    await fetch(`${url}/console/api/stream`, { signal: stopped.signal });

    await vi.waitFor(() => expect(received().filter((path) => path === '/actuator/events/stream')).toHaveLength(2));
    await vi.waitFor(() => expect(received().filter((path) => path === '/metrics')).toHaveLength(4));
    stopped.abort();
  });

  it('forwards faults and the token to every replica of customer', async () => {
    const { call, customers } = await start();

    const { status, body } = await call('PUT', '/faults', { latency: '2s' }, bearer('break-it'));

    const expected = { method: 'PUT', url: '/faults', authorization: 'Bearer break-it', body: '{"latency":"2s"}' };
    expect(customers.map(({ requests }) => requests)).toEqual([[expected], [expected]]);
    expect(status).toBe(200);
    expect(body['replicas']).toMatchObject([{ replica: 'customer-1' }, { replica: 'customer-2' }]);
  });

  it('forwards faults to the chosen replica of customer only', async () => {
    const { call, customers } = await start();
    const change = () => call('PUT', '/faults?replica=customer-2', { latency: '2s' }, bearer('break-it'));
    // The name is known once the replica has been polled.
    await vi.waitFor(async () => expect((await change()).status).toBe(200));

    expect(customers.map(({ requests }) => requests.length)).toEqual([0, 1]);
  });

  it('refuses faults for a replica that it does not know', async () => {
    const { call, customers } = await start();

    const { status, body } = await call('PUT', '/faults?replica=customer-9', { latency: '2s' }, bearer('break-it'));

    expect([status, body['detail']]).toEqual([404, 'No replica of customer has the name customer-9.']);
    expect(customers.flatMap(({ requests }) => requests)).toEqual([]);
  });

  it('has no token of its own, and does not store any', async () => {
    const { call, customers } = await start();
    await call('DELETE', '/faults', undefined, bearer('break-it'));

    const { status } = await call('DELETE', '/faults');

    expect(status).toBe(401);
    expect(customers.map(({ requests }) => requests[1]?.authorization)).toEqual([undefined, undefined]);
  });

  it('changes the circuit breaker of the chosen replica only', async () => {
    const { call, accounts } = await start();
    const body = { updateState: 'FORCE_OPEN', replicas: ['account-2'] };

    expect((await call('POST', '/breakers/customer', body, bearer('open-sesame'))).status).toBe(200);

    expect(accounts.map(({ requests }) => requests.map(({ url, body }) => `${url} ${body}`))).toEqual([
      [],
      ['/actuator/circuitbreakers/customer {"updateState":"FORCE_OPEN"}'],
    ]);
  });

  it('changes no circuit breaker when one of the chosen replicas is unknown, and names it', async () => {
    const { call, accounts } = await start();
    const body = { updateState: 'FORCE_OPEN', replicas: ['account-2', 'account-9'] };

    expect(await call('POST', '/breakers/customer', body, bearer('open-sesame'))).toMatchObject({
      status: 503,
      body: { detail: 'No replica of account has the name account-9.' },
    });
    expect(accounts.flatMap(({ requests }) => requests)).toEqual([]);
  });

  it('reports why an experiment cannot start: unknown replica, no available replica, or no circuit breaker', async () => {
    const { call } = await start();
    const unavailable = await start({ ACCOUNT_URL: 'http://127.0.0.1:2' });

    expect(await call('POST', '/experiments/count-slow', { replica: 'account-9' })).toMatchObject({
      status: 404,
      body: { detail: 'No replica of account has the name account-9.' },
    });
    expect(await unavailable.call('POST', '/experiments/count-slow')).toMatchObject({
      status: 503,
      body: { detail: 'No replica of account is available (127.0.0.1:2: ECONNREFUSED).' },
    });
    expect(await call('POST', '/experiments/time-minimum-5')).toMatchObject({
      status: 404,
      body: { detail: 'No replica of account has a circuit breaker time-minimum-5.' },
    });
  });

  it('names the replica and the reason when the connection of an experiment fails', async () => {
    const { call, accounts } = await start();
    accounts[0]!.disconnectExperiments();

    expect(await call('POST', '/experiments/count-slow', { replica: 'account-1' })).toMatchObject({
      status: 502,
      body: { detail: 'account-1 does not respond: UND_ERR_SOCKET.' },
    });
  });

  it('ends an experiment without an error in the log when the page disconnects', async () => {
    const { url, accounts, logged } = await start();
    accounts[0]!.holdExperiments();
    const page = new AbortController();
    const body = JSON.stringify({ replica: 'account-1' });
    const headers = { 'content-type': 'application/json' };
    const options = { method: 'POST', headers, body, signal: page.signal };
    const experiment = fetch(`${url}/console/api/experiments/count-slow`, options).catch(() => 'disconnected');
    await vi.waitFor(() => expect(accounts[0]!.heldExperiments()).toEqual(['connected']));

    page.abort();

    expect(await experiment).toBe('disconnected');
    await vi.waitFor(() => expect(accounts[0]!.heldExperiments()).toEqual(['disconnected']));
    // A response shows that the console has processed the disconnection.
    await fetch(`${url}/health/live`);
    expect(logged()).toEqual([]);
  });

  it('sends load only with CONSOLE_LOAD=true, and within its limits', async () => {
    const calm = await start();
    const busy = await start({ CONSOLE_LOAD: 'true', LOAD_URL: 'http://127.0.0.1:1' });

    const plan = (...stages: [rate: number, seconds: number][]) => ({
      startRate: 5,
      stages: stages.map(([rate, seconds]) => ({ rate, seconds })),
    });

    expect((await calm.call('PUT', '/load', plan([5, 5]))).status).toBe(403);
    expect((await busy.call('PUT', '/load', plan([101, 5]))).status).toBe(400);
    expect((await busy.call('PUT', '/load', { ...plan([5, 5]), startRate: 101 })).status).toBe(400);
    expect((await busy.call('PUT', '/load', plan([5, 601]))).status).toBe(400);
    expect((await busy.call('PUT', '/load', plan([5, 300], [6, 301]))).status).toBe(400);
    expect((await busy.call('PUT', '/load', plan())).status).toBe(400);
    expect(await busy.call('PUT', '/load', plan([5, 5], [9, 5]))).toMatchObject({ status: 200, body: { rate: 5 } });
    expect(await busy.call('DELETE', '/load')).toMatchObject({ status: 200, body: { rate: 0 } });
  });

  describe('processes of replicas', () => {
    /** A stand-in for the program that has started the replicas. */
    async function controlOfProcesses(): Promise<{ url: string; requests: string[] }> {
      const requests: string[] = [];
      const server = createServer(({ method, url, headers }, response) => {
        if (url === '/replicas') response.end('{"replicas":[{"name":"account-1","state":"frozen"}]}');
        else {
          requests.push(`${method} ${url} ${headers.authorization}`);
          const isStarting = url === '/replicas/account-2/kill';
          response.writeHead(isStarting ? 409 : 200).end(isStarting ? '{"detail":"account-2 is starting."}' : '{}');
        }
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      cleanups.push(() => {
        server.closeAllConnections();
        server.close();
      });
      return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
    }

    it('are sent to the pages and changed with the token of the request', async () => {
      const control = await controlOfProcesses();
      const { url, call } = await start({ PROCESS_CONTROL_URL: control.url });

      expect(await firstSnapshot(url)).toMatchObject({ processes: [{ name: 'account-1', state: 'frozen' }] });
      expect(await call('POST', '/processes/account-1/kill', undefined, bearer('t'))).toMatchObject({ status: 200 });
      expect(await call('POST', '/processes/account-2/kill', undefined, bearer('t'))).toMatchObject({
        status: 409,
        body: { detail: 'account-2 is starting.' },
      });
      expect(control.requests).toEqual([
        'POST /replicas/account-1/kill Bearer t',
        'POST /replicas/account-2/kill Bearer t',
      ]);
    });

    it('cannot be changed without PROCESS_CONTROL_URL, and nothing but them', async () => {
      const control = await controlOfProcesses();
      const [without, withControl] = [await start(), await start({ PROCESS_CONTROL_URL: control.url })];

      expect(await firstSnapshot(without.url)).toMatchObject({ processes: null });
      expect(await without.call('POST', '/processes/account-1/kill', undefined, bearer('t'))).toMatchObject({
        status: 404,
        body: { detail: expect.stringContaining('npm run demo') },
      });
      expect((await withControl.call('POST', '/processes/..%2Fx/kill', undefined, bearer('t'))).status).toBe(400);
      expect((await withControl.call('POST', '/processes/account-1/stop', undefined, bearer('t'))).status).toBe(400);
      expect(control.requests).toEqual([]);
    });

    it('stay as they were while the program that has started them is too busy to respond', async () => {
      let isBusy = false;
      const server = createServer((_, response) => {
        if (isBusy) response.destroy();
        else response.end('{"replicas":[{"name":"account-1","state":"running"}]}');
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      cleanups.push(() => server.close());
      const control = new ProcessControl(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const before = await control.list();

      isBusy = true;

      expect(before).toEqual([{ name: 'account-1', state: 'running' }]);
      expect(await control.list()).toBe(before);
    });

    it('are not known while the program that has started them has never responded', async () => {
      const { url, call } = await start({ PROCESS_CONTROL_URL: 'http://127.0.0.1:1' });

      expect(await firstSnapshot(url)).toMatchObject({ processes: null });
      expect(await call('POST', '/processes/account-1/kill')).toMatchObject({
        status: 502,
        body: { detail: expect.stringMatching(/^The demo does not respond: /) },
      });
    });
  });

  it('rejects requests of pages from other sites', async () => {
    const { call, customers } = await start();
    const headers = { ...bearer('break-it'), 'sec-fetch-site': 'cross-site' };

    expect((await call('PUT', '/faults', {}, headers)).status).toBe(403);
    expect(customers.flatMap(({ requests }) => requests)).toEqual([]);
  });

  describe('refuses what a page of another site can send', () => {
    const send = async (url: string, method: string, headers: Record<string, string>, body = '{}') => {
      const sent = httpRequest(url, { method, headers: { 'content-type': 'application/json', ...headers } });
      sent.end(method === 'GET' ? undefined : body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      return { status: response.statusCode, location: response.headers.location, body: await response.toArray() };
    };

    it.each([
      ['another name', 'http://evil.example'],
      ['no origin', 'null'],
      ['another port', 'http://localhost:1'],
      ['the same port of another name', 'http://evil.example:PORT'],
      ['a name that starts alike', 'http://localhost.evil.example:PORT'],
      ['no URL', 'localhost:PORT'],
    ])('by an Origin with %s: %s', async (_what, origin) => {
      const { url, customers } = await start();
      const { port } = new URL(url);
      const headers = { ...bearer('break-it'), host: `localhost:${port}`, origin: origin.replace('PORT', port) };

      for (const [method, route] of [
        ['PUT', '/faults'],
        ['PUT', '/load'],
        ['POST', '/experiments/count-slow'],
        ['POST', '/processes/account-1/kill'],
        ['GET', '/stream'],
      ] as const) {
        expect([route, (await send(`${url}/console/api${route}`, method, headers)).status]).toEqual([route, 403]);
      }
      expect(customers.flatMap(({ requests }) => requests)).toEqual([]);
    });

    it.each([
      ['evil.example', undefined],
      ['evil.example:3002', undefined],
      ['localhost.evil.example', undefined],
      ['127.0.0.1.evil.example', undefined],
      ['10.0.0.1', undefined],
      ['local%68ost', undefined],
      // Where the variable is set, its names are the only ones.
      ['localhost', 'console.example'],
    ])('by the Host %s with ALLOWED_HOSTS %s', async (host, names) => {
      const { url, customers } = await start(names === undefined ? {} : { ALLOWED_HOSTS: names });

      expect((await send(`${url}/console/api/faults`, 'PUT', { host, ...bearer('break-it') })).status).toBe(403);
      expect((await send(`${url}/console/`, 'GET', { host })).status).toBe(403);
      expect((await send(`${url}/`, 'GET', { host })).location).toBeUndefined();
      expect((await send(`${url}/health/ready`, 'GET', { host })).status).toBe(200);
      expect(customers.flatMap(({ requests }) => requests)).toEqual([]);
    });

    it.each([
      [{ host: 'localhost' }],
      [{ host: 'LOCALHOST:8080' }],
      [{ host: 'console.localhost:8080' }],
      [{ host: '127.8.8.8' }],
      [{ host: '[::1]:8080' }],
      [{ host: 'console.example' }],
      [{ host: 'localhost:8080', origin: 'http://localhost:8080', 'sec-fetch-site': 'same-origin' }],
      // Behind TLS, whose default port is another.
      [{ host: 'console.example', origin: 'https://console.example' }],
      [{ host: 'console.example:443', origin: 'https://console.example' }],
    ])('but not %j', async (headers) => {
      const { url } = await start({ ALLOWED_HOSTS: 'loopback, Console.example' });

      expect((await send(`${url}/console/api/faults`, 'PUT', { ...bearer('break-it'), ...headers })).status).toBe(200);
    });

    it('by no redirection to the Host of the request', async () => {
      const { url } = await start({ ALLOWED_HOSTS: 'console.example' });

      for (const route of ['/', '/console', '/console//evil.example/..']) {
        const { location = '/' } = await send(url + route, 'GET', { host: 'console.example' });
        expect(location).toMatch(/^\/(?!\/)/);
      }
    });
  });

  it('runs only experiments, whose circuit breakers no other call uses', async () => {
    const { call } = await start();

    expect(await call('POST', '/experiments/customer')).toMatchObject({
      status: 404,
      body: {
        detail:
          'There is no experiment customer. There are count-slow, count-failures-only, count-minimum-above-window, ' +
          'time-minimum-5, time-minimum-6.',
      },
    });
  });

  it.each([
    ['PUT', '/faults'],
    ['PUT', '/faults/timeline'],
    ['PUT', '/load'],
    ['POST', '/breakers/customer'],
    ['POST', '/experiments/count-slow'],
  ])('refuses a deeply nested body of %s %s', async (method, route) => {
    const { url, accounts, customers } = await start();

    const body = '['.repeat(30_000) + ']'.repeat(30_000);
    const options = { method, headers: { 'content-type': 'application/json' }, body };
    const response = await fetch(`${url}/console/api${route}`, options);

    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      detail: 'The body is nested too deeply; at most 32 levels of objects and arrays are allowed.',
    });
    expect([...accounts, ...customers].flatMap(({ requests }) => requests)).toEqual([]);
  });

  it.each(['%2e', '%2E%2e', '%2e.'])(
    'refuses a circuit breaker named %s, which would be another path',
    async (name) => {
      const { url, accounts } = await start();
      const { port } = new URL(url);
      const body = JSON.stringify({ updateState: 'CLOSE' });
      const headers = { ...bearer('open-sesame'), 'content-type': 'application/json' };
      // fetch would remove the segment.
      const path = `/console/api/breakers/${name}`;
      const sent = httpRequest({ port, path, method: 'POST', headers });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      response.resume();

      expect(response.statusCode).toBe(400);
      expect(accounts.flatMap(({ requests }) => requests)).toEqual([]);
    },
  );

  it('refuses to start with credentials in a URL, and does not show them', () => {
    const read = () => readConsoleConfig({ ACCOUNT_URL: 'http://u:s3cret@h', LOAD_URL: 'http://h:port/s3cret@h' });

    expect(read).toThrow(
      'ACCOUNT_URL is "http://u:***@h": must not contain a user name or a password, because the console cannot send them',
    );
    expect(read).not.toThrow('s3cret');
  });

  it.each([
    'javascript:alert("{traceId}")',
    'javascript://x/%0aalert(1)/{traceId}',
    'data:text/html,{traceId}',
    'http://jaeger/trace/',
    'http://{traceId}/trace',
    'http://jaeger?x={traceId}',
    'http://u:p@jaeger/trace/{traceId}',
    'http://jaeger/{trace}/{traceId}',
    'http://jaeger:port/trace/{traceId}',
    '//jaeger/trace/{traceId}',
    '/trace/{traceId}',
  ])('refuses to start with %s as the address of traces', (url) => {
    expect(() => readConsoleConfig({ TRACE_URL: url })).toThrow(/^.*TRACE_URL is /s);
  });

  it('sends the address of traces to the page, and none without one', async () => {
    const traceUrl = 'https://grafana.example/explore?trace={traceId}&org=1';
    const historyOf = async (environment: Record<string, string>) => {
      const { url } = await start(environment);
      const stopped = new AbortController();
      const { body } = await fetch(`${url}/console/api/stream`, { signal: stopped.signal });
      const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      while (!/event: history\ndata: .*\n\n/.test(text)) text += (await reader.read()).value;
      stopped.abort();
      return JSON.parse(/event: history\ndata: (.*)\n/.exec(text)![1]!) as unknown;
    };

    expect(await historyOf({ TRACE_URL: traceUrl })).toMatchObject({ traceUrl });
    expect(await historyOf({ TRACE_URL: '' })).toMatchObject({ traceUrl: null });
  });

  it('streams all replicas', async () => {
    const { url } = await start();
    const stopped = new AbortController();
    const { body, headers } = await fetch(`${url}/console/api/stream`, { signal: stopped.signal });

    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    while (!text.includes('event: snapshot\ndata: ') || !text.endsWith('\n\n')) text += (await reader.read()).value;
    stopped.abort();

    const snapshot = JSON.parse(/event: snapshot\ndata: (.*)\n/.exec(text)![1]!);
    expect(headers.get('content-type')).toContain('text/event-stream');
    expect(text).toContain('event: history\n');
    expect(snapshot).toMatchObject({
      accounts: [
        {
          name: 'account-1',
          problem: null,
          breakers: { customer: { state: 'CLOSED' } },
          pools: { customer: { endpoints: { '127.0.0.1:3001': { state: 'EJECTED' } } } },
        },
        { name: 'account-2', problem: null },
      ],
      customers: [{ name: 'customer-1' }, { name: 'customer-2' }],
      pending: { accounts: 3 },
    });
  });

  it('streams a transition as the event that the replica has sent, with the state of each circuit breaker', async () => {
    const { url, accounts } = await start();
    const stopped = new AbortController();
    const { body } = await fetch(`${url}/console/api/stream`, { signal: stopped.signal });
    const reader = body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const readUntil = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader.read()).value;
    };
    await readUntil('"replica":"account-2","breaker":"customer","state":"CLOSED"');

    const transition = { from: 'CLOSED', to: 'OPEN' };
    const creationTime = '2026-01-01T00:00:00.000Z';
    const event = { pattern: 'circuitBreaker', name: 'customer', type: 'STATE_TRANSITION', creationTime, transition };
    accounts[1]?.emit('STATE_TRANSITION', event);

    await readUntil(`"type":"STATE_TRANSITION","transition":${JSON.stringify(transition)}`);
    await readUntil('"replica":"account-2","breaker":"customer","state":"OPEN"');
    stopped.abort();
    expect(text).not.toContain('"replica":"account-1","breaker":"customer","state":"OPEN"');
  });

  it('allows the page to run only its own files', async () => {
    const { url } = await start();
    const response = await fetch(`${url}/console`);

    expect(response.url).toBe(`${url}/console/`);
    expect(await response.text()).toContain('<title>page</title>');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('cache-control')).toBe('no-cache');
  });
});

describeRefusals('the console', {
  start: async () => (await start({ CLIENT_RATE_LIMIT: '0' })).url,
  routes: {
    '/console/api/faults': ['DELETE', 'GET', 'HEAD', 'PATCH', 'PUT'],
    '/console/api/load': ['DELETE', 'PUT'],
    '/console/index.html': ['GET', 'HEAD'],
    '/health/live': ['GET', 'HEAD'],
  },
});

describe('the limits of the console', () => {
  const problem = { 'content-type': expect.stringMatching(/^application\/problem\+json/) as string };

  it('responds with 408 to a body that does not arrive in time', async () => {
    const { app, url } = await start();
    expect(app.server).toMatchObject({ requestTimeout: 30_000, headersTimeout: 30_000 });
    Object.assign(app.server, { requestTimeout: 50, headersTimeout: 50 });
    const head = 'PUT /console/api/load HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n';

    const response = await exchange(url, `${head}content-length: 9\r\n\r\n{`);

    expect(response).toMatchObject({ status: 408, headers: problem });
  });

  it('limits the requests per second of one client, by the address that its proxy forwards', async () => {
    const { url } = await start({ CLIENT_RATE_LIMIT: '1', TRUST_PROXY: 'loopback' });
    vi.useFakeTimers({ toFake: ['Date'] });
    cleanups.push(() => vi.useRealTimers());
    const statusFor = async (client: string) =>
      (await fetch(`${url}/console/`, { headers: { 'x-forwarded-for': client } })).status;

    expect([await statusFor('192.0.2.1'), await statusFor('192.0.2.1'), await statusFor('192.0.2.2')]).toEqual([
      200, 429, 200,
    ]);
  });

  it('limits the requests in flight of one client to half of all', async () => {
    const { url, accounts } = await start({ MAX_REQUESTS_IN_FLIGHT: '2', TRUST_PROXY: 'loopback' });
    accounts[0]!.holdExperiments();
    const stopped = new AbortController();
    const experiment = fetch(`${url}/console/api/experiments/count-slow`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1' },
      body: JSON.stringify({ replica: 'account-1' }),
      signal: stopped.signal,
    }).catch(() => 'disconnected');
    await vi.waitFor(() => expect(accounts[0]!.heldExperiments()).toEqual(['connected']));
    const responseFor = (client: string) => fetch(`${url}/console/`, { headers: { 'x-forwarded-for': client } });

    const refused = await responseFor('192.0.2.1');
    const other = await responseFor('192.0.2.2');
    const probe = await fetch(`${url}/health/live`);
    stopped.abort();

    expect(refused.status).toBe(429);
    expect(Object.fromEntries(refused.headers)).toMatchObject({ ...problem, 'retry-after': '1' });
    expect([other.status, probe.status]).toEqual([200, 200]);
    await experiment;
  });

  it.each([
    ['a status of a replica', 'DELETE', '/faults', 401],
    ['a name that is invalid', 'POST', '/breakers/..%20', 400],
    ['a replica that is unknown', 'POST', '/experiments/unknown', 404],
  ])('responds to %s with a problem document', async (_, method, route, status) => {
    const { url } = await start();

    const response = await fetch(`${url}/console/api${route}`, { method });

    expect(response.status).toBe(status);
    expect(Object.fromEntries(response.headers)).toMatchObject(problem);
    expect(await response.json()).toMatchObject({ status, instance: `/console/api${route}` });
  });

  it('responds with a problem document when a file of the page has another version', async () => {
    const { url } = await start();

    const response = await fetch(`${url}/console/`, { headers: { 'if-match': '"another"' } });

    expect(response.status).toBe(412);
    expect(Object.fromEntries(response.headers)).toMatchObject(problem);
  });
});
