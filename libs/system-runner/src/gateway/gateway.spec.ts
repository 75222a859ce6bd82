import type { RequestListener } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { freePort, loopback, urlOf } from '../ports.ts';
import { StandInServers } from '../testing/index.ts';
import { nginxValues, readNginxTemplate, renderTemplate } from './gateway-choice.ts';
import { createGateway } from './gateway.ts';

const servers = new StandInServers();
let gateway: FastifyInstance | undefined;

afterEach(async () => {
  await gateway?.close();
  await servers.stop();
});

/** Responds with its name and the request. */
const echo = (name: string): RequestListener => {
  return (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('content-type', 'application/json');
      response.setHeader('x-request-id', 'from-the-replica');
      response.setHeader('x-name', name);
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  };
};

/** An address that refuses connections. */
async function refusingUrl(): Promise<string> {
  return urlOf(await freePort());
}

const portOf = (url: string): number => Number(new URL(url).port);

interface GatewayBefore {
  readonly accountUrls: readonly string[];
  readonly consoleUrl?: string;
  readonly now?: () => number;
}

async function startGateway({
  accountUrls,
  consoleUrl,
  now = () => performance.now(),
}: GatewayBefore): Promise<string> {
  const values = nginxValues({
    port: 0,
    accountPorts: accountUrls.map(portOf),
    consolePort: consoleUrl === undefined ? undefined : portOf(consoleUrl),
    runDirectory: '/unused',
  });
  gateway = createGateway({ configuration: renderTemplate(readNginxTemplate(), values), logs: false, now });
  return gateway.listen({ host: loopback, port: 0 });
}

const gatewayTo = (...accountUrls: string[]): Promise<string> => startGateway({ accountUrls });

describe('createGateway', () => {
  it('forwards a request unchanged and returns the response', async () => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const response = await fetch(`${url}/accounts?x=1&y=a%20b`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"n": 1.0}',
    });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      method: 'POST',
      url: '/accounts?x=1&y=a%20b',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': loopback, 'x-forwarded-proto': 'http' },
      body: '{"n": 1.0}',
    });
  });

  it('balances requests', async () => {
    const url = await gatewayTo(await servers.start(echo('a')), await servers.start(echo('b')));

    const names: string[] = [];
    for (let n = 1; n <= 4; n += 1) {
      const response = await fetch(url);
      names.push(response.headers.get('x-name') ?? 'none');
    }

    expect(names).toEqual(['a', 'b', 'a', 'b']);
  });

  it('forwards the request id of a client and returns it', async () => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const response = await fetch(url, { headers: { 'x-request-id': 'my-id', 'x-request-timeout-ms': '1' } });

    expect(response.headers.get('x-request-id')).toBe('my-id');
    const { headers } = (await response.json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ 'x-request-id': 'my-id' });
    expect(headers).not.toHaveProperty('x-request-timeout-ms');
  });

  it.each([['two words'], ['a"b'], ['x'.repeat(129)]])('replaces the request id %j', async (given) => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const response = await fetch(url, { headers: { 'x-request-id': given } });

    const id = response.headers.get('x-request-id');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toMatchObject({ headers: { 'x-request-id': id } });
  });

  it('is healthy independently of the replicas', async () => {
    const url = await gatewayTo(await refusingUrl());

    const response = await fetch(`${url}/gateway/health`);

    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'up' });
  });

  it('forwards each chunk of a stream immediately', async () => {
    const nextChunk = Promise.withResolvers<void>();
    const account = await servers.start(async (_request, response) => {
      response.setHeader('content-type', 'application/x-ndjson');
      response.write('first\n');
      await nextChunk.promise;
      response.end('second\n');
    });
    const url = await gatewayTo(account);

    const response = await fetch(`${url}/experiments/customer-lookups`, { method: 'POST', body: '{}' });
    const chunks: string[] = [];
    for await (const chunk of response.body ?? []) {
      chunks.push(Buffer.from(chunk).toString());
      nextChunk.resolve();
    }

    expect(chunks).toEqual(['first\n', 'second\n']);
  });

  it('returns an error of the service without a retry', async () => {
    let requests = 0;
    const account = await servers.start((_request, response) => {
      requests += 1;
      response.writeHead(503, { 'retry-after': '7' }).end('busy');
    });
    const url = await gatewayTo(account, account);

    const response = await fetch(url);

    expect([response.status, response.headers.get('retry-after'), await response.text()]).toEqual([503, '7', 'busy']);
    expect(requests).toBe(1);
  });

  it('rejects a body that is too large', async () => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const response = await fetch(url, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) });

    expect(response.status).toBe(413);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(await response.json()).toMatchObject({ title: 'Content Too Large', status: 413 });
  });
});

