import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listen } from '@breakwater/system-runner';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { connect } from './connect.ts';
import { openAccount, openAccounts, type SentRequest } from './open-accounts.ts';
import { processesOf, pulse } from './signal.ts';

async function load(respond: RequestListener, atLeast: number, signal = AbortSignal.abort()): Promise<SentRequest[]> {
  const server = createServer(respond);
  onTestFinished(() => void server.close());
  const sent: SentRequest[] = [];
  await openAccounts({
    url: await listen(server),
    perSecond: 10_000,
    atLeast,
    signal,
    report: (each) => sent.push(each),
  });
  return sent;
}

describe('openAccounts', () => {
  it('sends the least number of requests, half of them on new connections, each with its own key', async () => {
    const keys: string[] = [];
    const sent = await load((request, response) => {
      keys.push(String(request.headers['idempotency-key']));
      response.writeHead(201).end('{"id":"a-1","verifiedBy":"CUSTOMER"}');
    }, 10);

    expect(sent).toHaveLength(10);
    expect(sent.filter(({ connection }) => connection === 'new')).toHaveLength(5);
    expect(new Set(keys).size).toBe(10);
    expect(sent[0]).toMatchObject({ status: 201, accountId: 'a-1', verifiedBy: 'CUSTOMER' });
    expect(sent.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
  });

  it('goes on until it is stopped', async () => {
    const stopped = new AbortController();
    let count = 0;
    const sent = await load(
      (_request, response) => {
        count += 1;
        if (count === 20) stopped.abort();
        response.writeHead(202).end('{"id":"a-1"}');
      },
      1,
      stopped.signal,
    );

    expect(sent.length).toBeGreaterThanOrEqual(20);
  });

  it('reports refusals with their problem and whether they say when to try again', async () => {
    const [sent] = await load(
      (_request, response) =>
        response.writeHead(503, { 'retry-after': '1' }).end('{"type":"urn:breakwater:problem:database-unavailable"}'),
      1,
    );

    expect(sent).toMatchObject({ status: 503, hasRetryAfter: true, reason: 'database-unavailable' });
  });

  it.each<[string, RequestListener, Partial<SentRequest>]>([
    ['a broken connection', (request) => request.socket.destroy(), { status: 0, reason: 'ECONNRESET' }],
    [
      'a response without JSON',
      (_request, response) => response.writeHead(502).end('<html>'),
      { status: 502, reason: 'no JSON' },
    ],
  ])('reports %s', async (_what, respond, expected) => {
    expect((await load(respond, 1))[0]).toMatchObject(expected);
  });

  it('reports a missing response', async () => {
    const server = createServer(() => {});
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const sent: SentRequest[] = [];
    await openAccounts({
      url: await listen(server),
      perSecond: 1_000,
      atLeast: 1,
      signal: AbortSignal.abort(),
      report: (each) => sent.push(each),
      timeoutMs: 20,
    });

    expect(sent[0]).toMatchObject({ status: 0, reason: 'no response in time' });
  });
});

describe('openAccount', () => {
  it('opens an account for a customer, with further headers', async () => {
    const received: unknown[] = [];
    const server = createServer((request, response) => {
      request.on('data', (chunk: Buffer) =>
        received.push(request.headers['traceparent'], JSON.parse(chunk.toString())),
      );
      request.on('end', () => response.writeHead(201).end('{"id":"a-1","verifiedBy":"CUSTOMER"}'));
    });
    onTestFinished(() => void server.close());
    const agent = new Agent({ keepAlive: false });
    const order = { url: await listen(server), customerId: 'c-7', connection: 'new', agent } as const;

    const sent = await openAccount({ ...order, headers: { traceparent: '00-1' } });

    expect(sent).toMatchObject({ customerId: 'c-7', connection: 'new', status: 201, accountId: 'a-1' });
    expect(received).toEqual(['00-1', { customerId: 'c-7', currency: 'EUR' }]);
  });
});

describe('connect', () => {
  it('distinguishes an open port from a closed one', async () => {
    const server = createTcpServer((socket) => socket.destroy());
    const target = new URL(await listen(server)).host;

    expect(await connect(target)).toBe('connected');
    await new Promise((resolve) => server.close(resolve));
    expect(await connect(target)).toBe('refused');
  });

  it('reports a name that cannot be resolved', async () => {
    expect(await connect('no-such-host.invalid:80')).toMatch(/^failed: E/);
  });
});

describe('processesOf', () => {
  it('finds the processes of a container by their control group, and skips what ends meanwhile', () => {
    const proc = mkdtempSync(join(tmpdir(), 'breakwater-proc-'));
    onTestFinished(() => rmSync(proc, { recursive: true }));
    const process = (id: string, group: string): void => {
      mkdirSync(join(proc, id));
      writeFileSync(join(proc, id, 'cgroup'), group);
    };
    process('7', '0::/kubepods/pod1/4f1c\n');
    process('8', '0::/kubepods/pod1/9a2b\n');
    process('9', '0::/../cri-containerd-4f1c.scope\n');
    mkdirSync(join(proc, '10'));
    mkdirSync(join(proc, 'self'));

    expect(processesOf('4f1c', proc)).toEqual([7, 9]);
  });
});

/** A process that waits. */
async function startProcess(): Promise<ChildProcess & { readonly pid: number }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child as ChildProcess & { readonly pid: number };
}

const isStopped = (id: number): boolean => /^State:\s+T/m.test(readFileSync(`/proc/${id}/status`, 'utf8'));

describe.skipIf(process.platform !== 'linux')('pulse', () => {
  it('stops and continues processes in turns, and continues them at the end', async () => {
    const processes = [(await startProcess()).pid, (await startProcess()).pid];
    const ended = new AbortController();

    const pulsing = pulse(processes, { stoppedMs: 100, runningMs: 100 }, ended.signal);

    for (const wanted of [true, false, true]) {
      await vi.waitFor(() => expect(processes.map(isStopped)).toEqual([wanted, wanted]), {
        interval: 5,
        timeout: 10_000,
      });
    }
    ended.abort();
    await pulsing;
    await vi.waitFor(() => expect(processes.map(isStopped)).toEqual([false, false]));
  });

  it('leaves out a process that has ended', async () => {
    const [dead, alive] = [await startProcess(), await startProcess()];
    dead.kill('SIGKILL');
    await once(dead, 'exit');
    const ended = new AbortController();

    const pulsing = pulse([dead.pid, alive.pid], { stoppedMs: 60_000, runningMs: 1 }, ended.signal);

    await vi.waitFor(() => expect(isStopped(alive.pid)).toBe(true));
    ended.abort();
    await pulsing;
    await vi.waitFor(() => expect(isStopped(alive.pid)).toBe(false));
  });
});

describe('the program that sends signals', () => {
  it('names a container without processes', async () => {
    const program = spawn(process.execPath, [
      join(import.meta.dirname, 'signal.ts'),
      '--signal=SIGCONT',
      'a'.repeat(64),
    ]);
    let errors = '';
    program.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));

    expect(await once(program, 'close')).toEqual([1, null]);
    expect(errors).toContain(`no process of container ${'a'.repeat(64)}`);
  });
});
