import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Database, type DatabaseOptions } from './database.ts';
import { LockHeldError } from './database-errors.ts';
import { fragment, statement } from './statement.ts';

describe('statement', () => {
  it('numbers its parameters by name, also those of its fragments', () => {
    const long = fragment<{ length: number; id: number }>()`length > ${'length'} and id <> ${'id'}`;

    const find = statement<{ id: number; length: number }>('find')`
      select from berths where id = ${'id'} and ${long}`;

    expect(find).toMatchObject({
      text: '\n      select from berths where id = $1 and length > $2 and id <> $1',
      parameters: ['id', 'length'],
    });
  });

  it('has another name with another text', () => {
    const [one, same, other] = [statement('find')`select 1`, statement('find')`select 1`, statement('find')`select 2`];

    expect(one.name).toMatch(/^find-[0-9a-f]{8}$/);
    expect(same.name).toBe(one.name);
    expect(other.name).not.toBe(one.name);
  });
});

describe('a statement of the database', () => {
  let url: string;
  let drop: () => Promise<void>;

  const open = (options: Partial<DatabaseOptions> = {}) => {
    const database = new Database({ url, applicationName: 'harbour', schema: 'harbour', migrations: {}, ...options });
    onTestFinished(() => database.onApplicationShutdown());
    return database;
  };

  beforeAll(async () => {
    ({ url, drop } = await createTestDatabase());
    const database = new Database({ url, applicationName: 'harbour', schema: 'public', migrations: {} });
    await sql`create schema harbour`.execute(database.tables);
    await sql`create table harbour.berths (id int primary key, name text)`.execute(database.tables);
    await sql`insert into harbour.berths values (1, 'one')`.execute(database.tables);
    await database.onApplicationShutdown();
  });

  afterAll(() => drop());

  const echo = statement<Record<'text' | 'time' | 'list' | 'number' | 'flag' | 'nothing', never>, object>('echo')`
    select ${'text'}::text as text, ${'time'}::timestamptz as time, ${'list'}::text[] as list,
      ${'number'}::int8 as number, ${'flag'}::boolean as flag, ${'nothing'}::text as nothing`;
  const find = statement<{ id: number }, { name: string }>('find')`select name from berths where id = ${'id'}`;
  const insert = statement<{ id: number }, object>('insert')`
    insert into berths (id) values (${'id'}) returning id`;

  it.each([true, false])('sends and reads values of every type (prepared: %s)', async (preparesStatements) => {
    const database = open({ preparesStatements });
    const values = {
      text: `l'été "日本" \\`,
      time: new Date('2026-11-05T03:04:05.678Z'),
      list: ['a', null, 'NULL', '{"\\,}', ''],
      number: 9_007_199_254_740_993n,
      flag: false,
      nothing: null,
    };

    const results = [await database.execute(echo, values as never), await database.execute(echo, values as never)];

    expect(results).toEqual([[values], [values]]);
  });

  it.each([true, false])('is prepared once on a connection, unless none is (%s)', async (preparesStatements) => {
    const database = open({ preparesStatements });
    const prepared = statement<object, { name: string }>('prepared')`
      select name from pg_prepared_statements where name like 'find-%' or name in ('begin', 'settings', 'commit')`;

    const first = await database.execute(find, { id: 1 });
    await database.execute(find, { id: 1 });
    const names = (await database.execute(prepared, {})).map(({ name }) => name).toSorted();

    expect(first).toEqual([{ name: 'one' }]);
    expect(names).toEqual(preparesStatements ? ['begin', 'commit', find.name, 'settings'] : []);
  });

  it('is a transaction in read committed, which leaves nothing behind', async () => {
    const database = open();
    const isolation = statement<object, object>('isolation')`
      select current_setting('transaction_isolation') as isolation, current_setting('lock_timeout') as lock`;

    const inside = await database.execute(isolation, {});
    const { rows } = await sql`select count(*)::int as open from pg_stat_activity
      where datname = current_database() and state like 'idle in transaction%'`.execute(database.tables);

    expect(inside).toEqual([{ isolation: 'read committed', lock: '2s' }]);
    expect(rows).toEqual([{ open: 0 }]);
  });

  it('fails without an effect on the next one of its connection', async () => {
    const database = open();

    await expect(database.execute(insert, { id: 1 })).rejects.toMatchObject({ code: '23505' });
    const after = await database.execute(find, { id: 1 });

    expect(after).toEqual([{ name: 'one' }]);
    expect(database.connections).toMatchObject({ total: 1, idle: 1 });
  });

  it('is prepared again after a migration has changed the type of a column', async () => {
    const database = open();
    const change = (type: string) =>
      sql`alter table harbour.berths alter name type ${sql.raw(type)}`.execute(database.tables);
    await database.execute(find, { id: 1 });

    await change('varchar(20)');
    onTestFinished(async () => void (await change('text')));
    const after = await database.execute(find, { id: 1 });

    expect(after).toEqual([{ name: 'one' }]);
  });

  it('is repeated when a pooler has lost it, and from then on none is prepared', async () => {
    const onStatementsLost = vi.fn();
    const database = open({ onStatementsLost });
    await database.execute(find, { id: 1 });

    await sql`deallocate all`.execute(database.tables);
    const after = [await database.execute(find, { id: 1 }), await database.execute(find, { id: 1 })];
    const { rows } = await sql`select from pg_prepared_statements`.execute(database.tables);

    expect(after).toEqual([[{ name: 'one' }], [{ name: 'one' }]]);
    expect(onStatementsLost).toHaveBeenCalledOnce();
    expect(rows).toEqual([]);
  });

  it('waits for a lock as long as it may, and changes nothing then', async () => {
    const database = open();
    const release = Promise.withResolvers<void>();
    const isHeld = Promise.withResolvers<void>();
    const holder = database.transact(async (tables) => {
      await sql`insert into berths values (2)`.execute(tables);
      isHeld.resolve();
      await release.promise;
    });
    await isHeld.promise;

    await expect(database.execute(insert, { id: 2 }, { lockWaitLeftMs: () => 50 })).rejects.toThrow(LockHeldError);
    release.resolve();
    await holder;
  });

  it('is not taken for one that waits for a lock when it is slow', async () => {
    const database = open();
    const slow = statement<object, object>('slow')`select 1 as one from pg_sleep(0.3)`;

    expect(await database.execute(slow, {}, { lockWaitLeftMs: () => 50 })).toEqual([{ one: 1 }]);
  });
});
