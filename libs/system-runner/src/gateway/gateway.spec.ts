import type { RequestListener } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { choosePorts, loopback } from '../ports.ts';
import { urlOf } from '../services.ts';
import { StandInServers } from '../testing/stand-in-server.ts';
import { createGateway } from './gateway.ts';

const servers = new StandInServers();
let gateway: FastifyInstance | undefined;

afterEach(async () => {
  await gateway?.close();
  await servers.stop();
});

/** Answers with its name and what it was sent. */
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
async function nobody(): Promise<string> {
  return urlOf((await choosePorts(0)).gateway);
}

async function gatewayTo(...accountUrls: string[]): Promise<string> {
  gateway = createGateway({ accountUrls, logs: false });
  return gateway.listen({ host: loopback, port: 0 });
}

describe('the gateway', () => {
  it('passes a request on as it came, and the answer back', async () => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const answer = await fetch(`${url}/accounts?x=1&y=a%20b`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"n": 1.0}',
    });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: '/accounts?x=1&y=a%20b',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': loopback, 'x-forwarded-proto': 'http' },
      body: '{"n": 1.0}',
    });
  });

  it('balances', async () => {
    const url = await gatewayTo(await servers.start(echo('a')), await servers.start(echo('b')));

    const names: string[] = [];
    for (let n = 1; n <= 4; n += 1) {
      const answer = await fetch(url);
      names.push(answer.headers.get('x-name') ?? 'nobody');
    }

    expect(names).toEqual(['a', 'b', 'a', 'b']);
  });

  it("takes a client's request id to the replica and back", async () => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const answer = await fetch(url, { headers: { 'x-request-id': 'my-id', 'x-request-timeout-ms': '1' } });

    expect(answer.headers.get('x-request-id')).toBe('my-id');
    const { headers } = (await answer.json()) as { headers: Record<string, string> };
    expect(headers).toMatchObject({ 'x-request-id': 'my-id' });
    expect(headers).not.toHaveProperty('x-request-timeout-ms');
  });

  it.each([['two words'], ['a"b'], ['x'.repeat(129)]])('replaces the request id %j', async (given) => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const answer = await fetch(url, { headers: { 'x-request-id': given } });

    const id = answer.headers.get('x-request-id');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await answer.json()).toMatchObject({ headers: { 'x-request-id': id } });
  });

  it('is healthy whatever the replicas are', async () => {
    const url = await gatewayTo(await nobody());

    const answer = await fetch(`${url}/gateway/health`);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'up' });
  });

  it('sends on each piece of a stream as it comes', async () => {
    const nextPiece = Promise.withResolvers<void>();
    const account = await servers.start(async (_request, response) => {
      response.setHeader('content-type', 'application/x-ndjson');
      response.write('first\n');
      await nextPiece.promise;
      response.end('second\n');
    });
    const url = await gatewayTo(account);

    const answer = await fetch(`${url}/experiments/customer-lookups`, { method: 'POST', body: '{}' });
    const pieces: string[] = [];
    for await (const piece of answer.body ?? []) {
      pieces.push(Buffer.from(piece).toString());
      nextPiece.resolve();
    }

    expect(pieces).toEqual(['first\n', 'second\n']);
  });

  it('passes on a failure of the service, once', async () => {
    let asked = 0;
    const account = await servers.start((_request, response) => {
      asked += 1;
      response.writeHead(503, { 'retry-after': '7' }).end('busy');
    });
    const url = await gatewayTo(account, account);

    const answer = await fetch(url);

    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([503, '7', 'busy']);
    expect(asked).toBe(1);
  });

  it('refuses a body that is too large', async () => {
    const url = await gatewayTo(await servers.start(echo('a')));

    const answer = await fetch(url, { method: 'POST', body: 'x'.repeat(64 * 1024 + 1) });

    expect(answer.status).toBe(413);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
    expect(await answer.json()).toMatchObject({ title: 'Content Too Large', status: 413 });
  });
});

