import { migrateCustomer } from '@breakwater/customer/testing';
import { listen } from '@breakwater/system-runner';
import { FaultProxy } from '@breakwater/system-runner/network';
import { withClient, type Database } from '@breakwater/system-runner/postgres';
import { createTestDatabase, startProcess, type TestedProcess } from '@breakwater/system-runner/testing';
import { Agent, get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';

function start(file: 'main.js' | 'lab/main.js' | 'migrate.js', environment: Record<string, string>): TestedProcess {
  const entryPoint = new URL(`../../../apps/customer/dist/${file}`, import.meta.url);
  const customer = startProcess(entryPoint, { CUSTOMER_LATENCY: '0ms', ...environment });
  onTestFinished(() => customer.kill('SIGKILL'));
  return customer;
}

/** The outcome of a request: its status and `Connection` header, or the code of the error. */
const send = (agent: Agent, url: string): Promise<string> =>
  new Promise((resolve) => {
    get(`${url}/customers/c-1001`, { agent }, (response) => {
      response.resume().once('end', () => resolve(`${response.statusCode} ${response.headers.connection}`));
    }).once('error', (error) => resolve('code' in error ? String(error.code) : error.message));
  });

/** Sends requests one after another over one kept connection until the service does not listen any more. */
async function sendUntilRefused(url: string, outcomes: string[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  for (;;) {
    const outcome = await send(agent, url);
    outcomes.push(outcome);
    if (outcome === 'ECONNREFUSED') return;
    await delay(Math.random() * 60);
  }
}

describe('customer as a process', () => {
  let database: Database;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrateCustomer(database.url);
  });

  afterAll(() => database.drop());

  it('logs its URL when it listens, and a line with the request id for each request', async () => {
    const { log, listening, ended, kill } = start('main.js', {
      DATABASE_URL: database.url,
      INSTANCE_NAME: 'customer-7',
    });
    const url = await listening;

    await fetch(`${url}/customers/c-1001`, { headers: { 'x-request-id': 'gate.1', authorization: 'Bearer s3cret' } });
    for (const probe of ['/health/ready', '/metrics', '/metrics?name[]=up', '/actuator/prometheus'])
      await fetch(url + probe);
    kill('SIGTERM');

    expect(await ended).toEqual({ code: 0, errors: '' });
    expect(log.map(({ msg }) => msg)).toEqual([
      `listening on ${url}`,
      'request completed',
      'SIGTERM: shutting down',
      'shut down',
    ]);
    expect(log[1]).toMatchObject({
      level: 'info',
      service: 'customer',
      instance: 'customer-7',
      requestId: 'gate.1',
      req: { method: 'GET', url: '/customers/c-1001' },
      res: { statusCode: 200 },
    });
    expect(JSON.stringify(log)).not.toContain('s3cret');
  });

  it('reads TIME_SCALE in its lab entry, and only there', async () => {
    const environment = { DATABASE_URL: database.url, TIME_SCALE: '0.5' };
    const production = start('main.js', environment);

    expect(await start('lab/main.js', environment).ended).toEqual({
      code: 1,
      errors:
        'customer cannot start: the configuration is not valid.\n  TIME_SCALE is "0.5": must be a number of at least 1\n',
    });
    await production.listening;
    production.kill('SIGTERM');
    expect((await production.ended).code).toBe(0);
  });

  it('migrates in a separate process, which logs what it did', async () => {
    const fresh = await createTestDatabase();
    onTestFinished(() => fresh.drop());

    const first = start('migrate.js', { DATABASE_URL: fresh.url });
    const second = start('migrate.js', { DATABASE_URL: fresh.url });

    expect(await Promise.all([first.ended, second.ended])).toEqual([
      { code: 0, errors: '' },
      { code: 0, errors: '' },
    ]);
    expect([...first.log, ...second.log].flatMap(({ applied }) => applied)).toEqual(['0001-create-customers']);
  });

  // https://github.com/alphagov/notifications-api/pull/3901
  it('logs once which session delays a migration, and migrates when that session ends', async () => {
    const blocked = await createTestDatabase();
    onTestFinished(() => blocked.drop());
    await migrateCustomer(blocked.url);

    const { migration, pid } = await withClient(`${blocked.url}?application_name=report`, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await client.query('begin');
      await client.query('lock table customer.customers');
      const started = start('migrate.js', { DATABASE_URL: blocked.url, INSTANCE_NAME: 'customer-migrations' });
      await vi.waitFor(
        async () => {
          const { rowCount } = await client.query(
            `select from pg_locks where relation = 'customer.customers'::regclass and not granted`,
          );
          expect(rowCount).toBe(1);
        },
        { timeout: 20_000, interval: 50 },
      );
      await delay(1_000);
      return { migration: started, pid: rows[0]?.pid };
    });

    expect(await migration.ended).toEqual({ code: 0, errors: '' });
    expect(migration.log.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', expect.stringContaining(`the migration waits for a lock of session ${pid} (application "report"`)],
      ['info', 'the schema is up to date'],
    ]);
  });

  it('completes the request in flight before it ends on SIGTERM and on Ctrl-C', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const { listening, ended, kill } = start('main.js', { DATABASE_URL: database.url, CUSTOMER_LATENCY: '300ms' });
      const url = await listening;
      const response = fetch(`${url}/customers/c-1001`);
      // After the response to a later request, the first one has been received.
      await fetch(`${url}/health/live`);

      kill(signal);
      kill(signal);

      expect((await response).status).toBe(200);
      expect(await ended).toEqual({ code: 0, errors: '' });
    }
  });

  // A client that keeps its connection loses nothing; a connection that is just being opened may be lost (ADR 28). Three runs, since a
  // single one may lose nothing by chance.
  it.each([1, 2, 3])('responds to every request under load until it stops listening (run %i)', async () => {
    const { listening, ended, kill } = start('main.js', {
      DATABASE_URL: database.url,
      CLIENT_RATE_LIMIT: '0',
      // The default.
      SHUTDOWN_DELAY: '',
    });
    const url = await listening;
    const outcomes: string[] = [];
    const clients = Array.from({ length: 24 }, () => sendUntilRefused(url, outcomes));
    await vi.waitFor(() => expect(outcomes.length).toBeGreaterThan(300), { timeout: 20_000 });

    kill('SIGTERM');
    await vi.waitFor(async () => expect((await fetch(`${url}/health/ready`)).status).toBe(503));
    const before = outcomes.length;
    await Promise.all(clients);

    expect(outcomes.slice(0, before)).not.toContain('200 close');
    expect(outcomes.slice(before)).toContain('200 keep-alive');
    expect(new Set(outcomes)).toEqual(new Set(['200 keep-alive', '200 close', 'ECONNREFUSED']));
    expect(await ended).toEqual({ code: 0, errors: '' });
  });

  it('does not wait for a request in flight longer than SHUTDOWN_TIMEOUT', async () => {
    const { listening, ended, kill } = start('main.js', {
      DATABASE_URL: database.url,
      CUSTOMER_LATENCY: '5m',
      SHUTDOWN_TIMEOUT: '50ms',
    });
    const url = await listening;
    const response = fetch(`${url}/customers/c-1001`);
    await fetch(`${url}/health/live`);

    kill('SIGTERM');

    await expect(response).rejects.toThrow('fetch failed');
    expect((await ended).code).toBe(1);
  });

  it('does not wait for requests that hang, and closes their connections', async () => {
    const token = 'let-me-break-things';
    const { listening, ended, kill } = start('main.js', {
      DATABASE_URL: database.url,
      FAULTS_TOKEN: token,
      SHUTDOWN_TIMEOUT: '5m',
    });
    const url = await listening;
    const faults = async (method: 'GET' | 'PUT', body?: object): Promise<unknown> => {
      const response = await fetch(`${url}/faults`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
      return response.json();
    };
    await faults('PUT', { hang: { rate: 1 } });
    const responses = Promise.allSettled([1, 2].map(() => fetch(`${url}/customers/c-1001`)));
    await vi.waitFor(async () => expect(await faults('GET')).toMatchObject({ injected: { hang: 2 } }), {
      timeout: 15_000,
    });

    kill('SIGTERM');

    expect(await ended).toEqual({ code: 0, errors: '' });
    expect((await responses).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  });

  describe('whose start fails', () => {
    it('lists every invalid variable', async () => {
      const { ended } = start('main.js', { PORT: 'http', CUSTOMER_LATENCY: 'long' });

      const { code, errors } = await ended;

      expect(code).toBe(1);
      expect(errors.split('\n')).toEqual([
        'customer cannot start: the configuration is not valid.',
        expect.stringMatching(/^ {2}DATABASE_URL is not set: must be a URL such as/),
        '  PORT is "http": must be a port number from 0 to 65535',
        '  CUSTOMER_LATENCY is "long": must be a duration such as 500ms, 2s or 1m, at most 300s',
        '',
      ]);
    });

    it('reports that its port is in use', async () => {
      const other = createServer();
      onTestFinished(() => void other.close());
      const { port } = new URL(await listen(other));

      const { ended } = start('main.js', { DATABASE_URL: database.url, PORT: port });

      expect(await ended).toEqual({
        code: 1,
        errors: `customer cannot start: port ${port} on 127.0.0.1 is already in use. Stop what listens there, or set PORT to another port.\n`,
      });
    });

    it.each(['main.js', 'migrate.js'] as const)('reports that the database cannot be reached (%s)', async (file) => {
      const route = await FaultProxy.open(database.url);
      onTestFinished(() => route.close());
      route.inject({ kind: 'close' });

      const { code, errors } = await start(file, { DATABASE_URL: route.url }).ended;

      expect(code).toBe(1);
      expect(errors).toMatch(
        /^customer cannot (start|migrate): the database postgres.*127\.0\.0\.1.* cannot be used \(.*\)\. Start it, or correct DATABASE_URL\.\n$/,
      );
    });

    it('waits for a database and for migrations that are late, and then serves', async () => {
      const empty = await createTestDatabase();
      onTestFinished(() => empty.drop());
      const route = await FaultProxy.open(empty.url);
      onTestFinished(() => route.close());
      route.inject({ kind: 'close' });
      const environment = { DATABASE_URL: route.url, STARTUP_TIMEOUT: '60s' };
      const customer = start('main.js', environment);
      const migration = start('migrate.js', environment);

      await Promise.all([customer.hasLogged('the start waits'), migration.hasLogged('the migration waits')]);
      route.heal();

      expect(await migration.ended).toMatchObject({ code: 0, errors: '' });
      expect((await fetch(`${await customer.listening}/customers/c-1001`)).status).toBe(200);
      customer.kill('SIGTERM');
      expect(await customer.ended).toEqual({ code: 0, errors: '' });
      const waits = [...migration.log, ...customer.log].filter(({ level }) => level === 'warn');
      expect(waits.map(({ msg }) => String(msg).split(' (')[0])).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/^the migration waits: the database postgres.* cannot be used$/),
          expect.stringMatching(/^the start waits: the database postgres.* cannot be used$/),
        ]),
      );
    });

    it('ends at once with a signal while it waits', async () => {
      const waiting = start('main.js', { DATABASE_URL: 'postgres://u@127.0.0.1:1/d', STARTUP_TIMEOUT: '60s' });
      await waiting.hasLogged('the start waits');
      waiting.kill('SIGTERM');

      expect(await waiting.ended).toEqual({ code: 0, errors: '' });
      expect(waiting.log.map(({ msg }) => String(msg).split(':')[0])).toEqual([
        'the start waits',
        'SIGTERM',
        'shut down',
      ]);
    });

    it('reports missing migrations', async () => {
      const empty = await createTestDatabase();
      onTestFinished(() => empty.drop());

      const { code, errors } = await start('main.js', { DATABASE_URL: empty.url }).ended;

      expect(code).toBe(1);
      expect(errors).toBe(
        'customer cannot start: the database schema "customer" lacks 0001-create-customers. ' +
          "Run the service's migrations first: node dist/migrate.js, with the same DATABASE_URL.\n",
      );
    });
  });
});
