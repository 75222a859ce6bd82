import { migrateAccount } from '@breakwater/account/testing';
import { withClient, type Database } from '@breakwater/system-runner/postgres';
import {
  createTestDatabase,
  hasPgBouncer,
  startPgBouncer,
  startProcess,
  type PgBouncer,
  type TestedProcess,
} from '@breakwater/system-runner/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { eventually } from './services.ts';

if (!hasPgBouncer) process.stderr.write('NOT CHECKED: the services behind PgBouncer, because it is not installed.\n');

function startAsProcess(service: 'account' | 'customer', environment: Record<string, string>): TestedProcess {
  const started = startProcess(new URL(`../../../apps/${service}/dist/main.js`, import.meta.url), environment);
  onTestFinished(() => started.kill('SIGKILL'));
  return started;
}

/** A service as a process, migrated by its own entry, as in production. @returns its URL */
const start = (service: 'account' | 'customer', environment: Record<string, string>): Promise<string> =>
  startAsProcess(service, environment).listening;

async function migrateThrough(service: 'account' | 'customer', url: string): Promise<string> {
  const entry = new URL(`../../../apps/${service}/dist/migrate.js`, import.meta.url);
  const { code, errors } = await startProcess(entry, { DATABASE_URL: url }).ended;
  return `${code} ${errors}`;
}

