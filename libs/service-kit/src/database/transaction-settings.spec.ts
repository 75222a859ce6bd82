import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql } from 'kysely';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DatabaseUnavailableError } from './database-errors.ts';
import { Database } from './database.ts';
import { migrate, type Migrations } from './migrations.ts';
import { UnusableDatabaseError } from './requirements.ts';
import { limitLockWaits } from './transaction-settings.ts';

interface Setting {
  readonly name: string;
  readonly values: readonly string[];
}

const migrations: Migrations = {
  '0001-values': {
    up: async (db) => {
      await db.schema
        .createTable('values')
        .addColumn('id', 'integer', (column) => column.primaryKey())
        .execute();
    },
  },
};

/** Settings that are not tested, each for the reason above it. */
const excepted = new Set([
  // The server accepts no changes: 503, as on a standby.
  'default_transaction_read_only',
  // Connections and transactions that the operator ends: 503, or the pool opens another one.
  'idle_session_timeout',
  'transaction_timeout',
  'tcp_user_timeout',
  // Another role has other privileges: the operator's choice.
  'role',
  'session_authorization',
]);

/** Values of settings that have no range: those of the public reports, and those that hide names. */
const texts: Readonly<Record<string, readonly string[]>> = {
  DateStyle: ['SQL, DMY', 'German', 'Postgres, MDY', 'ISO, DMY'],
  TimeZone: ['Asia/Kolkata', 'America/St_Johns'],
  client_encoding: ['LATIN1', 'SQL_ASCII'],
  search_path: ['elsewhere', 'elsewhere, pg_catalog'],
};

