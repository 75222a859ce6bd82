import { Kysely, PostgresAdapter, PostgresDialect, sql, type Transaction } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { setTimeout as wait } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import { CurrentConnections } from './current-connections.ts';
import { describeHolder, LockWatch, type LockHolder } from './lock-watch.ts';
import { createPool, guardPool, type PoolOptions } from './pool.ts';
import { requireUsable } from './requirements.ts';
import { limitLockWaits } from './transaction-settings.ts';
import { withoutLimit } from './wait-limit.ts';

/** Migrations by name; they run in the order of their names, in the schema of the service. */
export type Migrations = Readonly<Record<string, Migration>>;

/** What a service does with a table. */
export type Privilege = 'select' | 'insert' | 'update' | 'delete';

/** The privileges of a service by the names of the tables in its schema. It has no others. */
export type Privileges = Readonly<Record<string, readonly Privilege[]>>;

/** The role of a service and its privileges. */
export interface Grant {
  /** An existing database role other than the owner of the schema. */
  readonly role: string;
  readonly privileges: Privileges;
}

/** A schema and its migrations. */
export interface MigrationOptions<Tables> extends PoolOptions {
  readonly schema: string;
  readonly migrations: Migrations;
  /** Inserts the rows that the service needs. It runs every time, so it must accept rows that exist. */
  readonly seed?: (tables: Kysely<Tables>) => Promise<void>;
  /** The role that gets privileges afterwards. Default: none. */
  readonly grant?: Grant;
  /** Limits the waits for locks that other sessions hold. */
  readonly lockWaits?: LockWaits;
  /** Is called once for each session whose lock delays the migration. Default: nothing. */
  readonly onBlocked?: (holder: LockHolder) => void;
}

/**
 * While a statement waits for an exclusive lock, every later statement on the table waits behind it, an ordinary SELECT too. The
 * waits are therefore short, and those statements run in the pauses between them.
 */
export interface LockWaits {
  /** How long a statement waits for a lock. Default: 1 s. */
  readonly timeoutMs?: number;
  /** The pause before everything is tried again. Default: 2 s. */
  readonly pauseMs?: number;
  /** No attempt starts later than this. Default: 4 minutes, one less than Kubernetes gives the Job. */
  readonly limitMs?: number;
}

/**
 * Creates the schema and what is missing in it, in one transaction. Concurrent processes wait for each other.
 *
 * @returns the names of the migrations that were missing
 * @throws DatabaseUnavailableError when the database cannot be reached; UnusableDatabaseError when it is not one that the service
 * works with; ServiceRoleError when the role cannot get its
 * privileges; NewerSchemaError when a later version has migrated the schema, which then stays as it is, privileges included;
 * UnknownMigrationsError when the schema is that of neither this nor a later version; MigrationBlockedError when another session
 * holds a lock for too long; any error of a migration
 */
export async function migrate<Tables>(options: MigrationOptions<Tables>): Promise<string[]> {
  const { timeoutMs = 1_000, pauseMs = 2_000, limitMs = 240_000 } = options.lockWaits ?? {};
  // One connection migrates, and one looks at the locks.
  const pool = createPool(options, 2);
  const settings = {
    schema: options.schema,
    statementTimeoutMs: 0,
    lockTimeoutMs: timeoutMs,
    // A migration that is stopped in the middle would keep its exclusive locks.
    idleTimeoutMs: 60_000,
  };
  const watch = new LockWatch(pool, options.onBlocked ?? (() => {}));
  const kysely = new Kysely<Tables>({
    dialect: new MigrationDialect({
      pool: guardPool(new CurrentConnections(pool), { settings, limitOf: withoutLimit }),
    }),
  });
  const lastStart = performance.now() + limitMs;
  try {
    await requireUsable(kysely);
    for (;;) {
      try {
        return await kysely.transaction().execute(async (transaction) => {
          watch.watch(await processOf(transaction));
          await waitForOthers(transaction);
          return migrateIn(transaction, options);
        });
      } catch (error) {
        if (!isLockTimeout(error)) throw error;
        if (performance.now() + pauseMs > lastStart) throw new MigrationBlockedError(watch.lastHolder, error);
        await wait(pauseMs);
      }
    }
  } finally {
    watch.stop();
    await kysely.destroy();
  }
}

