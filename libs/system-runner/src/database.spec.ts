import { startLocalPostgres } from './postgres/index.ts';
import { Client } from 'pg';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createServiceLogins, SystemDatabase } from './database.ts';
import type { SystemFailure } from './system-failure.ts';

const lost: SystemFailure[] = [];

afterEach(() => {
  vi.unstubAllEnvs();
  lost.splice(0);
});

async function open(which: 'given' | 'own'): Promise<SystemDatabase> {
  const database = await SystemDatabase.open({ which, runName: 'example', onLost: (failure) => lost.push(failure) });
  onTestFinished(() => database.close());
  return database;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

describe('SystemDatabase with its own server', () => {
  it('can be stopped and started repeatedly without being reported as lost', async () => {
    vi.stubEnv('DATABASE_URL', 'postgres://127.0.0.1:1/not-used');
    const database = await open('own');
    await query(database.url, 'CREATE TABLE kept AS SELECT 42 AS answer');

    for (let time = 1; time <= 2; time += 1) {
      await database.stop();
      await expect(query(database.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
      await database.start();
    }

    expect(await query(database.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
    expect(lost).toEqual([]);
  });

  it('is reported as lost when the connection breaks, also after a restart', async () => {
    const database = await open('own');
    await database.stop();
    await database.start();

    await query(
      database.url,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SHOW server_version'",
    );

    await expect.poll(() => lost.map(({ remedy }) => remedy)).toEqual(['Start the example again.']);
  });

  it('creates a login per service with a new password each time', async () => {
    const database = await open('own');

    const first = await createServiceLogins(database.url);
    const { account, customer } = await createServiceLogins(database.url);

    expect(await query(account.url, 'SELECT current_user')).toEqual([{ current_user: 'breakwater_account' }]);
    expect(await query(customer.url, 'SELECT current_user')).toEqual([{ current_user: 'breakwater_customer' }]);
    expect(account.role).toBe('breakwater_account');
    await expect(query(account.url, 'CREATE ROLE another')).rejects.toThrow('permission denied');
    await expect(query(first.account.url, 'SELECT 1')).rejects.toThrow('password authentication failed');
  });
});

describe('SystemDatabase with a given server', () => {
  it('cannot be stopped', async () => {
    const given = await startLocalPostgres();
    onTestFinished(() => given.stop());
    vi.stubEnv('DATABASE_URL', given.url);
    const database = await open('given');

    await expect(database.stop()).rejects.toThrow(/cannot be stopped, frozen or started: DATABASE_URL names it/);
    expect(await query(given.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
