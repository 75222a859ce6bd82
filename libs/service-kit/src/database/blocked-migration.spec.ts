import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql, type Kysely } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from './database.ts';
import type { LockHolder } from './lock-watch.ts';
import { migrate, MigrationBlockedError, type MigrationOptions, type Migrations } from './migrations.ts';

const first: Migrations = {
  '0001-berths': {
    up: (db: Kysely<unknown>) => db.schema.createTable('berths').addColumn('id', 'integer').execute(),
  },
};

const second: Migrations = {
  ...first,
  '0002-length': {
    up: (db: Kysely<unknown>) => db.schema.alterTable('berths').addColumn('length', 'integer').execute(),
  },
};

// https://github.com/alphagov/notifications-api/pull/3901
describe('a migration behind a session that holds a lock (notifications-api#3901)', () => {
  /** A database with the first migration, and a session that holds a lock on its table until `release` is called. */
  async function blockedDatabase(lock: string) {
    const { url, drop } = await createTestDatabase();
    const options = { url, applicationName: 'harbour-test', schema: 'harbour' };
    await migrate({ ...options, migrations: first });
    const service = new Database<{ berths: { id: number } }>({ ...options, migrations: first });
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: held, resolve: isHeld } = Promise.withResolvers<number>();
    const session = withClient(`${url}?application_name=report`, async (client) => {
      const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
      await client.query('begin');
      await client.query(lock);
      isHeld(rows[0]?.pid ?? 0);
      await released;
      await client.query('rollback');
    });
    onTestFinished(async () => {
      release();
      await session;
      await service.onApplicationShutdown();
      await drop();
    });
    return { options, service, release, pid: await held };
  }

  const reader = 'select * from harbour.berths';

  it('lets ordinary reads pass, says once which session it waits for, and ends when that session does', async () => {
    const { options, service, release, pid } = await blockedDatabase(reader);
    const holders: LockHolder[] = [];
    const { promise: blocked, resolve: isBlocked } = Promise.withResolvers<void>();

    const migrating = migrate({
      ...options,
      migrations: second,
      lockWaits: { timeoutMs: 700, pauseMs: 300 },
      onBlocked: (holder) => {
        holders.push(holder);
        isBlocked();
      },
    });
    await blocked;
    // Behind a wait without bound they would reach their own time limit.
    const reads = await Promise.all(
      Array.from({ length: 5 }, () => service.tables.selectFrom('berths').select('id').execute()),
    );
    release();

    expect(reads).toEqual([[], [], [], [], []]);
    expect(await migrating).toEqual(['0002-length']);
    expect(holders).toEqual([expect.objectContaining({ pid, application: 'report', state: 'idle in transaction' })]);
  });

  const inserting = async (tables: Kysely<unknown>): Promise<void> => {
    await sql`insert into harbour.berths values (1)`.execute(tables);
  };

  it.each<[string, string, Partial<MigrationOptions<unknown>>]>([
    ['a migration', reader, { migrations: second }],
    ['a seed', 'lock table harbour.berths', { seed: inserting }],
    ['an exclusive lock on its own table of migrations', 'lock table harbour.kysely_migration', {}],
  ])('ends with one line that names the session when %s gets no lock', async (_, lock, more) => {
    const { options, service, pid } = await blockedDatabase(lock);

    const migrating = migrate({
      ...options,
      migrations: first,
      lockWaits: { timeoutMs: 600, pauseMs: 10, limitMs: 700 },
      ...more,
    });

    await expect(migrating).rejects.toThrow(MigrationBlockedError);
    await expect(migrating).rejects.toThrow(
      new RegExp(
        `^session ${pid} \\(application "report", role "[^"]+", idle in transaction, \\d+ s\\) holds a lock that the ` +
          'migration needs\\. Wait until it ends, or end it, and migrate again\\.$',
      ),
    );
    const { rows } = await sql`
      select from pg_locks join pg_stat_activity using (pid)
      where application_name = 'harbour-test' and locktype = 'advisory'`.execute(service.tables);
    expect(rows).toEqual([]);
  });

  it('closes its connection, and with it its locks, when it is stopped in the middle of a transaction', async () => {
    const { options, service, release } = await blockedDatabase(reader);
    release();
    const settings: unknown[] = [];

    await migrate({
      ...options,
      migrations: {
        ...first,
        '0002-look': {
          up: async (db: Kysely<unknown>) => {
            const shown = await sql`
              select current_setting('lock_timeout') as lock,
                current_setting('idle_in_transaction_session_timeout') as idle`.execute(db);
            settings.push(...shown.rows);
          },
        },
      },
    });

    expect(settings).toEqual([{ lock: '1s', idle: '1min' }]);
    expect(await service.tables.selectFrom('berths').selectAll().execute()).toEqual([]);
  });
});
