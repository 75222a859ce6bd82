import { mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { type IncomingMessage, request, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort, urlOf } from '../ports.ts';
import { findProgram } from '../programs.ts';
import { SupervisedProcess } from '../supervised-process.ts';
import { SystemFailure } from '../system-failure.ts';
import { StandInServers } from '../testing/index.ts';
import { chooseGateway, nginxValues, readNginxTemplate, renderTemplate } from './gateway-choice.ts';

const hasNginx = findProgram('nginx') !== undefined;
const never = new AbortController().signal;
const servers = new StandInServers();
let directory: string;
let nginx: SupervisedProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'breakwater-nginx-'));
});

afterEach(async () => {
  await nginx?.stop();
  nginx = undefined;
  await servers.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

async function nginxBefore(accountUrls: readonly string[], consoleUrl?: string): Promise<string> {
  const port = await freePort();
  nginx = new SupervisedProcess(
    chooseGateway('nginx').prepare({
      port,
      accountPorts: accountUrls.map(portOf),
      consolePort: consoleUrl === undefined ? undefined : portOf(consoleUrl),
      runDirectory: path.join(directory, 'run'),
      logFile: path.join(directory, 'nginx.log'),
    }),
  );
  await nginx.ready(never);
  return urlOf(port);
}

const portOf = (url: string): number => Number(new URL(url).port);

/** Three replicas; the first to receive a request closes the connection, the next responds with the request. */
async function startReplicas(): Promise<{ urls: string[]; requestCount: () => number }> {
  let requests = 0;
  const listener: RequestListener = (request, response) => {
    requests += 1;
    if (requests === 1) {
      // The body has arrived, so the request may have taken effect.
      request.resume().once('end', () => request.socket.destroy());
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  };
  const urls = await Promise.all([1, 2, 3].map(() => servers.start(listener)));
  return { urls, requestCount: () => requests };
}

const post = (url: string, headers: Record<string, string>): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"n": 1.0}' });

describe.runIf(hasNginx)('nginx with a console', () => {
  it('forwards only /console to it', async () => {
    const respond =
      (name: string): RequestListener =>
      (request, response) =>
        void response.end(`${name} ${request.url}`);
    const account = await servers.start(respond('account'));
    const consoleUrl = await servers.start(respond('console'));
    const gateway = await nginxBefore([account], consoleUrl);
    const read = async (path: string) => (await fetch(`${gateway}${path}`)).text();

    expect(await read('/console/api/stream?a=%20b')).toBe('console /console/api/stream?a=%20b');
    expect(await read('/console')).toBe('console /console');
    expect(await read('/consoles')).toBe('account /consoles');
  });

  it('passes on the Host of the client with its port, and redirects no request to it', async () => {
    const respond: RequestListener = (request, response) => void response.end(request.headers.host);
    const account = await servers.start(respond);
    const gateway = await nginxBefore([account], await servers.start(respond));
    const send = async (path: string): Promise<{ status?: number; host: string }> => {
      const [response] = (await once(
        request(gateway + path, { headers: { host: 'evil.example:81' } }).end(),
        'response',
      )) as [IncomingMessage];
      const body = Buffer.concat(await response.toArray()).toString();
      return { status: response.statusCode ?? 0, host: response.headers.location ?? body };
    };

    for (const path of ['/console', '/console/', '/experiments', '/experiments/', '/accounts', '/docs']) {
      expect([path, await send(path)]).toEqual([path, { status: 200, host: 'evil.example:81' }]);
    }
    expect(await send('/')).toEqual({ status: 302, host: '/console/' });
  });

  it('responds with 404 for /console without a console', async () => {
    const gateway = await nginxBefore([await servers.start((_, response) => response.end())]);

    expect((await fetch(`${gateway}/console/`)).status).toBe(404);
  });
});

describe.runIf(hasNginx)('nginx with a replica that closes the connection', () => {
  it('repeats a POST with an idempotency key unchanged on another replica', async () => {
    const { urls, requestCount } = await startReplicas();
    const gateway = await nginxBefore(urls);

    const response = await post(`${gateway}/accounts?x=1&y=a%20b`, { 'idempotency-key': 'k-1', 'x-request-id': 'r-1' });

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      method: 'POST',
      url: '/accounts?x=1&y=a%20b',
      headers: { 'idempotency-key': 'k-1', 'x-request-id': 'r-1', 'content-type': 'application/json' },
      body: '{"n": 1.0}',
    });
    expect(response.headers.get('x-request-id')).toBe('r-1');
    expect(requestCount()).toBe(2);
  });

  it('does not repeat a POST without a key', async () => {
    const { urls, requestCount } = await startReplicas();
    const gateway = await nginxBefore(urls);

    const response = await post(`${gateway}/accounts`, { 'idempotency-key': '', 'x-request-id': 'r-1' });

    expect(response.status).toBe(502);
    expect(await response.json()).toMatchObject({
      type: 'urn:breakwater:problem:bad-gateway',
      status: 502,
      requestId: 'r-1',
    });
    expect(requestCount()).toBe(1);
  });

  it('does not repeat an experiment, even with a key', async () => {
    const { urls, requestCount } = await startReplicas();
    const gateway = await nginxBefore(urls);

    const response = await post(`${gateway}/experiments/customer-lookups`, { 'idempotency-key': 'k-1' });

    expect(response.status).toBe(502);
    expect(requestCount()).toBe(1);
  });
});