/** The lock is already held by the transaction. Kysely's own is one of the session, which a pooler would not release. */
class MigrationDialect extends PostgresDialect {
  override createAdapter(): PostgresAdapter {
    return new (class extends PostgresAdapter {
      override async acquireMigrationLock(): Promise<void> {}
      override async releaseMigrationLock(): Promise<void> {}
    })();
  }
}

/** Kysely's number of its lock, so that a migration of an older version waits, too. */
const migrationLock = 3_853_314_791_062_309_107n;

/** @returns the process of the transaction in PostgreSQL */
async function processOf<Tables>(transaction: Transaction<Tables>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
  return rows[0]?.pid ?? 0;
}

/** Waits for other migrations, up to an hour, until this transaction may migrate. */
async function waitForOthers<Tables>(transaction: Transaction<Tables>): Promise<void> {
  await limitLockWaits(transaction, 60 * 60_000, () =>
    sql`select pg_advisory_xact_lock(${migrationLock})`.execute(transaction),
  );
}

/** Kysely refuses the migrations in the schema before it changes anything. After any other error the transaction cannot go on. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('corrupted migrations');

/** @returns the names of the migrations that were missing */
async function migrateIn<Tables>(
  transaction: Transaction<Tables>,
  { seed, grant, ...options }: MigrationOptions<Tables>,
): Promise<string[]> {
  const { error, results = [] } = await migratorFor(transaction, options).migrateToLatest();
  if (error !== undefined)
    throw (isRefusal(error) ? await findUnknownMigrations(transaction, options) : undefined) ?? error;
  await seed?.(transaction.withSchema(options.schema));
  if (grant) await grantPrivileges(transaction, options.schema, grant);
  return results.map(({ migrationName }) => migrationName);
}

/** Another session held a lock that a migration needs. Nothing of that migration has been changed. */
export class MigrationBlockedError extends Error {
  override readonly name = 'MigrationBlockedError';

  constructor(holder: LockHolder | undefined, cause: unknown) {
    super(
      holder
        ? `${describeHolder(holder)} holds a lock that the migration needs. Wait until it ends, or end it, and migrate again.`
        : 'another session holds a lock that the migration needs (see pg_locks). Wait until it ends, and migrate again.',
      { cause },
    );
  }
}

/** SQLSTATE 55P03, lock_not_available: the wait for a lock reached `lock_timeout`. */
function isLockTimeout(error: unknown): boolean {
  if (error instanceof DatabaseError && error.code === '55P03') return true;
  return error instanceof Error && error.cause !== undefined && isLockTimeout(error.cause);
}

/** A later version has migrated the schema. This version works with it, and changes nothing in it. */
export class NewerSchemaError extends Error {
  override readonly name = 'NewerSchemaError';
  /** The migrations that this version does not have. */
  readonly newer: readonly string[];

  constructor(schema: string, newer: readonly string[]) {
    super(`the schema "${schema}" is newer than this version: it also has ${newer.join(', ')}. Nothing was changed.`);
    this.newer = newer;
  }
}

/** The schema has migrations that this version does not have, and it is not a later version's. */
export class UnknownMigrationsError extends Error {
  override readonly name = 'UnknownMigrationsError';

  constructor(schema: string, unknown: readonly string[], pending: readonly string[]) {
    const lacks = pending.length > 0 ? `, and lacks ${pending.join(', ')}` : '';
    super(
      `the schema "${schema}" has migrations of another version (${unknown.join(', ')})${lacks}. ` +
        'Migrate with the version that has them all.',
    );
  }
}

