import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { endProtection } from './orphan-protection.ts';
import { describeExit, OwnedProcess, ownEnvironment } from './owned-process.ts';
import { loopback } from './ports.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'breakwater-owned-process-'));
const started: OwnedProcess[] = [];

afterEach(async () => {
  for (const each of started) each.kill();
  await Promise.all(started.splice(0).map((each) => each.exited));
});

afterAll(async () => {
  await endProtection();
  rmSync(directory, { recursive: true });
});

function start(script: string, env: Record<string, string> = {}): OwnedProcess {
  const owned = new OwnedProcess({
    name: 'example',
    command: process.execPath,
    args: ['-e', script],
    env: ownEnvironment(env),
    logFile: path.join(directory, `${started.length}.log`),
  });
  started.push(owned);
  return owned;
}

/** Runs a script that can call `ready()`, which connects to us; the connection lasts as long as whoever made it. */
async function startAndConnect(script: string): Promise<{ owned: OwnedProcess; connection: Socket }> {
  const server = createServer().listen(0, loopback);
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? String(address.port) : '';
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const owned = start(`const ready = () => require('net').connect(+process.env.READY, '${loopback}');\n${script}`, {
    READY: port,
  });
  const connection = await connected;
  server.close();
  return { owned, connection: connection.on('error', () => {}).resume() };
}

describe('an owned process', () => {
  it('tells how it ended, and what it said is in its log', async () => {
    const owned = start('console.log("hello"); console.error("world"); process.exit(3)');

    expect(describeExit(await owned.exited)).toBe('exit code 3');
    expect(readFileSync(owned.logFile, 'utf8').split('\n').toSorted()).toEqual(['', 'hello', 'world']);
    expect(owned.stopping).toBe(false);
  });

  it('tells why it could not be started', async () => {
    const owned = new OwnedProcess({
      name: 'nothing',
      command: path.join(directory, 'no-such-program'),
      args: [],
      env: {},
      logFile: path.join(directory, 'nothing.log'),
    });

    expect(describeExit(await owned.exited)).toMatch(/^could not be started: .*ENOENT/);
    await expect(owned.stop()).resolves.toBeUndefined();
  });

  it('may end in its own way when it is stopped', async () => {
    const { owned } = await startAndConnect('process.on("SIGTERM", () => process.exit(0)); ready()');

    await owned.stop();

    expect(describeExit(await owned.exited)).toBe('exit code 0');
    expect(owned.stopping).toBe(true);
  });

  it('is killed when it does not end in time', async () => {
    const { owned } = await startAndConnect('process.on("SIGTERM", () => {}); ready()');

    await owned.stop(10);

    expect(describeExit(await owned.exited)).toBe('killed by SIGKILL');
  });

  it('takes along what it started itself', async () => {
    const script = `require('net').connect(process.env.READY, '${loopback}')`;
    const { owned, connection } = await startAndConnect(
      `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(script)}])`,
    );
    const grandchildGone = once(connection, 'close');

    owned.kill();

    expect(describeExit(await owned.exited)).toBe('killed by SIGKILL');
    await grandchildGone;
  });

  it('does not inherit what a task runner or test runner left in the environment', () => {
    const env = ownEnvironment({ ADDED: 'yes' });

    expect(env).toMatchObject({ ADDED: 'yes', PATH: process.env['PATH'] });
    expect(Object.keys(env).filter((name) => /^(?:VITEST|NX_|NODE_ENV$)/.test(name))).toEqual([]);
  });
});
