import { Deadline } from '@breakwater/resilience';
import { runInCallContext } from '@breakwater/resilience/nest';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql, type Kysely } from 'kysely';
import { DatabaseError } from 'pg';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Database, type DatabaseOptions } from './database.ts';
import { migrate, type Migrations } from './migrations.ts';
import { DatabaseUnavailableError } from './database-errors.ts';

interface Tables {
  berths: { id: number; length: number };
}

const migrations: Migrations = {
  '0001-berths': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('berths')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .addColumn('length', 'int8', (column) => column.notNull())
        .execute();
    },
  },
};

const seed = async (tables: Kysely<Tables>): Promise<void> => {
  await tables
    .insertInto('berths')
    .values({ id: 1, length: 40 })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
};

describe('the database of a service', () => {
  /** A new database for a test, by default with the schema `harbour`. */
  async function freshDatabase(options: Partial<DatabaseOptions> & { migrated?: boolean } = {}) {
    const { url, drop } = await createTestDatabase();
    const all = { url, applicationName: 'harbour-test', schema: 'harbour', migrations, ...options };
    if (options.migrated ?? true) await migrate<Tables>({ ...all, seed });
    const database = new Database<Tables>(all);
    onTestFinished(async () => {
      await database.onApplicationShutdown();
      await drop();
    });
    return { database, options: all };
  }

  /** Terminates every connection of the service in the server. */
  async function endConnections(url: string): Promise<void> {
    const administrator = new Database({ url, applicationName: 'administrator', schema: 'public', migrations: {} });
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'harbour-test' and datname = current_database()`.execute(administrator.tables);
    await administrator.onApplicationShutdown();
  }

  describe('reading and writing', () => {
    it('uses the schema of the service without naming it', async () => {
      const { database } = await freshDatabase();

      const rows = await database.tables.selectFrom('berths').selectAll().execute();

      expect(rows).toEqual([{ id: 1, length: 40 }]);
    });

    it('reads an int8 that a number would round as a bigint', async () => {
      const { database } = await freshDatabase();
      await sql`insert into harbour.berths values (2, 9007199254740993)`.execute(database.tables);

      const rows = await database.tables.selectFrom('berths').selectAll().where('id', '=', 2).execute();

      expect(rows).toEqual([{ id: 2, length: 9_007_199_254_740_993n }]);
    });

    it('passes on the server’s errors in statements', async () => {
      const { database } = await freshDatabase();

      const writing = database.tables.insertInto('berths').values({ id: 1, length: 1 }).execute();

      await expect(writing).rejects.toThrow(DatabaseError);
    });
  });

  it('counts the connections in use and the statements that wait for one', async () => {
    const { database } = await freshDatabase();
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();

    const before = database.connections;
    const transactions = Array.from({ length: 10 }, () => database.tables.transaction().execute(() => end));
    await vi.waitFor(() => expect(database.connections).toMatchObject({ total: 10, idle: 0 }));
    const waiting = [database.ping(), database.ping()];
    await vi.waitFor(() => expect(database.connections.waiting).toBe(2));
    finish();
    await Promise.all([...transactions, ...waiting]);

    expect(before).toEqual({ total: 0, idle: 0, waiting: 0, max: 10 });
    expect(database.connections).toEqual({ total: 10, idle: 10, waiting: 0, max: 10 });
  });

  it('is unavailable for a request whose deadline passes while it waits for a connection', async () => {
    const { database } = await freshDatabase();
    const { promise: end, resolve: finish } = Promise.withResolvers<void>();
    const transactions = Array.from({ length: 10 }, () => database.tables.transaction().execute(() => end));
    await vi.waitFor(() => expect(database.connections).toMatchObject({ total: 10, idle: 0 }));

    const waiting = runInCallContext({ deadline: Deadline.after(0) }, () => database.ping());

    await expect(waiting).rejects.toThrow(
      new DatabaseUnavailableError(new Error('it did not respond within the 500 ms that were left')),
    );
    finish();
    // On a busy machine the server ends some of them meanwhile.
    await Promise.allSettled(transactions);
    await expect(database.ping()).resolves.toBeUndefined();
  });

  describe('losing the server', () => {
    it('is unavailable when nothing listens', async () => {
      const database = new Database({
        url: 'postgres://harbour@127.0.0.1:1/harbour',
        applicationName: 'harbour-test',
        schema: 'harbour',
        migrations,
      });

      await expect(database.ping()).rejects.toThrow(DatabaseUnavailableError);
      await database.onApplicationShutdown();
    });

    it('survives connections that break while idle, and reports them', async () => {
      const onConnectionLost = vi.fn<(error: Error) => void>();
      const { database, options } = await freshDatabase({ onConnectionLost });
      await database.ping();

      await endConnections(options.url);
      await vi.waitFor(() => expect(onConnectionLost).toHaveBeenCalledOnce(), { timeout: 10_000 });

      await expect(database.ping()).resolves.toBeUndefined();
    });

    it('survives a connection that breaks during a transaction', async () => {
      const { database, options } = await freshDatabase();

      const work = database.tables.transaction().execute(async (transaction) => {
        await transaction.insertInto('berths').values({ id: 2, length: 1 }).execute();
        await endConnections(options.url);
        await transaction.insertInto('berths').values({ id: 3, length: 1 }).execute();
      });

      await expect(work).rejects.toThrow(DatabaseUnavailableError);
      await expect(database.tables.selectFrom('berths').select('id').execute()).resolves.toEqual([{ id: 1 }]);
    });

    it('can be closed twice', async () => {
      const { database } = await freshDatabase();

      await database.onApplicationShutdown();

      await expect(database.onApplicationShutdown()).resolves.toBeUndefined();
    });
  });

  describe('migrating', () => {
    it('lists the missing migrations, and none after migrating', async () => {
      const { database, options } = await freshDatabase({ migrated: false });

      const before = await database.findPendingMigrations();
      const applied = await migrate(options);
      const after = await database.findPendingMigrations();

      expect({ before, applied, after }).toEqual({ before: ['0001-berths'], applied: ['0001-berths'], after: [] });
    });

    it('runs once when several processes start it at the same time', async () => {
      const { database, options } = await freshDatabase({ migrated: false });

      const applied = await Promise.all([1, 2, 3, 4].map(() => migrate<Tables>({ ...options, seed })));

      expect(applied.flat()).toEqual(['0001-berths']);
      await expect(database.tables.selectFrom('berths').select('id').execute()).resolves.toEqual([{ id: 1 }]);
    });

    it('changes nothing when one migration fails', async () => {
      const { database, options } = await freshDatabase({ migrated: false });
      const failing: Migrations = {
        ...migrations,
        '0002-wrong': {
          up: async (db: Kysely<unknown>) => {
            await sql`select nothing`.execute(db);
          },
        },
      };

      await expect(migrate({ ...options, migrations: failing })).rejects.toThrow(/column "nothing" does not exist/);

      await expect(database.findPendingMigrations()).resolves.toEqual(['0001-berths']);
    });

    it('keeps its own tables in the schema of the service', async () => {
      const { database } = await freshDatabase();

      const { rows } = await sql<{ place: string }>`
        select table_schema || '.' || table_name as place from information_schema.tables
        where table_schema in ('public', 'harbour') order by place`.execute(database.tables);

      expect(rows.map(({ place }) => place)).toEqual([
        'harbour.berths',
        'harbour.kysely_migration',
        'harbour.kysely_migration_lock',
      ]);
    });
  });
});