describe('the settings of a role or a database', () => {
  let administrator: Client;
  let url: string;
  let name: string;
  let drop: () => Promise<void>;

  const execute = (statement: string) => withClient(url, (client) => client.query(statement));
  const open = () => new Database({ url, applicationName: 'harbour-test', schema: 'harbour', migrations });

  /** Sets the database to a value for new connections, until the end of the work. */
  async function setTo<T>(setting: string, value: string, work: () => Promise<T>): Promise<T> {
    const list = setting === 'DateStyle' || setting === 'search_path' ? value : `'${value}'`;
    await administrator.query(`alter database ${name} set ${setting} = ${list}`);
    try {
      return await work();
    } finally {
      await administrator.query(`alter database ${name} reset ${setting}`);
    }
  }

  beforeAll(async () => {
    ({ url, drop } = await createTestDatabase());
    administrator = new Client(url);
    await administrator.connect();
    name = new URL(url).pathname.slice(1);
    await migrate({ url, applicationName: 'harbour-test', schema: 'harbour', migrations });
    // With a hostile search path, these would be called.
    await execute(`
      create schema elsewhere;
      create function elsewhere.now() returns timestamptz language sql as 'select timestamptz ''2000-01-01 00:00Z''';
      create function elsewhere.set_config(text, text, boolean) returns text language sql as 'select null'`);
  });

  afterAll(async () => {
    await administrator.end();
    await drop();
  });

  /** Every type that the services read and write, alone and in a transaction. */
  async function observe(): Promise<unknown> {
    const database = open();
    const at = new Date(Date.UTC(2026, 10, 5, 3, 4, 5, 678));
    const values = sql`
      select ${at}::timestamptz as "time", ${at}::timestamptz - 90 * interval '1 second' as earlier,
        (extract(epoch from ${at}::timestamptz) * 1000000)::float8 as micros, 0.1::float8 + 0.2::float8 as sum,
        ${'Épargne 日本'}::text as label, 'back\\slash' as "text", 9007199254740993::int8 as large, 7::int8 as small,
        '{"b":1,"a":2}'::json as body, ${['1', null, 'NULL']}::text[] as list, '1 day -1 hour'::interval::text as span,
        null = null as unknown, now() > '2020-01-01T00:00:00Z' as today, count(*)::int as rows,
        current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
        current_setting('idle_in_transaction_session_timeout') as idle,
        current_setting('synchronous_commit') as durable from "values"`;
    try {
      const alone = await values.execute(database.tables);
      const inTransaction = await database.transact(async (tables) => {
        const isolation = await sql`show transaction_isolation`.execute(tables);
        return [...(await values.execute(tables)).rows, ...isolation.rows];
      });
      return JSON.parse(
        JSON.stringify({ alone: alone.rows, inTransaction }, (_, value: unknown) =>
          typeof value === 'bigint' ? `${value}n` : value,
        ),
      );
    } finally {
      await database.onApplicationShutdown();
    }
  }

  it('change nothing of what statements do and return, whichever can be set', async () => {
    const expected = await observe();
    const { rows } = await execute(`
      select name, vartype, enumvals, min_val, boot_val, reset_val from pg_settings
      where context in ('user', 'superuser') order by name`);
    const settings = (rows as Record<string, string & string[]>[]).flatMap((row): Setting[] => {
      const { name = '', vartype, enumvals, min_val: min, boot_val: standard, reset_val: current } = row;
      // Logs and delays change no result; those of a transaction are not set for a database.
      if (excepted.has(name) || /^(log|debug|trace|backtrace|ignore|transaction)_|_delay$/.test(name)) return [];
      if (vartype === 'bool') return [{ name, values: [current === 'on' ? 'off' : 'on'] }];
      if (vartype === 'enum') return [{ name, values: (enumvals ?? []).filter((value: string) => value !== current) }];
      if (texts[name]) return [{ name, values: texts[name] }];
      if (vartype === 'string') return [];
      return [{ name, values: [name.endsWith('_timeout') ? '600000' : String(min ?? standard)] }];
    });
    const differing: unknown[] = [];

    for (const { name: setting, values } of settings) {
      // Both are refused at the start.
      for (const value of values.filter((value) => !(setting === 'session_replication_role' && value === 'replica'))) {
        // A value that stands for a set-up of the server, such as a compression that it lacks, cannot be set.
        const observed = await setTo(setting, value, observe).catch((error: unknown) => String(error));
        if (/(invalid value|cannot be changed|must be|not supported)/.test(String(observed))) continue;
        if (JSON.stringify(observed) !== JSON.stringify(expected)) differing.push({ setting, value, observed });
      }
    }

    const durable = (setting: unknown) => ({ durable: setting });
    expect(settings.length).toBeGreaterThan(80);
    expect(expected).toMatchObject({
      alone: [
        { time: '2026-11-05T03:04:05.678Z', large: '9007199254740993n', statement: '3s', lock: '2s', idle: '2s' },
      ],
    });
    // More or less than on is kept; off is not.
    expect(
      differing.filter((found) => (found as Setting & { setting: string }).setting !== 'synchronous_commit'),
    ).toEqual([]);
    expect(differing).toMatchObject(
      ['local', 'remote_write', 'remote_apply'].map((value) => ({ value, observed: { alone: [durable(value)] } })),
    );
  }, 300_000);

  it('let a transaction limit some of its waits for locks, at least to 1 ms', async () => {
    const database = open();
    onTestFinished(() => database.onApplicationShutdown());

    const limits = await database.transact(async (tables) => {
      const limit = async () =>
        (await sql<{ limit: string }>`select current_setting('lock_timeout') as limit`.execute(tables)).rows[0]?.limit;
      return [
        await limitLockWaits(tables, 250.4, limit),
        await limit(),
        await limitLockWaits(tables, 0, limit),
        await limit(),
      ];
    });

    expect(limits).toEqual(['250ms', '2s', '1ms', '2s']);
  });

  it('may be a timeout of 100 ms', async () => {
    await setTo('statement_timeout', '100', () =>
      setTo('idle_session_timeout', '100', async () => {
        const database = open();
        onTestFinished(() => database.onApplicationShutdown());
        await expect(database.requireUsable()).resolves.toBeUndefined();
      }),
    );
  });

  it('do not stop a migration, and neither the lock nor the settings outlive it', async () => {
    const applied = await setTo('statement_timeout', '600000', () =>
      migrate({
        url,
        applicationName: 'harbour-test',
        schema: 'harbour',
        migrations: {
          ...migrations,
          '0002-look': {
            up: async (db) => {
              const shown = await sql`show statement_timeout`.execute(db);
              expect(shown.rows).toEqual([{ statement_timeout: '0' }]);
            },
          },
        },
      }),
    );
    const { rowCount } = await execute("select from pg_locks where locktype = 'advisory'");

    expect(applied).toEqual(['0002-look']);
    expect(rowCount).toBe(0);
  });

  it('let no statement run longer than 3 s, alone, in a transaction or with another timeout', async () => {
    await setTo('statement_timeout', '600000', async () => {
      const database = open();
      onTestFinished(() => database.onApplicationShutdown());
      const pause = sql`select pg_sleep(60)`;

      const running = [pause.execute(database.tables), database.transact((tables) => pause.execute(tables))];
      const results = await Promise.allSettled(running);

      for (const result of results) expect(result).toMatchObject({ reason: expect.any(DatabaseUnavailableError) });
      await expect
        .poll(async () => (await execute("select from pg_stat_activity where wait_event = 'PgSleep'")).rowCount, {
          timeout: 20_000,
        })
        .toBe(0);
    });
  });

  it.each([
    [
      'another encoding',
      "encoding 'LATIN1' locale_provider libc locale 'C'",
      '',
      'server_encoding = LATIN1: it cannot store all text.',
    ],
    [
      'no foreign keys',
      '',
      'session_replication_role = replica',
      'session_replication_role = replica: foreign keys are not checked.',
    ],
    ['a short timeout of statements', '', 'statement_timeout = 1', 'statement_timeout'],
    ['a short timeout of idle connections', '', 'idle_session_timeout = 99', 'idle_session_timeout = 99: it ends'],
  ])('are refused in one line by services and migrations with %s', async (_, creation, setting, message) => {
    const other = `${name}_other`;
    await withClient(url, async (client) => {
      await client.query(`create database ${other} template template0 ${creation}`);
      if (setting) await client.query(`alter database ${other} set ${setting}`);
    });
    const otherUrl = new URL(url);
    otherUrl.pathname = `/${other}`;
    const options = { url: otherUrl.href, applicationName: 'harbour-test', schema: 'harbour', migrations };
    const database = new Database(options);
    onTestFinished(async () => {
      await database.onApplicationShutdown();
      await withClient(url, (client) => client.query(`drop database ${other} with (force)`));
    });

    const errors = await Promise.all(
      [database.requireUsable(), migrate(options)].map((work) => work.catch((error: unknown) => error)),
    );

    for (const error of errors) {
      expect(error).toBeInstanceOf(UnusableDatabaseError);
      expect(String(error)).toContain(message);
      expect(String(error)).not.toContain('\n');
    }
  });
});