describe('the gateway, with a console behind it,', () => {
  it('passes on to it what is below /console, with body and token, and nothing else', async () => {
    const urls = { account: await servers.start(echo('account')), console: await servers.start(echo('console')) };
    gateway = createGateway({ accountUrls: [urls.account], consoleUrl: urls.console, logs: false });
    const url = await gateway.listen({ host: '127.0.0.1', port: 0 });
    const put = (path: string) =>
      fetch(`${url}${path}`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: 'Bearer t' },
        body: '{"latency":"2s"}',
      }).then(async (answer) => ({ by: answer.headers.get('x-name'), asked: (await answer.json()) as object }));

    expect(await put('/console/api/faults')).toMatchObject({
      by: 'console',
      asked: { url: '/console/api/faults', headers: { authorization: 'Bearer t' }, body: '{"latency":"2s"}' },
    });
    expect(await put('/consoles')).toMatchObject({ by: 'account' });
  });
});

describe('the gateway, when a replica refuses connections,', () => {
  it('asks another one for a GET, and leaves the first alone from then on', async () => {
    const url = await gatewayTo(await nobody(), await servers.start(echo('b')));

    const statuses: number[] = [];
    for (const method of ['GET', 'POST', 'GET', 'POST']) {
      const answer = await fetch(url, { method });
      await answer.text();
      statuses.push(answer.status);
    }

    expect(statuses).toEqual([200, 200, 200, 200]);
  });

  it('asks another one for a POST too, which the first knows nothing of', async () => {
    const url = await gatewayTo(await nobody(), await servers.start(echo('b')));

    const answer = await fetch(url, { method: 'POST', body: 'x' });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ method: 'POST', body: 'x' });
  });

  it('asks two at most', async () => {
    const url = await gatewayTo(await nobody(), await nobody(), await servers.start(echo('c')));

    expect((await fetch(url)).status).toBe(502);
  });

  it('says so when there is no other', async () => {
    const url = await gatewayTo(await nobody(), await nobody());

    expect((await fetch(url)).status).toBe(502);
  });

  it('tries it again after some seconds', async () => {
    let now = 0;
    const { gateway: port } = await choosePorts(0);
    gateway = createGateway({ accountUrls: [urlOf(port)], logs: false, now: () => now });
    const url = await gateway.listen({ host: loopback, port: 0 });
    expect((await fetch(url)).status).toBe(502);
    await servers.start(echo('back'), port);
    expect((await fetch(url)).status).toBe(502);

    now = 5_000;

    expect((await fetch(url)).status).toBe(200);
  });
});

describe('the gateway, when a replica breaks off before it answers,', () => {
  const breakOff: RequestListener = (request) => request.socket.destroy();

  it('asks another one for a GET', async () => {
    const url = await gatewayTo(await servers.start(breakOff), await servers.start(echo('b')));

    expect((await fetch(url)).status).toBe(200);
  });

  it('does not repeat a POST, which may have had its effect', async () => {
    let asked = 0;
    const other = await servers.start((_request, response) => {
      asked += 1;
      response.end();
    });
    const url = await gatewayTo(await servers.start(breakOff), other);

    expect((await fetch(url, { method: 'POST', body: 'x' })).status).toBe(502);
    expect(asked).toBe(0);
  });

  it('repeats a POST with an idempotency key, as it was', async () => {
    const url = await gatewayTo(await servers.start(breakOff), await servers.start(echo('b')));

    const answer = await fetch(`${url}/accounts`, { method: 'POST', headers: { 'idempotency-key': 'k-1' }, body: 'x' });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ method: 'POST', headers: { 'idempotency-key': 'k-1' }, body: 'x' });
  });

  it('does not repeat an experiment, whatever key it has', async () => {
    const url = await gatewayTo(await servers.start(breakOff), await servers.start(echo('b')));

    const answer = await fetch(`${url}/experiments/customer-lookups`, {
      method: 'POST',
      headers: { 'idempotency-key': 'k-1' },
      body: 'x',
    });

    expect(answer.status).toBe(502);
  });

  it('repeats a POST with an idempotency key once, not more', async () => {
    const breaking = await Promise.all([1, 2].map(() => servers.start(breakOff)));
    const url = await gatewayTo(...breaking, await servers.start(echo('c')));

    expect((await fetch(url, { method: 'POST', headers: { 'idempotency-key': 'k-1' }, body: 'x' })).status).toBe(502);
  });

  it('repeats nothing that has taken long already', async () => {
    let now = 0;
    const slow = await servers.start((request) => {
      now = 5_000;
      request.socket.destroy();
    });
    gateway = createGateway({ accountUrls: [slow, await servers.start(echo('b'))], logs: false, now: () => now });
    const url = await gateway.listen({ host: loopback, port: 0 });

    expect((await fetch(url)).status).toBe(502);
  });
});