describe.runIf(hasNginx)('nginx with a POST that has an idempotency key', () => {
  it('responds with problem details after two replicas', async () => {
    let requests = 0;
    const closeConnection: RequestListener = (request) => {
      requests += 1;
      request.resume().once('end', () => request.socket.destroy());
    };
    const gateway = await nginxBefore(await Promise.all([1, 2, 3].map(() => servers.start(closeConnection))));

    const response = await post(`${gateway}/accounts`, { 'idempotency-key': 'k-1', 'x-request-id': 'r-2' });

    expect(response.status).toBe(502);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-request-id')).toBe('r-2');
    expect(await response.json()).toMatchObject({
      type: 'urn:breakwater:problem:bad-gateway',
      status: 502,
      requestId: 'r-2',
    });
    expect(requests).toBe(2);
  });

  it('returns any response of a replica without a retry', async () => {
    let requests = 0;
    const respondWith = (status: number): RequestListener => {
      return (_request, response) => {
        requests += 1;
        response.writeHead(status, { 'retry-after': '7' }).end('mine');
      };
    };
    const url = await servers.start(respondWith(503));
    const teapot = await servers.start(respondWith(418));
    const gateway = await nginxBefore([url, teapot]);

    const responses = [];
    for (let n = 1; n <= 2; n += 1) {
      const response = await post(`${gateway}/accounts`, { 'idempotency-key': 'k-1' });
      responses.push(`${response.status} ${response.headers.get('retry-after')} ${await response.text()}`);
    }

    expect(responses.toSorted()).toEqual(['418 7 mine', '503 7 mine']);
    expect(requests).toBe(2);
  });

  it('rejects a body that is too large', async () => {
    const { urls } = await startReplicas();
    const gateway = await nginxBefore(urls);

    const response = await fetch(`${gateway}/accounts`, {
      method: 'POST',
      headers: { 'idempotency-key': 'k-1' },
      body: 'x'.repeat(64 * 1024 + 1),
    });

    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ title: 'Content Too Large', status: 413 });
  });
});

describe('renderTemplate', () => {
  it('replaces each occurrence of a placeholder', () => {
    expect(renderTemplate('${A} and ${B_2} and ${A}', { A: 'one', B_2: 'two' })).toBe('one and two and one');
  });

  it('keeps the variables of nginx', () => {
    expect(renderTemplate('$request_id ${lower} ${NAME}', { NAME: 'x' })).toBe('$request_id ${lower} x');
  });

  it('inserts values with special characters unchanged', () => {
    expect(renderTemplate('${A}', { A: '$& ${B} $1' })).toBe('$& ${B} $1');
  });

  it('rejects a placeholder without a value', () => {
    const rendering = (): string => renderTemplate('${KNOWN} ${UNKNOWN}', { KNOWN: '' });

    expect(rendering).toThrow(SystemFailure);
    expect(rendering).toThrow('No value for the placeholder UNKNOWN');
  });

  it('rejects a value without a placeholder', () => {
    expect(() => renderTemplate('${A}', { A: '', OLD_NAME: '' })).toThrow('no placeholder OLD_NAME');
  });
});

describe('nginx/nginx.conf', () => {
  const values = nginxValues({ port: 8080, accountPorts: [8081, 8082], runDirectory: '/somewhere' });
  const rendered = renderTemplate(readNginxTemplate(), values);

  it('listens on loopback only', () => {
    expect(rendered).toContain('listen 127.0.0.1:8080;');
  });

  it('balances over both accounts', () => {
    expect(rendered).toMatch(/least_conn;\s+server 127\.0\.0\.1:8081 [^;]+;\s+server 127\.0\.0\.1:8082 [^;]+;/);
  });

  it('keeps its files in the run directory', () => {
    expect(rendered).toContain('pid /somewhere/nginx.pid;');
    expect(rendered).not.toMatch(/\/var\/|\/run\//);
  });

  it('repeats an unsafe request only with an idempotency key', () => {
    expect(rendered.match(/proxy_next_upstream [a-z_ ]+;/g)).toEqual([
      'proxy_next_upstream error non_idempotent;',
      'proxy_next_upstream off;',
      'proxy_next_upstream error;',
    ]);
  });
});
