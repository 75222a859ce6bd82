import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { withClient } from './database-server.ts';
import { startLocalPostgres } from './local-postgres.ts';

const isUp = (url: string): Promise<boolean> =>
  withClient(url, (client) => client.query('SELECT 1')).then(
    () => true,
    () => false,
  );

const execute = (url: string, sql: string) => withClient(url, async (client) => (await client.query(sql)).rowCount);

/** A process that starts a server, runs a script and prints the server's address. */
async function startHost(script: string) {
  const module = JSON.stringify(new URL('local-postgres.ts', import.meta.url).href);
  const host = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { startLocalPostgres } from ${module};
       const server = await startLocalPostgres();
       ${script}
       console.log(JSON.stringify({ url: server.url, directory: server.directory }));`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => void host.kill('SIGKILL'));
  const lines = createInterface({ input: host.stdout });
  const [line]: string[] = await once(lines, 'line');
  const server: { url: string; directory: string } = JSON.parse(line ?? '{}');
  return { host, lines, ...server };
}

const untilGone = (directory: string): Promise<void> =>
  vi.waitFor(() => expect(existsSync(directory)).toBe(false), { timeout: 30_000, interval: 50 });

describe('startLocalPostgres', () => {
  it('starts a server and removes its data when it is stopped', async () => {
    const server = await startLocalPostgres();
    const { rows } = await withClient(server.url, (client) =>
      client.query<{ answer: string }>("SELECT upper('breakwater é') AS answer"),
    );
    const existedBefore = existsSync(server.directory);

    await server.stop();
    await server.stop();

    expect(rows).toEqual([{ answer: 'BREAKWATER É' }]);
    expect(existedBefore).toBe(true);
    expect(existsSync(server.directory)).toBe(false);
    expect(await isUp(server.url)).toBe(false);
  });

  it('stops while a client is connected', async () => {
    const server = await startLocalPostgres();

    await withClient(server.url, () => server.stop());

    expect(existsSync(server.directory)).toBe(false);
  });

  it('installs no signal handler', async () => {
    const count = (): number[] => ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'].map((name) => process.listenerCount(name));
    const before = count();

    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());

    expect(count()).toEqual(before);
  });

  it('cleans up when its process is killed', async () => {
    const { host, directory, url } = await startHost('setInterval(() => {}, 1000);');

    host.kill('SIGKILL');

    await untilGone(directory);
    expect(await isUp(url)).toBe(false);
  });

  it('lets its process end without stopping it, and cleans up', async () => {
    const { host, directory } = await startHost('');

    const [code]: number[] = host.exitCode === null ? await once(host, 'exit') : [host.exitCode];

    expect(code).toBe(0);
    await untilGone(directory);
  });

  it('keeps running after Ctrl-C until its process stops it', async () => {
    const { host, lines, directory, url } = await startHost(`
      process.on('SIGINT', () => console.log('interrupted'));
      process.on('SIGTERM', async () => { await server.stop(); process.exit(0); });
      setInterval(() => {}, 1000);`);

    host.kill('SIGINT');
    await once(lines, 'line');
    const upAfterInterrupt = await isUp(url);
    host.kill('SIGTERM');
    await once(host, 'exit');

    expect(upAfterInterrupt).toBe(true);
    expect(existsSync(directory)).toBe(false);
  });
});

describe('a halted PostgreSQL', () => {
  it('closes its connections and resumes with all committed data at the same address', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());
    const numbers = Array.from({ length: 50 }, (_, index) => index + 1);
    await withClient(server.url, async (client) => {
      await client.query('CREATE TABLE numbers (number integer)');
      for (const number of numbers) await client.query('INSERT INTO numbers VALUES ($1)', [number]);
      await client.query('BEGIN');
      await client.query('INSERT INTO numbers VALUES (-1)');

      await server.halt();

      await expect(client.query('COMMIT')).rejects.toThrow(/connection/i);
    });
    expect(await isUp(server.url)).toBe(false);

    await server.resume();

    const { rows } = await withClient(server.url, (client) =>
      client.query<{ number: number }>('SELECT number FROM numbers ORDER BY number'),
    );
    expect(rows.map(({ number }) => number)).toEqual(numbers);
  });

  it('accepts repeated halt and resume calls', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());

    await Promise.all([server.halt(), server.halt(), server.resume(), server.resume(), server.halt()]);
    expect(await isUp(server.url)).toBe(false);

    await server.resume();
    expect(await isUp(server.url)).toBe(true);
  });

  it('cleans up when it is stopped', async () => {
    const server = await startLocalPostgres();
    await server.halt();

    await server.stop();

    expect(existsSync(server.directory)).toBe(false);
  });

  it('cannot resume after it was stopped', async () => {
    const server = await startLocalPostgres();
    await server.stop();

    await expect(server.resume()).rejects.toThrow('PostgreSQL cannot resume: it was stopped');
  });
});

describe('a frozen PostgreSQL', () => {
  it('keeps its connections without responding until it is thawed', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());

    await withClient(server.url, async (client) => {
      await server.freeze();
      const response = client.query('SELECT 1');
      const first = await Promise.race([response, delay(500, 'none')]);
      server.thaw();

      expect(first).toBe('none');
      expect((await response).rowCount).toBe(1);
    });
  });

  it('cleans up when it is stopped, and when its process is killed', async () => {
    const server = await startLocalPostgres();
    await server.freeze();
    const { host, directory, url } = await startHost('await server.freeze(); setInterval(() => {}, 1000);');

    await server.stop();
    host.kill('SIGKILL');

    expect(existsSync(server.directory)).toBe(false);
    await untilGone(directory);
    expect(await isUp(url)).toBe(false);
  });
});

describe('a standby', () => {
  it('follows its server, refuses changes until it is promoted, and has all data then', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());
    await execute(server.url, 'CREATE TABLE numbers (number integer)');
    const standby = await server.startStandby();
    onTestFinished(() => standby.stop());
    await execute(server.url, 'INSERT INTO numbers VALUES (1)');

    await vi.waitFor(async () => expect(await execute(standby.url, 'SELECT FROM numbers')).toBe(1), 30_000);
    await expect(execute(standby.url, 'INSERT INTO numbers VALUES (2)')).rejects.toThrow(/read-only/);
    await server.halt();
    await execute(standby.url, 'SELECT pg_promote()');

    expect(await execute(standby.url, 'INSERT INTO numbers VALUES (2)')).toBe(1);
  });
});
