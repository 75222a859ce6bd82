import { sql, type Kysely } from 'kysely';

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
];

/**
 * Requires settings that a service depends on and cannot set. In a transaction, so that a pooler that has none is refused as well.
 *
 * @throws UnusableDatabaseError for the first that is wrong; DatabaseUnavailableError when the database cannot be reached
 */
export async function requireUsable<Tables>(kysely: Kysely<Tables>): Promise<void> {
  const { rows } = await kysely.transaction().execute((transaction) =>
    sql<{ setting: string; value: string }>`
      select setting, current_setting(setting) as value
      from unnest(${requirements.map(({ setting }) => setting)}::text[]) setting`.execute(transaction),
  );
  const values = new Map(rows.map(({ setting, value }) => [setting, value]));
  for (const { setting, isMet, remedy } of requirements) {
    const value = values.get(setting) ?? '';
    if (!isMet(value)) throw new UnusableDatabaseError(`the database has ${setting} = ${value}: ${remedy}`);
  }
}
