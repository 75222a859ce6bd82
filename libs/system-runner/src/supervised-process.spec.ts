import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort, listen, loopback, urlOf } from './ports.ts';
import { childEnvironment, describeExit, lastError, respondsAt, SupervisedProcess } from './supervised-process.ts';
import { SystemFailure } from './system-failure.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-supervised-process-'));
const started: SupervisedProcess[] = [];

afterEach(async () => {
  for (const each of started) each.kill();
  await Promise.all(started.splice(0).map((each) => each.exited));
});

afterAll(() => {
  rmSync(directory, { recursive: true });
});

function start(script: string, env: Record<string, string> = {}): SupervisedProcess {
  const supervised = new SupervisedProcess({
    name: 'example',
    command: process.execPath,
    args: ['-e', script],
    env: childEnvironment(env),
    logFile: path.join(directory, `${started.length}.log`),
  });
  started.push(supervised);
  return supervised;
}

/** Runs a script that calls `ready()`, which opens a connection; the connection closes when its process ends. */
async function startAndConnect(script: string): Promise<{ supervised: SupervisedProcess; connection: Socket }> {
  const server = createServer();
  const { port } = new URL(await listen(server));
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const supervised = start(
    `const ready = () => require('net').connect(+process.env.READY, '${loopback}');\n${script}`,
    {
      READY: port,
    },
  );
  const connection = await connected;
  server.close();
  return { supervised, connection: connection.on('error', () => {}).resume() };
}

describe('SupervisedProcess', () => {
  it('writes standard error to a file of its own, and quotes it when the process fails', async () => {
    const [logFile, errorFile] = [path.join(directory, 'output'), path.join(directory, 'errors')];
    const args = ['-e', 'console.error("no disk"); console.log("hello"); process.exit(3)'];
    const supervised = new SupervisedProcess({
      name: 'example',
      command: process.execPath,
      args,
      env: childEnvironment(),
      logFile,
      errorFile,
    });
    started.push(supervised);

    await expect(supervised.succeeded(new AbortController().signal)).rejects.toThrow(
      'example failed: exit code 3: "no disk"',
    );
    expect([logFile, errorFile].map((file) => readFileSync(file, 'utf8'))).toEqual(['hello\n', 'no disk\n']);
  });

  it('passes on a signal, which is not a request to end', async () => {
    const { supervised, connection } = await startAndConnect(
      'process.on("SIGHUP", () => process.exit(7)); setInterval(() => {}, 1000); ready();',
    );

    supervised.signal('SIGHUP');

    expect(describeExit(await supervised.exited)).toBe('exit code 7');
    expect(supervised.stopping).toBe(false);
    connection.destroy();
  });

  it('reports its exit and writes its output to the log', async () => {
    const supervised = start('console.log("hello"); console.error("world"); process.exit(3)');

    expect(describeExit(await supervised.exited)).toBe('exit code 3');
    expect(readFileSync(supervised.logFile, 'utf8').split('\n').toSorted()).toEqual(['', 'hello', 'world']);
    expect(supervised.stopping).toBe(false);
  });

  it('reports why it could not be started', async () => {
    const supervised = new SupervisedProcess({
      name: 'nothing',
      command: path.join(directory, 'no-such-program'),
      args: [],
      env: {},
      logFile: path.join(directory, 'nothing.log'),
    });

    expect(describeExit(await supervised.exited)).toMatch(/^could not be started: .*ENOENT/);
    await expect(supervised.stop()).resolves.toBeUndefined();
  });

  it('ends gracefully when it is stopped', async () => {
    const { supervised } = await startAndConnect('process.on("SIGTERM", () => process.exit(0)); ready()');

    await supervised.stop();

    expect(describeExit(await supervised.exited)).toBe('exit code 0');
    expect(supervised.stopping).toBe(true);
  });

  it('is killed when it does not end in time', async () => {
    const { supervised } = await startAndConnect('process.on("SIGTERM", () => {}); ready()');

    await supervised.stop(10);

    expect(describeExit(await supervised.exited)).toBe('killed by SIGKILL');
  });

  it('is killed together with its own children', async () => {
    const script = `require('net').connect(process.env.READY, '${loopback}')`;
    const { supervised, connection } = await startAndConnect(
      `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}])`,
    );
    const grandchildGone = once(connection, 'close');

    supervised.kill();

    expect(describeExit(await supervised.exited)).toBe('killed by SIGKILL');
    await grandchildGone;
  });
});

const never = new AbortController().signal;

async function startService(script: string): Promise<SupervisedProcess> {
  const port = await freePort();
  const service = new SupervisedProcess({
    name: 'example-1',
    command: process.execPath,
    args: ['-e', script],
    env: childEnvironment({ PORT: String(port) }),
    logFile: path.join(directory, `${port}.log`),
    probe: respondsAt(`${urlOf(port)}/health/ready`),
  });
  started.push(service);
  return service;
}

const server = (statuses: string): string =>
  `let requests = 0; const statuses = ${statuses};
   require('http').createServer((_, response) => { response.statusCode = statuses[requests++]; response.end(); })
     .listen(+process.env.PORT, '${loopback}')`;

describe('SupervisedProcess.ready', () => {
  it('waits until the service is ready', async () => {
    const service = await startService(server('[503, 503, 200]'));

    await expect(service.ready(never)).resolves.toBeUndefined();
    await service.stop();
  });

  it('rejects when the service has ended', async () => {
    const service = await startService('console.error("Error: no configuration"); process.exit(7)');

    const failure = await service.ready(never).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(SystemFailure);
    expect(failure).toMatchObject({
      message: 'example-1 did not start: exit code 7: "Error: no configuration"',
      logFile: service.logFile,
    });
  });

  it('rejects with the reason of the abort', async () => {
    const service = await startService(server('new Array(1e6).fill(503)'));
    const stop = new AbortController();
    const waiting = service.ready(stop.signal);

    stop.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    await service.stop();
  });
});

describe('childEnvironment', () => {
  it('omits the variables of task and test runners', () => {
    const env = childEnvironment({ ADDED: 'yes' });

    expect(env).toMatchObject({ ADDED: 'yes', PATH: process.env['PATH'] });
    expect(Object.keys(env).filter((name) => /^(?:VITEST|NX_|NODE_ENV$)/.test(name))).toEqual([]);
  });
});

describe('lastError', () => {
  it('returns the last error entry, not later entries', () => {
    const log = [
      '{"level":30,"msg":"starting"}',
      '{"level":60,"msg":"cannot start","err":{"type":"Error","message":"no such table"}}',
      '{"level":30,"msg":"bye"}',
    ].join('\n');

    expect(lastError(log)).toBe('no such table');
  });

  it('returns an uncaught error', () => {
    const log = ['{"level":30,"msg":"starting"}', 'file:///x.js:1', 'TypeError: x is not a function', '    at y', ''];

    expect(lastError(log.join('\n'))).toBe('TypeError: x is not a function');
  });

  it('returns the last line of a plain-text log', () => {
    expect(lastError('one\n[emerg] bind() failed\n\n')).toBe('[emerg] bind() failed');
  });

  it('returns nothing for a log without errors', () => {
    expect(lastError('{"level":"info","msg":"listening on http://127.0.0.1:8081"}\n')).toBeUndefined();
  });

  it('returns nothing for an empty log', () => {
    expect(lastError('\n')).toBeUndefined();
  });
});
