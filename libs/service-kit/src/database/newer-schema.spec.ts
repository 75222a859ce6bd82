import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql, type Kysely } from 'kysely';
import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Database } from './database.ts';
import { migrate, NewerSchemaError, UnknownMigrationsError, type Migrations } from './migrations.ts';

const creating = (table: string): Migrations[string] => ({
  up: (db: Kysely<unknown>) => db.schema.createTable(table).addColumn('id', 'integer').execute(),
});

const first: Migrations = { '0001-berths': creating('berths') };
const second: Migrations = { ...first, '0002-ships': creating('ships') };
const third: Migrations = { ...second, '0003-cranes': creating('cranes') };

// https://github.com/kysely-org/kysely/issues/1186
describe('migrating a schema of another version (kysely#1186)', () => {
  async function freshDatabase(executed: Migrations) {
    const { url, drop } = await createTestDatabase();
    const options = { url, applicationName: 'harbour-test', schema: 'harbour' };
    await migrate({ ...options, migrations: executed });
    const database = new Database({ ...options, migrations: executed });
    onTestFinished(async () => {
      await database.onApplicationShutdown();
      await drop();
    });
    return { options, database };
  }

  /** Tables, privileges and executed migrations. */
  async function stateOf(database: Database): Promise<unknown> {
    const { rows } = await sql`
      select relname, relacl::text as privileges, (select json_agg(m order by name)::text from harbour.kysely_migration m)
      from pg_class where relnamespace = 'harbour'::regnamespace and relkind = 'r' order by relname`.execute(
      database.tables,
    );
    return rows;
  }

  it('says in one line that the schema is newer, and changes nothing: no table, no row, no privilege', async () => {
    const { options, database } = await freshDatabase(third);
    const role = `harbour-${randomUUID()}`;
    await sql`create role ${sql.id(role)}`.execute(database.tables);
    const grant = (tables: readonly string[]) => ({
      role,
      privileges: Object.fromEntries(tables.map((table) => [table, ['select'] as const])),
    });
    await migrate({ ...options, migrations: third, grant: grant(['berths', 'ships', 'cranes']) });
    const before = await stateOf(database);
    let seeded = 0;

    const older = migrate({
      ...options,
      migrations: first,
      grant: grant(['berths']),
      seed: async () => void (seeded += 1),
    });

    await expect(older).rejects.toThrow(NewerSchemaError);
    await expect(older).rejects.toThrow(
      /^the schema "harbour" is newer than this version: it also has 0002-ships, 0003-cranes\. Nothing was changed\.$/,
    );
    expect(await stateOf(database)).toEqual(before);
    expect(seeded).toBe(0);
    await sql`drop owned by ${sql.id(role)}`.execute(database.tables);
    await sql`drop role ${sql.id(role)}`.execute(database.tables);
  });

  it('lets the older version start on the newer schema', async () => {
    const { options } = await freshDatabase(third);
    const older = new Database({ ...options, migrations: first });
    onTestFinished(() => older.onApplicationShutdown());

    expect(await older.findPendingMigrations()).toEqual([]);
  });

  it('recognises a newer schema also while the newer migration is still running', async () => {
    const { options } = await freshDatabase(first);

    const results = await Promise.allSettled([
      migrate({ ...options, migrations: second }),
      ...[1, 2, 3].map(() => migrate({ ...options, migrations: first })),
    ]);

    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(results[0]).toEqual({ status: 'fulfilled', value: ['0002-ships'] });
    for (const failure of failures) expect(failure).toBeInstanceOf(NewerSchemaError);
  });

  it.each([
    ['one that this version lacks, and not one that it has', { ...first, '0002-cranes': creating('cranes') }],
    ['one whose name is before the last one of this version', { '0000-quays': creating('quays'), ...second }],
  ])('refuses in one line a schema with %s', async (_, executed) => {
    const { options, database } = await freshDatabase(executed);
    const before = await stateOf(database);

    const migrating = migrate({ ...options, migrations: second });

    await expect(migrating).rejects.toThrow(UnknownMigrationsError);
    await expect(migrating).rejects.toThrow(/^the schema "harbour" has migrations of another version \(\S+\).*\.$/);
    expect(await stateOf(database)).toEqual(before);
  });
});
