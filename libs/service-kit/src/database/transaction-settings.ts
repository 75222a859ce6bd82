import { sql, type Transaction } from 'kysely';
import type { Execution } from './batch.ts';

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

/** The settings of a transaction that a single statement may limit further. */
export type TimeLimits = Pick<TransactionSettings, 'statementTimeoutMs' | 'lockTimeoutMs'>;

/**
 * A statement that sets what the statements of a service depend on, for any settings of the role and the database, until the
 * transaction ends. It returns no rows, and works in every transaction.
 *
 * Settings of a session would not do: PgBouncer in transaction mode refuses most of them when a client connects, and mixes up
 * those of its clients later.
 */
export function settingsStatement(settings: TransactionSettings): string {
  return settingsText(settings, literal(String(settings.statementTimeoutMs)), literal(String(settings.lockTimeoutMs)));
}

/** Builds the same once, with the time limits as parameters. */
export function settingsWithLimits(settings: TransactionSettings): (limits?: Partial<TimeLimits>) => Execution {
  const text = settingsText(settings, '$1', '$2');
  // 0 would be no limit at all.
  const valueOf = (limitMs: number | undefined, usualMs: number): string =>
    String(limitMs === undefined ? usualMs : Math.max(1, Math.round(limitMs)));
  return ({ statementTimeoutMs, lockTimeoutMs } = {}) => ({
    name: 'settings',
    text,
    values: [valueOf(statementTimeoutMs, settings.statementTimeoutMs), valueOf(lockTimeoutMs, settings.lockTimeoutMs)],
  });
}

function settingsText({ schema, idleTimeoutMs }: TransactionSettings, statementTimeout: string, lockTimeout: string) {
  const values = {
    statement_timeout: statementTimeout,
    lock_timeout: lockTimeout,
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
