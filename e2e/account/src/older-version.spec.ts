import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { randomBytes } from 'node:crypto';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

const execute = (url: string, sql: string) => withClient(url, async (client) => (await client.query(sql)).rowCount);

function start(entry: 'main' | 'migrate', environment: Record<string, string>) {
  const started = startProcess(new URL(`../../../apps/account/dist/${entry}.js`, import.meta.url), environment);
  onTestFinished(() => started.kill('SIGKILL'));
  return started;
}

/** A database on which account's migrations ran, with the role of the service. */
async function migratedDatabase() {
  const database = await createTestDatabase();
  const role = `test_account_${randomBytes(6).toString('hex')}`;
  await execute(database.url, `create role ${role} login password 's3cret'`);
  onTestFinished(async () => {
    await database.drop();
    await execute(inject('databaseServerUrl'), `drop role ${role}`);
  });
  const login = new URL(database.url);
  login.username = role;
  login.password = 's3cret';
  const migration = { DATABASE_URL: database.url, DATABASE_SERVICE_ROLE: role };
  expect(await start('migrate', migration).ended).toEqual({ code: 0, errors: '' });
  return { ownerUrl: database.url, role, login: login.href, migration };
}

/** What the migration of a newer version does that older replicas can live with, as for a rolling update. */
const newerMigration = (role: string) => `
  alter table account.accounts add column note text not null default '';
  create table account.notes (id integer);
  grant select on account.notes to ${role};
  insert into account.kysely_migration values ('0099-notes', '2099-01-01T00:00:00.000Z')`;

// The runbook's "Go back to an older version". https://github.com/kysely-org/kysely/issues/1186
describe('the older version of account, on the schema of a newer one (kysely#1186)', () => {
  it('migrates nothing, says so in one line with exit code 0, and then serves', async () => {
    const { ownerUrl, role, login, migration } = await migratedDatabase();
    await execute(ownerUrl, newerMigration(role));

    const again = start('migrate', migration);

    expect(await again.ended).toEqual({ code: 0, errors: '' });
    expect(again.log.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'the schema "account" is newer than this version: it also has 0099-notes. Nothing was changed.'],
    ]);
    // The rights of the newer version remain.
    expect(await execute(login, 'select from account.notes')).toBe(0);

    const account = start('main', { DATABASE_URL: login, CUSTOMER_URL: 'http://127.0.0.1:9' });
    const url = await account.listening;
    const opened = await fetch(`${url}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
    const { id } = (await opened.json()) as { id: string };
    const read = await fetch(`${url}/accounts/${id}`);
    const ready = await fetch(`${url}/health/ready`);
    account.kill('SIGTERM');

    expect([opened.status, read.status, ready.status]).toEqual([202, 200, 200]);
    expect((await account.ended).code).toBe(0);
  });
});