describe('createGateway with a console', () => {
  it('forwards only /console to it, with body and token', async () => {
    const urls = { account: await servers.start(echo('account')), console: await servers.start(echo('console')) };
    const url = await startGateway({ accountUrls: [urls.account], consoleUrl: urls.console });
    const put = (path: string) =>
      fetch(`${url}${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: 'Bearer t' },
        body: '{"latency":"2s"}',
      }).then(async (response) => ({
        by: response.headers.get('x-name'),
        received: (await response.json()) as object,
      }));

    expect(await put('/console/api/faults')).toMatchObject({
      by: 'console',
      received: { url: '/console/api/faults', headers: { authorization: 'Bearer t' }, body: '{"latency":"2s"}' },
    });
    expect(await put('/consoles')).toMatchObject({ by: 'account' });
    // The console compares it with the origin of the page.
    expect(await put('/console/api/faults')).toMatchObject({ received: { headers: { host: new URL(url).host } } });
  });
});

describe('createGateway with a replica that refuses connections', () => {
  it('sends a GET to another replica and excludes the first one', async () => {
    const url = await gatewayTo(await refusingUrl(), await servers.start(echo('b')));

    const statuses: number[] = [];
    for (const method of ['GET', 'POST', 'GET', 'POST']) {
      const response = await fetch(url, { method });
      await response.text();
      statuses.push(response.status);
    }

    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it('sends a POST to another replica, because the first never received it', async () => {
    const url = await gatewayTo(await refusingUrl(), await servers.start(echo('b')));

    const response = await fetch(url, { method: 'POST', body: 'x' });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ method: 'POST', body: 'x' });
  });

  it('tries at most two replicas', async () => {
    const url = await gatewayTo(await refusingUrl(), await refusingUrl(), await servers.start(echo('c')));

    expect((await fetch(url)).status).toBe(502);
  });

  it('responds with 502 when there is no other replica', async () => {
    const url = await gatewayTo(await refusingUrl(), await refusingUrl());

    expect((await fetch(url)).status).toBe(502);
  });

  it('tries a replica again while no other one is left', async () => {
    const ports = [await freePort(), await freePort()];
    const url = await startGateway({ accountUrls: ports.map(urlOf), now: () => 0 });
    expect((await fetch(url)).status).toBe(502);
    await servers.start(echo('back'), ports[0]);

    expect((await fetch(url)).status).toBe(200);
  });
});

describe('createGateway with a replica that closes the connection', () => {
  const closeConnection: RequestListener = (request) => request.socket.destroy();

  it('sends a GET to another replica', async () => {
    const url = await gatewayTo(await servers.start(closeConnection), await servers.start(echo('b')));

    expect((await fetch(url)).status).toBe(200);
  });

  it('does not repeat a POST, which may have taken effect', async () => {
    let requests = 0;
    const other = await servers.start((_request, response) => {
      requests += 1;
      response.end();
    });
    const url = await gatewayTo(await servers.start(closeConnection), other);

    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(502);
    expect(requests).toBe(0);
  });

  it('repeats a POST with an idempotency key unchanged', async () => {
    const url = await gatewayTo(await servers.start(closeConnection), await servers.start(echo('b')));

    const response = await fetch(`${url}/accounts`, {
      method: 'POST',
      headers: { 'idempotency-key': 'k-1' },
      body: 'x',
    });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ method: 'POST', headers: { 'idempotency-key': 'k-1' }, body: 'x' });
  });

  it('does not repeat an experiment, even with a key', async () => {
    const url = await gatewayTo(await servers.start(closeConnection), await servers.start(echo('b')));

    const response = await fetch(`${url}/experiments/customer-lookups`, {
      method: 'POST',
      headers: { 'idempotency-key': 'k-1' },
      body: 'x',
    });

    expect(response.status).toBe(502);
  });

  it('repeats a POST with an idempotency key only once', async () => {
    const breaking = await Promise.all([1, 2].map(() => servers.start(closeConnection)));
    const url = await gatewayTo(...breaking, await servers.start(echo('c')));

    expect((await fetch(url, { method: 'POST', headers: { 'idempotency-key': 'k-1' }, body: 'x' })).status).toBe(502);
  });

  it('repeats no request after 10 s', async () => {
    let now = 0;
    const slow = await servers.start((request) => {
      now = 10_000;
      request.socket.destroy();
    });
    const url = await startGateway({ accountUrls: [slow, await servers.start(echo('b'))], now: () => now });

    expect((await fetch(url)).status).toBe(502);
  });
});
