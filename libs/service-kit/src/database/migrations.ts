import { Kysely, PostgresDialect } from 'kysely';
import { Migrator, type Migration } from 'kysely/migration';
import { GuardedPool } from './guarded-pool.ts';
import { createPool, type PoolOptions } from './pool.ts';
import { grantPrivileges, type Grant } from './privileges.ts';

/** Migrations by name; they run in the order of their names. Each is handed the service's schema to work in. */
export type Migrations = Readonly<Record<string, Migration>>;

/** What to bring up to date, and with what. */
export interface MigrationOptions<Tables> extends PoolOptions {
  readonly schema: string;
  readonly migrations: Migrations;
  /** Puts rows in that the service needs from the start. Runs every time, so it must not mind rows that are there. */
  readonly seed?: (tables: Kysely<Tables>) => Promise<void>;
  /** Who works on the schema afterwards, with which rights. Default: nobody is given any. */
  readonly grant?: Omit<Grant, 'schema'>;
}

/**
 * Creates the schema and whatever in it is missing. All of it happens or nothing, and processes that start it at the
 * same time wait for one another.
 *
 * @returns names of the migrations that were missing
 * @throws DatabaseUnavailableError when the database cannot be reached; ServiceRoleError when the role cannot be given its
 * rights; whatever a migration throws
 */
export async function migrate<Tables>({ seed, grant, ...options }: MigrationOptions<Tables>): Promise<string[]> {
  const kysely = new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: new GuardedPool(createPool(options, { max: 2 })) }),
  });
  try {
    const { error, results = [] } = await migratorFor(kysely, options).migrateToLatest();
    if (error !== undefined) throw error;
    await seed?.(kysely.withSchema(options.schema));
    if (grant) await grantPrivileges(kysely, { schema: options.schema, ...grant });
    return results.map(({ migrationName }) => migrationName);
  } finally {
    await kysely.destroy();
  }
}

/** Names of the migrations that a schema still lacks: all of them where there is no schema yet. */
export async function findPendingMigrations<Tables>(
  kysely: Kysely<Tables>,
  options: { readonly schema: string; readonly migrations: Migrations },
): Promise<string[]> {
  const migrations = await migratorFor(kysely, options).getMigrations();
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function migratorFor<Tables>(
  db: Kysely<Tables>,
  { schema, migrations }: { readonly schema: string; readonly migrations: Migrations },
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

/** No migration says which schema it is for: it works in the one that belongs to the service. */
function within(schema: string, migration: Migration): Migration {
  return {
    up: (db) => migration.up(db.withSchema(schema)),
    ...(migration.down ? { down: async (db) => migration.down?.(db.withSchema(schema)) } : {}),
  };
}
