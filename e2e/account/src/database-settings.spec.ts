import { migrateAccount } from '@breakwater/account/testing';
import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { startReplica, type RunningAccount } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const execute = (url: string, sql: string) => withClient(url, async (client) => void (await client.query(sql)));

async function startOn(databaseUrl: string): Promise<RunningAccount> {
  const customer = await StandInCustomer.start();
  const account = await startReplica(databaseUrl, { CUSTOMER_URL: customer.url });
  onTestFinished(async () => {
    await customer.stop();
    await account.stop();
  });
  return account;
}

async function createDatabase(): Promise<{ readonly url: string; readonly name: string }> {
  const { url, drop } = await createTestDatabase();
  onTestFinished(drop);
  return { url, name: new URL(url).pathname.slice(1) };
}

describe('account on a database with settings of its own', () => {
  it('opens, reads, pages and closes as with the defaults (node-postgres#2640, #166)', async () => {
    const { url, name } = await createDatabase();
    for (const setting of [
      "datestyle = 'SQL, DMY'",
      "intervalstyle = 'sql_standard'",
      "timezone = 'America/St_Johns'",
      'extra_float_digits = -15',
      'search_path = nowhere',
      'default_transaction_isolation = serializable',
      'default_transaction_deferrable = on',
      'standard_conforming_strings = off',
      'transform_null_equals = on',
      'synchronous_commit = off',
      'statement_timeout = 600000',
    ])
      await execute(url, `alter database ${name} set ${setting}`);
    await migrateAccount(url);
    const account = await startOn(url);

    const before = Date.now();
    const opened = await account.open('c-1001', { label: 'Épargne 日本' }).set('idempotency-key', 'k-1');
    const replayed = await account.open('c-1001', { label: 'Épargne 日本' }).set('idempotency-key', 'k-1');
    const path = String(opened.headers['location']);
    const closed = await account.http().patch(path).set('if-match', '"1"').send({ status: 'CLOSED' });
    const read = await account.http().get(path);
    const page = await account.http().get('/accounts');
    const history = await account.http().get(`${path}/history`);

    expect([opened, replayed, closed, read, page, history].map(({ status }) => status)).toEqual([
      201, 201, 200, 200, 200, 200,
    ]);
    expect(replayed.body).toEqual(opened.body);
    expect(read.body).toEqual(closed.body);
    const { label, createdAt } = read.body as { label: string; createdAt: string };
    expect(label).toBe('Épargne 日本');
    expect(Math.abs(Date.parse(createdAt) - before)).toBeLessThan(60_000);
    expect((page.body as { items: unknown[] }).items).toEqual([read.body]);
  });
});

describe('a balance beyond 2^53 (graph-node#3136)', () => {
  it('is in every response with all its digits, and does not take the page away', async () => {
    const { url } = await createDatabase();
    await migrateAccount(url);
    const account = await startOn(url);
    const { headers } = await account.open('c-1001').expect(201);
    const path = String(headers['location']);
    await account.open('c-1001').expect(201);
    const largest = '9223372036854775807';
    await execute(url, `update account.accounts set balance = ${largest} where id = '${path.split('/').at(-1)}'`);
    const textOf = async (url: string) => (await fetch(`${account.url}${url}`)).text();

    const single = await textOf(path);
    const page = await textOf('/accounts');
    const closed = await account.http().patch(path).set('if-match', '"1"').send({ status: 'CLOSED' });

    expect(single).toContain(`"balance":{"amount":${largest},"currency":"EUR"}`);
    expect(page).toContain(`"balance":{"amount":${largest},"currency":"EUR"}`);
    expect(page).toContain('"balance":{"amount":0,"currency":"EUR"}');
    expect([closed.status, closed.text]).toEqual([200, expect.stringContaining(`"amount":${largest}`)]);
  });
});

describe('a database that account cannot live with', () => {
  const run = (entry: string, url: string) =>
    startProcess(new URL(`../../../apps/account/dist/${entry}.js`, import.meta.url), {
      DATABASE_URL: url,
      CUSTOMER_URL: 'http://127.0.0.1:1',
    }).ended;

  it('ends the start with one line when statements of its role may take 1 ms only', async () => {
    const { url, name } = await createDatabase();
    await migrateAccount(url);
    const role = `${name}_role`;
    await execute(url, `create role ${role} login superuser password 's3cret'`);
    onTestFinished(() => execute(inject('databaseServerUrl'), `drop role ${role}`));
    await execute(url, `alter role ${role} set statement_timeout = 1`);
    const login = Object.assign(new URL(url), { username: role, password: 's3cret' }).href;

    const [started, migrated] = await Promise.all([run('main', login), run('migrate', login)]);

    for (const { code, errors } of [started, migrated]) {
      expect(code).toBe(1);
      // The statement that reads the value may itself be cancelled.
      expect(errors).toMatch(
        /^account cannot (start|migrate): the database has (a short statement_timeout|statement_timeout = 1): it ends .*\n$/,
      );
    }
  });

  it('ends the start of the service and of its migrations with one line', async () => {
    const { url, name } = await createDatabase();
    await migrateAccount(url);
    await execute(url, `alter database ${name} set session_replication_role = replica`);

    const [started, migrated] = await Promise.all([run('main', url), run('migrate', url)]);

    for (const { code, errors } of [started, migrated]) {
      expect(code).toBe(1);
      expect(errors).toMatch(
        /^account cannot (start|migrate): the database has session_replication_role = replica: foreign keys are not checked\. .*\n$/,
      );
    }
  });
});
