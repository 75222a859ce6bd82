import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { endProtection } from '../orphan-protection.ts';
import { choosePorts } from '../ports.ts';
import { Service } from '../service.ts';
import { urlOf } from '../services.ts';
import { StandInServers } from '../testing/stand-in-server.ts';
import { chooseGateway } from './choose-gateway.ts';

const hasNginx = spawnSync('nginx', ['-v']).status === 0;
const never = new AbortController().signal;
const servers = new StandInServers();
let directory: string;
let nginx: Service | undefined;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'breakwater-nginx-'));
});

afterEach(async () => {
  await nginx?.stop();
  nginx = undefined;
  await servers.stop();
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});

afterAll(endProtection);

async function nginxBefore(accountUrls: readonly string[], consoleUrl?: string): Promise<string> {
  const { gateway: port } = await choosePorts(0);
  nginx = new Service(
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

/** Replicas of which the first that is asked breaks off, and the next one answers with what it was sent. */
async function replicas(): Promise<{ urls: string[]; asked: () => number }> {
  let asked = 0;
  const listener: RequestListener = (request, response) => {
    asked += 1;
    if (asked === 1) {
      // The body has come: the request was sent, and may have had its effect.
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
  return { urls, asked: () => asked };
}

const post = (url: string, headers: Record<string, string>): Promise<Response> =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"n": 1.0}' });

describe.runIf(hasNginx)('nginx, with a console behind it,', () => {
  it('passes on to it what is below /console, and nothing else', async () => {
    const say =
      (what: string): RequestListener =>
      (request, response) =>
        void response.end(`${what} ${request.url}`);
    const account = await servers.start(say('account'));
    const consoleUrl = await servers.start(say('console'));
    const gateway = await nginxBefore([account], consoleUrl);
    const read = async (path: string) => (await fetch(`${gateway}${path}`)).text();

    expect(await read('/console/api/stream?a=%20b')).toBe('console /console/api/stream?a=%20b');
    expect(await read('/console')).toBe('console /console');
    expect(await read('/consoles')).toBe('account /consoles');
  });

  it('knows no such path where there is none', async () => {
    const gateway = await nginxBefore([await servers.start((_, response) => response.end())]);

    expect((await fetch(`${gateway}/console/`)).status).toBe(404);
  });
});

describe.runIf(hasNginx)('nginx, when a replica breaks off before it answers,', () => {
  it('repeats a POST with an idempotency key on another one, as it was', async () => {
    const { urls, asked } = await replicas();
    const gateway = await nginxBefore(urls);

    const answer = await post(`${gateway}/accounts?x=1&y=a%20b`, { 'idempotency-key': 'k-1', 'x-request-id': 'r-1' });

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      method: 'POST',
      url: '/accounts?x=1&y=a%20b',
      headers: { 'idempotency-key': 'k-1', 'x-request-id': 'r-1', 'content-type': 'application/json' },
      body: '{"n": 1.0}',
    });
    expect(answer.headers.get('x-request-id')).toBe('r-1');
    expect(asked()).toBe(2);
  });

  it('does not repeat a POST without one', async () => {
    const { urls, asked } = await replicas();
    const gateway = await nginxBefore(urls);

    const answer = await post(`${gateway}/accounts`, { 'idempotency-key': '', 'x-request-id': 'r-1' });

    expect(answer.status).toBe(502);
    expect(await answer.json()).toEqual({ type: 'about:blank', title: 'Bad Gateway', status: 502, requestId: 'r-1' });
    expect(asked()).toBe(1);
  });

  it('does not repeat an experiment, whatever key it has', async () => {
    const { urls, asked } = await replicas();
    const gateway = await nginxBefore(urls);

    const answer = await post(`${gateway}/experiments/customer-lookups`, { 'idempotency-key': 'k-1' });

    expect(answer.status).toBe(502);
    expect(asked()).toBe(1);
  });
});

describe.runIf(hasNginx)('nginx, given a POST with an idempotency key,', () => {
  it('gives up after two replicas, and says so as problem details', async () => {
    let asked = 0;
    const breakOff: RequestListener = (request) => {
      asked += 1;
      request.resume().once('end', () => request.socket.destroy());
    };
    const gateway = await nginxBefore(await Promise.all([1, 2, 3].map(() => servers.start(breakOff))));

    const answer = await post(`${gateway}/accounts`, { 'idempotency-key': 'k-1', 'x-request-id': 'r-2' });

    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('x-request-id')).toBe('r-2');
    expect(await answer.json()).toEqual({ type: 'about:blank', title: 'Bad Gateway', status: 502, requestId: 'r-2' });
    expect(asked).toBe(2);
  });

  it("passes on a replica's answer, whatever it is, once", async () => {
    let asked = 0;
    const answering = (status: number): RequestListener => {
      return (_request, response) => {
        asked += 1;
        response.writeHead(status, { 'retry-after': '7' }).end('mine');
      };
    };
    const url = await servers.start(answering(503));
    const teapot = await servers.start(answering(418));
    const gateway = await nginxBefore([url, teapot]);

    const answers = [];
    for (let n = 1; n <= 2; n += 1) {
      const answer = await post(`${gateway}/accounts`, { 'idempotency-key': 'k-1' });
      answers.push(`${answer.status} ${answer.headers.get('retry-after')} ${await answer.text()}`);
    }

    expect(answers.toSorted()).toEqual(['418 7 mine', '503 7 mine']);
    expect(asked).toBe(2);
  });

  it('refuses a body that is too large', async () => {
    const { urls } = await replicas();
    const gateway = await nginxBefore(urls);

    const answer = await fetch(`${gateway}/accounts`, {
      method: 'POST',
      headers: { 'idempotency-key': 'k-1' },
      body: 'x'.repeat(64 * 1024 + 1),
    });

    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ title: 'Content Too Large', status: 413 });
  });
});
