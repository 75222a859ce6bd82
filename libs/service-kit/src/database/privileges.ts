import { sql, type Kysely, type Transaction } from 'kysely';

/** What a service does with a table. */
export type Privilege = 'select' | 'insert' | 'update' | 'delete';

/** What a service may do, by the name of the table in its schema. What isn't listed, it may not. */
export type Privileges = Readonly<Record<string, readonly Privilege[]>>;

/** Whom to give which rights to what is in a schema. */
export interface Grant {
  readonly schema: string;
  /** The database role that the service logs in as: an existing one, other than the schema's owner. */
  readonly role: string;
  readonly privileges: Privileges;
}

/** The role cannot be given the rights of a service, and no others. */
export class ServiceRoleError extends Error {
  override readonly name = 'ServiceRoleError';
}

/** Where Kysely remembers which migrations have run; the service looks whether any is missing. */
const migrationTable = 'kysely_migration';

/**
 * Gives a role exactly the rights that a service needs in its schema: all of it happens or nothing, and as often as wanted. What
 * the role, or everybody, could do in the schema beside is taken from them.
 *
 * @throws ServiceRoleError when there is no such role, or one that rights don't bind
 */
export async function grantPrivileges<Tables>(kysely: Kysely<Tables>, grant: Grant): Promise<void> {
  const { schema, role, privileges } = grant;
  await kysely.transaction().execute(async (transaction) => {
    // Processes that migrate at the same time would change the same rows of PostgreSQL's catalogue.
    await sql`select pg_advisory_xact_lock(hashtext(${`breakwater privileges ${schema}`}))`.execute(transaction);
    await checkRole(transaction, grant);

    const [place, grantee] = [sql.id(schema), sql.id(role)];
    for (const kind of ['tables', 'sequences', 'routines'])
      await sql`revoke all on all ${sql.raw(kind)} in schema ${place} from ${grantee}, public`.execute(transaction);
    await sql`revoke all on schema ${place} from ${grantee}, public`.execute(transaction);

    await sql`grant usage on schema ${place} to ${grantee}`.execute(transaction);
    for (const [table, allowed] of Object.entries<readonly Privilege[]>({
      ...privileges,
      [migrationTable]: ['select'],
    })) {
      if (allowed.length === 0) continue;
      await sql`grant ${sql.raw(allowed.join(', '))} on ${sql.id(schema, table)} to ${grantee}`.execute(transaction);
    }
  });
}

async function checkRole<Tables>(transaction: Transaction<Tables>, { schema, role }: Grant): Promise<void> {
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
      `the database role "${role}" can act as the owner of the schema "${schema}", whom no right binds. ` +
        'Set DATABASE_SERVICE_ROLE to a role that is neither a superuser nor the one that migrates.',
    );
  }
}
