import type { Database as TestDatabase } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql, type Kysely } from 'kysely';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from './database.ts';
import { migrate, ServiceRoleError, type Migrations, type Privileges } from './migrations.ts';

interface Tables {
  berths: { id: number };
  log: { id?: number; text: string };
}

const migrations: Migrations = {
  '0001-harbour': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('berths')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .execute();
      await db.schema
        .createTable('log')
        .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
        .addColumn('text', 'text')
        .execute();
    },
  },
};

const privileges: Privileges = { berths: ['select', 'insert', 'update', 'delete'], log: ['select', 'insert'] };

describe('the privileges of a service', () => {
  // A name that needs quotes.
  const role = `harbour "${randomUUID()}" öffnen`;
  let database: TestDatabase;
  let owner: Database<Tables>;
  let service: Database<Tables>;

  const options = (schema = 'harbour') => ({ url: database.url, applicationName: 'test', schema, migrations });
  const run = (who: Database<Tables>, statement: string) => sql.raw(statement).execute(who.tables);

  beforeAll(async () => {
    database = await createTestDatabase();
    owner = new Database(options());
    await sql`create role ${sql.id(role)} login password 's3cret'`.execute(owner.tables);
    await migrate({ ...options(), grant: { role, privileges } });
    await migrate(options('shipyard'));

    const url = new URL(database.url);
    url.username = encodeURIComponent(role);
    url.password = 's3cret';
    service = new Database({ ...options(), url: url.href });
  });

  afterAll(async () => {
    await service.onApplicationShutdown();
    await sql`drop owned by ${sql.id(role)}`.execute(owner.tables);
    await sql`drop role ${sql.id(role)}`.execute(owner.tables);
    await owner.onApplicationShutdown();
    await database.drop();
  });

  it('are sufficient for its own work', async () => {
    await service.tables.insertInto('berths').values({ id: 1 }).execute();
    await service.tables.updateTable('berths').set({ id: 2 }).execute();
    await service.tables.insertInto('log').values({ text: 'moved' }).execute();

    expect(await service.tables.selectFrom('berths').selectAll().forUpdate().execute()).toEqual([{ id: 2 }]);
    expect(await service.tables.selectFrom('log').selectAll().execute()).toEqual([{ id: 1, text: 'moved' }]);
    expect(await service.tables.deleteFrom('berths').executeTakeFirst()).toMatchObject({ numDeletedRows: 1n });
    expect(await service.findPendingMigrations()).toEqual([]);
  });

  it.each([
    'create table harbour.mine (id int)',
    'create table public.mine (id int)',
    'create schema mine',
    'alter table harbour.berths add column mine int',
    'drop table harbour.berths',
    'truncate harbour.berths',
    'create index mine on harbour.berths (id)',
    `update harbour.log set text = 'nothing happened'`,
    'delete from harbour.log',
    'create trigger mine after insert on harbour.log execute function suppress_redundant_updates_trigger()',
    'select * from shipyard.berths',
    `insert into shipyard.log (text) values ('x')`,
    `insert into harbour.kysely_migration values ('0002', now())`,
    'delete from harbour.kysely_migration',
    'update harbour.kysely_migration_lock set is_locked = 1',
    'select * from harbour.kysely_migration_lock',
  ])('do not allow: %s', async (statement) => {
    await expect(run(service, statement)).rejects.toThrow(/permission denied|must be owner/);
  });

  it('are the same when granted again, concurrently, whichever were granted in between', async () => {
    for (const grant of [
      'grant all on schema harbour to public',
      'grant all on all tables in schema harbour to public',
      `grant update (text), truncate on harbour.log to "${role.replaceAll('"', '""')}"`,
    ])
      await run(owner, grant);
    await run(service, `update harbour.log set text = 'nothing happened'`);

    await Promise.all([1, 2, 3, 4].map(() => migrate({ ...options(), grant: { role, privileges } })));

    for (const statement of [
      `update harbour.log set text = 'nothing happened'`,
      'truncate harbour.log',
      'create table harbour.mine (id int)',
    ])
      await expect(run(service, statement)).rejects.toThrow('permission denied');
    await expect(service.tables.insertInto('log').values({ text: 'still here' }).execute()).resolves.toBeDefined();
    const { rows } = await sql<{ grantee: string }>`
      select distinct grantee from information_schema.table_privileges
      where table_schema = 'harbour' and grantee <> current_user`.execute(owner.tables);
    expect(rows).toEqual([{ grantee: role }]);
  });

  it('cannot be granted to a role that does not exist', async () => {
    const granting = migrate({ ...options(), grant: { role: 'missing', privileges } });

    await expect(granting).rejects.toThrow(ServiceRoleError);
    await expect(granting).rejects.toThrow('there is no database role "missing". Create it');
  });

  it('cannot be granted to a role that they would not restrict', async () => {
    const { rows } = await sql<{ me: string }>`select current_user as me`.execute(owner.tables);
    const granting = migrate({ ...options(), grant: { role: rows[0]?.me ?? '', privileges } });

    await expect(granting).rejects.toThrow('can act as the owner of the schema "harbour", whom no privilege restricts');
  });

  it('are granted all or none', async () => {
    await expect(
      migrate({ ...options(), grant: { role, privileges: { berths: [], ships: ['select'] } } }),
    ).rejects.toThrow('relation "harbour.ships" does not exist');

    await expect(service.tables.selectFrom('berths').selectAll().execute()).resolves.toEqual([]);
  });
});
