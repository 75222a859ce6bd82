import { Deadline } from '@breakwater/resilience';
import { runInCallContext } from '@breakwater/resilience/nest';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { sql, type Transaction } from 'kysely';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { describeProblem } from '../problem-details/problem-details.ts';
import { TransactionConflictError } from './database-errors.ts';
import { Database } from './database.ts';
import { sqlStateRules } from './sql-state.ts';

interface Row {
  readonly state: string;
  readonly name: string;
  readonly repeated: boolean;
  readonly status: number;
  readonly type: string;
  readonly connection: string;
}

/** The table of `docs/problems.md`. */
const rows: readonly Row[] = readFileSync(new URL('../../../../docs/problems.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .filter((section) => section.startsWith('Errors of the database\n'))
  .flatMap((section) => section.split('\n').filter((line) => /^\| (`|others)/.test(line)))
  .map((line) => line.split('|').map((cell) => cell.replaceAll('`', '').trim()))
  .map(([, state = '', name = '', repeated, response = '', connection = '']) => {
    const [status, type = ''] = response.split(', ');
    return { state, name, repeated: repeated === 'yes', status: Number(status), type, connection };
  });

/** A whole code for the beginning of one. */
const examples: Readonly<Record<string, readonly string[]>> = {
  '08': ['08000', '08006'],
  '53': ['53100', '53200', '53300'],
  '57P': ['57P01', '57P02', '57P03', '57P05'],
  '58': ['58030'],
  others: ['22003', '23505', '25P02', '40002', '42501', '42P01', 'P0001', 'XX000'],
};

describe('the errors of the database', () => {
  let database: Database;
  let url: string;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const created = await createTestDatabase();
    ({ drop, url } = created);
    database = open();
    await sql`create sequence attempts`.execute(database.tables);
    await sql`create table berths (id int primary key)`.execute(database.tables);
    // Sequences are not rolled back, so they count attempts.
    await sql`
      create function fail(code text, times int) returns int language plpgsql as $$
      begin
        if nextval('attempts') <= times then raise exception 'as requested' using errcode = code; end if;
        return 1;
      end $$`.execute(database.tables);
  });

  afterAll(async () => {
    await database.onApplicationShutdown();
    await drop();
  });

  const open = () => new Database({ url, applicationName: 'harbour', schema: 'public', migrations: {} });

  const backend = async ({ tables } = database): Promise<number> =>
    (await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tables)).rows[0]?.pid ?? 0;

  const attempts = async (): Promise<number> =>
    (await sql<{ n: number }>`select last_value as n from attempts`.execute(database.tables)).rows[0]?.n ?? 0;

  const restart = () => sql`alter sequence attempts restart`.execute(database.tables);

  const errorOf = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => undefined,
      (error: unknown) => error,
    );

  it('are those of the table in docs/problems.md', () => {
    expect(rows.map(({ state, name }) => ({ prefix: state, name }))).toEqual([
      ...sqlStateRules.map(({ prefix, name }) => ({ prefix, name })),
      { prefix: 'others', name: 'a mistake of the service' },
    ]);
  });

  const cases = rows.flatMap((row) => (examples[row.state] ?? [row.state]).map((code) => ({ ...row, code })));

  it.each(cases)(
    '$code ($name) becomes $status $type, also in a transaction, and the connection is $connection',
    async ({ code, repeated, status, type, connection }) => {
      // Its own connections: those of others may be replaced meanwhile because the server was read-only.
      const own = open();
      onTestFinished(() => own.onApplicationShutdown());
      const fail = sql`select fail(${code}, 1000)`;
      const before = await backend(own);
      await restart();
      const alone = await errorOf(fail.execute(own.tables));
      const attemptsAlone = await attempts();
      const after = await backend(own);
      await restart();
      const inTransaction = await errorOf(own.transact((tables) => fail.execute(tables)));
      const attemptsInTransaction = await attempts();

      for (const error of [alone, inTransaction]) {
        const problem = describeProblem(error);
        expect(problem).toMatchObject({ status, type: `urn:breakwater:problem:${type}` });
        expect(problem.headers?.['retry-after']).toBe(status === 503 ? '1' : undefined);
      }
      // Alone, 25P03 ends the connection, on which the statement cannot be repeated.
      expect(attemptsAlone).toBe(repeated && connection === 'kept' ? 3 : 1);
      expect(attemptsInTransaction).toBe(repeated ? 3 : 1);
      expect(after === before ? 'kept' : 'closed').toBe(connection);
    },
  );

  describe('a transaction that conflicts with another one', () => {
    const insert = (id: number, times: number) => async (tables: Transaction<unknown>) => {
      await sql`insert into berths values (${id})`.execute(tables);
      return sql`select fail('40001', ${times})`.execute(tables);
    };
    const berths = async (): Promise<number[]> =>
      (await sql<{ id: number }>`select id from berths order by id`.execute(database.tables)).rows.map(({ id }) => id);

    it('is repeated and takes effect once (graphile/worker#387)', async () => {
      await restart();

      await database.transact(insert(1, 2));

      expect(await berths()).toContain(1);
    });

    it('changes nothing when the third attempt fails too', async () => {
      await restart();

      const error = await errorOf(database.transact(insert(2, 3)));

      expect(error).toBeInstanceOf(TransactionConflictError);
      expect(await berths()).not.toContain(2);
    });

    it('is not repeated after the deadline of the request', async () => {
      await restart();

      const error = await errorOf(
        runInCallContext({ deadline: Deadline.after(0) }, () => database.transact(insert(3, 1))),
      );

      expect(error).toBeInstanceOf(TransactionConflictError);
      expect(await attempts()).toBe(1);
    });

    it('is repeated when the server has ended it between two statements', async () => {
      let attempt = 0;

      const rows = await database.transact(async (tables) => {
        attempt += 1;
        if (attempt === 1) {
          const ended = await sql<{ pid: number }>`
            select pg_backend_pid() as pid, set_config('idle_in_transaction_session_timeout', '1', true)`.execute(
            tables,
          );
          const pid = ended.rows[0]?.pid;
          await expect
            .poll(
              async () =>
                (await sql`select from pg_stat_activity where pid = ${pid}`.execute(database.tables)).rows.length,
              {
                timeout: 20_000,
              },
            )
            .toBe(0);
        }
        return (await sql`select 1 as one`.execute(tables)).rows;
      });

      expect(rows).toEqual([{ one: 1 }]);
      expect(attempt).toBe(2);
    });

    it('succeeds after a deadlock, which PostgreSQL ends before the wait for the lock does (five-bells-ledger#388)', async () => {
      await sql`insert into berths values (11), (12)`.execute(database.tables);
      const bothHoldALock = Promise.withResolvers<void>();
      let holders = 0;
      const failures = new Set<unknown>();
      const moveBoth = (first: number, second: number) =>
        database.transact(async (tables) => {
          await sql`update berths set id = id where id = ${first}`.execute(tables);
          if ((holders += 1) === 2) bothHoldALock.resolve();
          await bothHoldALock.promise;
          await sql`update berths set id = id where id = ${second}`.execute(tables).catch((error: unknown) => {
            failures.add(error instanceof TransactionConflictError && error.sqlState);
            throw error;
          });
        });

      const moves = await Promise.allSettled([moveBoth(11, 12), moveBoth(12, 11)]);

      expect(moves.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
      expect([...failures]).toEqual(['40P01']);
    });
  });
});
