import { sql, type Transaction } from 'kysely';
import { Query, type ClientBase, type QueryResult } from 'pg';

/** The settings of PostgreSQL that every transaction of a pool sets for itself. */
export interface TransactionSettings {
  /** The schema in which names without a schema are found. */
  readonly schema: string;
  /** The longest that a statement runs, in milliseconds; 0: without a limit. */
  readonly statementTimeoutMs: number;
  /** The longest that a statement waits for a lock, in milliseconds. */
  readonly lockTimeoutMs: number;
  /** The longest that a transaction waits for its next statement, in milliseconds. */
  readonly idleTimeoutMs: number;
}

/**
 * A statement that sets what the statements of a service depend on, for any settings of the role and the database, until the
 * transaction ends. It returns no rows, and works in every transaction.
 *
 * Settings of a session would not do: PgBouncer in transaction mode refuses most of them when a client connects, and mixes up
 * those of its clients later.
 */
export function settingsStatement({
  schema,
  statementTimeoutMs,
  lockTimeoutMs,
  idleTimeoutMs,
}: TransactionSettings): string {
  const values = {
    statement_timeout: literal(String(statementTimeoutMs)),
    lock_timeout: literal(String(lockTimeoutMs)),
    idle_in_transaction_session_timeout: literal(String(idleTimeoutMs)),
    // How values are read and written.
    datestyle: literal('ISO, MDY'),
    intervalstyle: literal('postgres'),
    timezone: literal('UTC'),
    extra_float_digits: literal('1'),
    array_nulls: literal('on'),
    // What statements mean.
    standard_conforming_strings: literal('on'),
    transform_null_equals: literal('off'),
    search_path: literal(`"${schema.replaceAll('"', '""')}"`),
    // A response means that the change survives a crash. More than that, such as on a standby, is the operator's choice.
    synchronous_commit: `coalesce(nullif(pg_catalog.current_setting('synchronous_commit'), 'off'), 'on')`,
  };
  const calls = Object.entries(values).map(([name, value]) => `pg_catalog.set_config('${name}', ${value}, true)`);
  return `select where pg_catalog.num_nulls(${calls.join(', ')}) operator(pg_catalog.<>) 0`;
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** The statement that begins a transaction with its settings, in one round trip. */
export function beginWith(settings: string, begin: string): string {
  const isolated = begin.includes('isolation level') ? begin : `${begin} isolation level read committed`;
  return `${isolated}; ${settings}`;
}

/**
 * Runs one statement and its settings as a transaction, in one round trip: PostgreSQL takes all messages before a Sync as one, so
 * that the settings end with the statement. The timeout of the statement starts after them.
 */
export function queryWith(
  settings: string,
  client: ClientBase,
  text: string,
  values: readonly unknown[],
): Promise<QueryResult> {
  const { promise, resolve, reject } = Promise.withResolvers<QueryResult>();
  const query = new Query({ text, values: [...values], queryMode: 'extended' } as ConstructorParameters<
    typeof Query
  >[0]);
  const submit = query.submit.bind(query);
  query.submit = (connection) => {
    connection.stream.cork();
    try {
      connection.parse({ name: '', text: settings, types: [] }, true);
      connection.bind({}, true);
      connection.execute({}, true);
      return submit(connection);
    } finally {
      connection.stream.uncork();
    }
  };
  // The first result is that of the settings.
  query.once('end', (results: QueryResult[]) => resolve(results.at(-1) as QueryResult)).once('error', reject);
  client.query(query);
  return promise;
}

/**
 * Runs statements of a transaction with another limit of their waits for locks, in milliseconds, at least 1. After an error the
 * transaction is rolled back, and its settings with it.
 */
export async function limitLockWaits<Tables, T>(
  transaction: Transaction<Tables>,
  limitMs: number,
  work: () => Promise<T>,
): Promise<T> {
  const set = (limit: string) =>
    sql<{ before: string }>`
      select current_setting('lock_timeout') as before, set_config('lock_timeout', ${limit}, true)`.execute(
      transaction,
    );
  // 0 would be no limit at all.
  const { rows } = await set(String(Math.max(1, Math.round(limitMs))));
  const result = await work();
  await set(rows[0]?.before ?? '');
  return result;
}