/** Explains migrations in the schema that this version does not have; undefined when there are none. */
async function findUnknownMigrations<Tables>(
  kysely: Kysely<Tables>,
  options: Pick<MigrationOptions<Tables>, 'schema' | 'migrations'>,
): Promise<NewerSchemaError | UnknownMigrationsError | undefined> {
  const { schema, migrations } = options;
  const known = Object.keys(migrations).toSorted();
  const { rows } = await sql<{ name: string }>`select name from ${sql.id(schema, migrationTable)}`.execute(kysely);
  const executed = new Set(rows.map(({ name }) => name));
  const unknown = [...executed].filter((name) => !(name in migrations)).toSorted();
  if (unknown.length === 0) return undefined;

  const pending = known.filter((name) => !executed.has(name));
  const last = known.at(-1) ?? '';
  return pending.length === 0 && unknown.every((name) => name > last)
    ? new NewerSchemaError(schema, unknown)
    : new UnknownMigrationsError(schema, unknown, pending);
}

/** The names of the migrations that a schema still lacks: all of them if it does not exist. */
export async function findPendingMigrations<Tables>(
  kysely: Kysely<Tables>,
  options: Pick<MigrationOptions<Tables>, 'schema' | 'migrations'>,
): Promise<string[]> {
  const migrations = await migratorFor(kysely, options).getMigrations();
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function migratorFor<Tables>(
  db: Kysely<Tables>,
  { schema, migrations }: Pick<MigrationOptions<Tables>, 'schema' | 'migrations'>,
): Migrator {
  return new Migrator({
    db,
    migrationTableSchema: schema,
    provider: {
      getMigrations: async () =>
        Object.fromEntries(Object.entries(migrations).map(([name, migration]) => [name, within(schema, migration)])),
    },
  });
}

/** Runs a migration in the schema of the service, so that no migration names a schema. */
function within(schema: string, migration: Migration): Migration {
  return {
    up: (db) => migration.up(db.withSchema(schema)),
    ...(migration.down ? { down: async (db) => migration.down?.(db.withSchema(schema)) } : {}),
  };
}

/** The role cannot get exactly the privileges of a service. */
export class ServiceRoleError extends Error {
  override readonly name = 'ServiceRoleError';
}

/** Kysely's table of executed migrations; the service reads it when it starts. */
const migrationTable = 'kysely_migration';

/** Gives a role exactly the privileges of the service, and revokes all others in the schema. Idempotent. */
async function grantPrivileges<Tables>(
  transaction: Transaction<Tables>,
  schema: string,
  { role, privileges }: Grant,
): Promise<void> {
  await checkRole(transaction, schema, role);

  const [schemaId, roleId] = [sql.id(schema), sql.id(role)];
  for (const kind of ['tables', 'sequences', 'routines'])
    await sql`revoke all on all ${sql.raw(kind)} in schema ${schemaId} from ${roleId}, public`.execute(transaction);
  await sql`revoke all on schema ${schemaId} from ${roleId}, public`.execute(transaction);

  await sql`grant usage on schema ${schemaId} to ${roleId}`.execute(transaction);
  for (const [table, allowed] of Object.entries<readonly Privilege[]>({
    ...privileges,
    [migrationTable]: ['select'],
  })) {
    if (allowed.length === 0) continue;
    await sql`grant ${sql.raw(allowed.join(', '))} on ${sql.id(schema, table)} to ${roleId}`.execute(transaction);
  }
}

/** @throws ServiceRoleError when the role does not exist, or when privileges do not restrict it */
async function checkRole<Tables>(transaction: Transaction<Tables>, schema: string, role: string): Promise<void> {
  const { rows } = await sql<{ actsAsOwner: boolean }>`
    select pg_has_role(role.oid, namespace.nspowner, 'member') as "actsAsOwner"
    from pg_roles role, pg_namespace namespace
    where role.rolname = ${role} and namespace.nspname = ${schema}`.execute(transaction);
  if (rows[0] === undefined) {
    throw new ServiceRoleError(
      `there is no database role "${role}". Create it (CREATE ROLE … LOGIN), or correct DATABASE_SERVICE_ROLE.`,
    );
  }
  if (rows[0].actsAsOwner) {
    throw new ServiceRoleError(
      `the database role "${role}" can act as the owner of the schema "${schema}", whom no privilege restricts. ` +
        'Set DATABASE_SERVICE_ROLE to a role that is neither a superuser nor the one that runs migrations.',
    );
  }
}
