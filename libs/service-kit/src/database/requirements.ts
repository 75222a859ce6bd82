import { sql, type Kysely } from 'kysely';
import { isStatementTimeout } from './database-errors.ts';

/** A setting of the server, the database or the role with which a service or its migrations would not work. */
export class UnusableDatabaseError extends Error {
  override readonly name = 'UnusableDatabaseError';
}

/** A setting that no statement can change for itself. */
interface Requirement {
  readonly setting: string;
  readonly isMet: (value: string) => boolean;
  /** What the value leads to, and what to do. */
  readonly remedy: string;
}

/** The least of a timeout that ends statements, transactions or connections, in milliseconds: what comes first may take that long. */
const leastTimeoutMs = 100;

/** A timeout that begins before a transaction can set it. 0 is none. */
const timeout = (setting: string): Requirement => ({
  setting,
  isMet: (value) => Number(value) === 0 || Number(value) >= leastTimeoutMs,
  remedy:
    `it ends what the service has just begun. Reset it for the role and the database (ALTER … RESET ${setting}), ` +
    `or set at least ${leastTimeoutMs} ms.`,
});

const statementTimeout = timeout('statement_timeout');

const requirements: readonly Requirement[] = [
  {
    setting: 'server_encoding',
    isMet: (value) => value === 'UTF8',
    remedy: 'it cannot store all text. Create a database with the encoding UTF8, and set DATABASE_URL to it.',
  },
  {
    setting: 'server_version_num',
    isMet: (value) => Number(value) >= 150_000,
    remedy: 'the server is too old. Use PostgreSQL 15 or later.',
  },
  {
    setting: 'session_replication_role',
    isMet: (value) => value !== 'replica',
    remedy:
      'foreign keys are not checked. Reset it for the role and the database (ALTER … RESET session_replication_role).',
  },
  statementTimeout,
  timeout('idle_session_timeout'),
  // Since PostgreSQL 17.
  timeout('transaction_timeout'),
];

/**
 * Requires settings that a service depends on and cannot set. In a transaction, so that a pooler that has none is refused as well.
 *
 * @throws UnusableDatabaseError for the first that is wrong; DatabaseUnavailableError when the database cannot be reached
 */
export async function requireUsable<Tables>(kysely: Kysely<Tables>): Promise<void> {
  const values = await readDefaults(kysely);
  for (const { setting, isMet, remedy } of requirements) {
    const value = values.get(setting);
    if (value !== undefined && !isMet(value))
      throw new UnusableDatabaseError(`the database has ${setting} = ${value}: ${remedy}`);
  }
}

/** The settings that a connection begins with, in their base units. Those that the server does not have are missing. */
async function readDefaults<Tables>(kysely: Kysely<Tables>): Promise<ReadonlyMap<string, string>> {
  const names = requirements.map(({ setting }) => setting);
  try {
    const { rows } = await kysely.transaction().execute((transaction) =>
      sql<{ setting: string; value: string }>`
          select name as setting, reset_val as value from pg_settings where name = any (${names}::text[])`.execute(
        transaction,
      ),
    );
    return new Map(rows.map(({ setting, value }) => [setting, value]));
  } catch (error) {
    if (!isStatementTimeout(error)) throw error;
    throw new UnusableDatabaseError(
      `the database has a short ${statementTimeout.setting}: ${statementTimeout.remedy}`,
      {
        cause: error,
      },
    );
  }
}