describe.runIf(hasPgBouncer)('behind PgBouncer in transaction mode (node-postgres#2103, logto#8065)', () => {
  let database: Database;
  let bouncer: PgBouncer;

  beforeAll(async () => {
    database = await createTestDatabase();
    // One connection to the server, for all connections of all replicas.
    bouncer = await startPgBouncer(database.url, { default_pool_size: '1' });
  });

  afterAll(async () => {
    await bouncer?.stop();
    await database.drop();
  });

  const execute = (sql: string) => withClient(database.url, (client) => client.query(sql));

  it('the services migrate, start and serve with two replicas and one connection', async () => {
    const migrated = await Promise.all([
      migrateThrough('account', bouncer.url),
      migrateThrough('account', bouncer.url),
      migrateThrough('customer', bouncer.url),
    ]);
    const customer = await start('customer', { DATABASE_URL: bouncer.url, CUSTOMER_LATENCY: '0ms' });
    const replicas = await Promise.all(
      [1, 2].map(() => start('account', { DATABASE_URL: bouncer.url, CUSTOMER_URL: customer })),
    );
    const open = async (url: string, key?: string): Promise<Response> => {
      const response = await fetch(`${url}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
        body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
      });
      // On a busy machine, twenty requests take longer than the second for which they wait for their key.
      return response.status === 409 && key !== undefined ? open(url, key) : response;
    };

    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, n) => replicas.map((url) => open(url, n < 10 ? 'k-1' : undefined))).flat(),
    );
    const bodies = (await Promise.all(opened.map((response) => response.json()))) as { id: string }[];
    const closings = await Promise.all(
      replicas.flatMap((url) =>
        Array.from({ length: 5 }, () =>
          fetch(`${url}/accounts/${bodies[0]?.id}`, {
            method: 'PATCH',
            headers: { 'content-type': 'application/json', 'if-match': '"1"' },
            body: '{"status":"CLOSED"}',
          }),
        ),
      ),
    );
    const lists = await Promise.all(replicas.map((url) => fetch(`${url}/accounts?limit=100`)));
    const { rows } = await execute(`
      select count(distinct pid)::int as connections, count(*) filter (where state = 'idle in transaction')::int as open,
        (select count(*)::int from pg_locks where locktype = 'advisory') as locks
      from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`);

    expect(migrated).toEqual(['0 ', '0 ', '0 ']);
    expect(opened.map(({ status }) => status)).toEqual(Array<number>(40).fill(201));
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(21);
    expect(closings.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(412),
    ]);
    for (const list of lists) expect(((await list.json()) as { items: unknown[] }).items).toHaveLength(21);
    expect(rows).toEqual([{ connections: 1, open: 0, locks: 0 }]);
  });

  it.each([
    ['true', 1],
    ['false', 0],
  ])('no request fails with DATABASE_PREPARED_STATEMENTS=%s, which costs %i warning', async (prepared, warnings) => {
    // With several connections to the server, a statement is prepared in one and executed in another.
    const mixing = await startPgBouncer(database.url, { default_pool_size: '5' });
    onTestFinished(() => mixing.stop());
    await migrateAccount(mixing.url);
    const account = startAsProcess('account', {
      DATABASE_URL: mixing.url,
      CUSTOMER_URL: 'http://127.0.0.1:1',
      DATABASE_PREPARED_STATEMENTS: prepared,
    });
    const url = await account.listening;
    const send = (n: number) =>
      fetch(`${url}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': `k-${prepared}-${n}` },
        body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
      });

    const statuses: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const responses = await Promise.all(Array.from({ length: 10 }, (_, n) => send(round * 10 + n)));
      statuses.push(...responses.map(({ status }) => status));
    }
    account.kill('SIGTERM');
    await account.ended;

    expect(statuses).toEqual(Array<number>(50).fill(202));
    expect(account.log.filter(({ msg }) => String(msg).startsWith('the database lost prepared'))).toHaveLength(
      warnings,
    );
  });

  it('no statement outlives its bound on the server, and no setting stays in the shared connection', async () => {
    await migrateAccount(bouncer.url);
    const account = await start('account', { DATABASE_URL: bouncer.url, CUSTOMER_URL: 'http://127.0.0.1:1' });
    const running = async (): Promise<number | null> =>
      (await execute("select from pg_stat_activity where query like '%accounts%' and wait_event = 'PgSleep'")).rowCount;
    await execute(`
      alter table account.accounts rename to all_accounts;
      create view account.accounts as
        select all_accounts.* from account.all_accounts, (select pg_sleep(60)) as slow`);
    try {
      const reading = fetch(`${account}/accounts`);
      await eventually(async () => expect(await running()).toBe(1));
      const { status } = await reading;
      await eventually(async () => expect(await running()).toBe(0));
      const left = await withClient(bouncer.url, async (client) => {
        const { rows } = await client.query(
          "select current_setting('statement_timeout') as statement, current_setting('search_path') as path",
        );
        return rows as unknown;
      });

      expect(status).toBe(503);
      expect(left).toEqual([{ statement: '0', path: '"$user", public' }]);
    } finally {
      await execute('drop view account.accounts; alter table account.all_accounts rename to accounts');
    }
  });

  it('a bounded wait for a lock does not block the one connection', async () => {
    await migrateAccount(bouncer.url);
    const account = await start('account', { DATABASE_URL: bouncer.url, CUSTOMER_URL: 'http://127.0.0.1:1' });
    const open = async (key: string) => {
      const response = await fetch(`${account}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
      });
      return response.status;
    };

    const statuses = await withClient(database.url, async (client) => {
      await client.query('begin');
      await client.query(`
        insert into account.idempotency_keys (key, fingerprint, response_status, response_body)
        values ('k-held', '', 201, '{}')`);
      const waiting = await open('k-held');
      return [waiting, await open('k-other')];
    });

    expect(statuses).toEqual([409, 202]);
  });

  it('a replica that is stopped in a transaction does not keep the one connection', async () => {
    await migrateAccount(bouncer.url);
    const environment = {
      DATABASE_URL: bouncer.url,
      CUSTOMER_URL: 'http://127.0.0.1:1',
      RECONCILIATION_INTERVAL: '1h',
    };
    const stopped = startAsProcess('account', environment);
    const [stoppedUrl, url] = await Promise.all([stopped.listening, start('account', environment)]);
    const open = async (at: string, key: string) => {
      const response = await fetch(`${at}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
      });
      return { status: response.status, retryAfter: response.headers.get('retry-after') };
    };
    // The opening waits for the lock that the test holds, in the middle of its transaction.
    const [late] = await withClient(database.url, async (client) => {
      await client.query(`
        create function account.wait() returns trigger language plpgsql as
          'begin perform pg_advisory_xact_lock_shared(7); return null; end';
        create trigger wait after insert on account.accounts for each row execute function account.wait();`);
      await client.query('select pg_advisory_lock(7)');
      const sent = open(stoppedUrl, 'k-stopped');
      await eventually(async () => {
        const { rowCount } = await client.query("select from pg_locks where locktype = 'advisory' and not granted");
        expect(rowCount).toBe(1);
      }, 5);
      stopped.kill('SIGSTOP');
      return [sent];
    });

    const startedAt = performance.now();
    const meanwhile: Awaited<ReturnType<typeof open>>[] = [];
    await eventually(async () => {
      meanwhile.push(await open(url, 'k-stopped'));
      expect(meanwhile.at(-1)?.status).toBe(202);
    });
    const servedAfterMs = performance.now() - startedAt;
    stopped.kill('SIGCONT');
    const status = (await late)?.status;

    // The server ends a transaction that waits for its client after 2 s.
    expect(servedAfterMs).toBeLessThan(5_000);
    for (const refused of meanwhile.slice(0, -1)) expect(refused).toEqual({ status: 503, retryAfter: '1' });
    // It finds what the other replica has stored, or reports that it lost its connection.
    expect([202, 503]).toContain(status);
    const stored = "select from account.idempotency_keys where key = 'k-stopped'";
    expect((await execute(stored)).rowCount).toBe(1);
  });
});
