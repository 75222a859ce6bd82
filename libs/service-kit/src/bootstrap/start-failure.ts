import { withoutSecrets } from '@breakwater/contracts/without-secrets';
import { InvalidConfigError } from '../config/read-config.ts';
import { DatabaseUnavailableError } from '../database/database-errors.ts';
import { MigrationBlockedError, ServiceRoleError, UnknownMigrationsError } from '../database/migrations.ts';
import { UnusableDatabaseError } from '../database/requirements.ts';

/** The configuration that explanations refer to. */
export interface StartContext {
  readonly HOST?: string;
  readonly PORT?: number;
  readonly DATABASE_URL?: string;
}

/** The schema lacks migrations of this version of the service. */
export class PendingMigrationsError extends Error {
  override readonly name = 'PendingMigrationsError';

  constructor(schema: string, pending: readonly string[]) {
    super(
      `the database schema "${schema}" lacks ${pending.join(', ')}. ` +
        "Run the service's migrations first: node dist/migrate.js, with the same DATABASE_URL.",
    );
  }
}

/** Explains why a service cannot start, and what to do: one line without secrets, except for a list of invalid variables. */
export function explainStartFailure(error: unknown, context: StartContext = {}): string {
  // Also the messages of other libraries may contain a URL.
  return withoutSecrets(explain(error, context));
}

function explain(error: unknown, context: StartContext): string {
  if (isSelfExplanatory(error)) return error.message;
  if (error instanceof DatabaseUnavailableError) {
    const reason = error.message.replace(/^The database is unavailable: /, '');
    const shown = withoutSecrets(context.DATABASE_URL ?? 'of DATABASE_URL');
    return `the database ${shown} cannot be used (${reason}). Start it, or correct DATABASE_URL.`;
  }

  const { HOST: host = 'the host', PORT: port = 'the port' } = context;
  switch (codeOf(error)) {
    // PostgreSQL: insufficient privilege.
    case '42501':
      return `the role of DATABASE_URL lacks a privilege (${messageOf(error)}). Run the migrations with DATABASE_SERVICE_ROLE set to it.`;
    case 'EADDRINUSE':
      return `port ${port} on ${host} is already in use. Stop what listens there, or set PORT to another port.`;
    case 'EACCES':
      return `port ${port} on ${host} is not open to this user. Set PORT to 1024 or higher.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} is not an address of this machine. Set HOST to one, such as 127.0.0.1 or 0.0.0.0.`;
    default:
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

const isSelfExplanatory = (error: unknown): error is Error =>
  [
    InvalidConfigError,
    MigrationBlockedError,
    PendingMigrationsError,
    ServiceRoleError,
    UnknownMigrationsError,
    UnusableDatabaseError,
  ].some((type) => error instanceof type);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined);
