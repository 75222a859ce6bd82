import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { DatabaseError, Pool, types, type PoolConfig } from 'pg';

/** The database could not be reached, failed during the statement or did not respond in time. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';

  constructor(cause: unknown) {
    const reason = cause instanceof AggregateError ? cause.errors[0] : cause;
    super(`The database is unavailable: ${reason instanceof Error ? reason.message : String(reason)}`, { cause });
  }
}

/** A PostgreSQL server. */
export interface PoolOptions {
  /** The connection URL. */
  readonly url: string;
  /** The name of the connections in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Is called when an idle connection breaks; the pool replaces it. Default: nothing. */
  readonly onConnectionLost?: (error: Error) => void;
}

const int8 = types.builtins.INT8;

/**
 * Creates a pool that survives failures of its database: broken connections are reported and replaced, and connecting takes at
 * most 2 s. int8 is read as a number; a value that a number cannot hold is an error.
 *
 * @param limits the limits of a statement; migrations have none
 */
export function createPool({ url, applicationName, onConnectionLost }: PoolOptions, limits: PoolConfig = {}): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === int8 ? parseInt8 : types.getTypeParser(oid, format)) },
    ...limits,
  });
  pool.on('error', (error) => onConnectionLost?.(error));
  // The pool listens on idle connections only. One that breaks during a query rejects the query and also emits the error, which
  // without a listener ends the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** @throws RangeError instead of rounding */
function parseInt8(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new RangeError(`The int8 ${text} is beyond what a number holds exactly.`);
  return number;
}

/**
 * SQLSTATE codes with which the server reports that it cannot serve at the moment: connection (08), resources (53),
 * shutdown and crash (57P), and a statement that reached its timeout (57014).
 */
const unavailable = /^(08|53|57P|57014)/;

/**
 * Separates errors in statements, which it passes on, from all other failures of a pool, which become a
 * `DatabaseUnavailableError`. Only here are the two known apart: further up, a refused connection could be that of another service.
 */
export function guardPool(pool: PostgresPool): PostgresPool {
  return {
    options: pool.options,
    connect: async () => {
      try {
        return guardClient(await pool.connect());
      } catch (error) {
        throw new DatabaseUnavailableError(error);
      }
    },
    end: () => pool.end(),
  };
}

function guardClient(client: PostgresPoolClient): PostgresPoolClient {
  let isBroken = false;
  const query = async (statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    try {
      return await client.query(statement, parameters);
    } catch (error) {
      if (isStatementError(error)) throw error;
      isBroken = true;
      throw new DatabaseUnavailableError(error);
    }
  };
  return {
    query: query as PostgresPoolClient['query'],
    // A statement that timed out may still run, and would delay the next user of this connection.
    release: (destroy) => client.release(destroy === true || isBroken),
  };
}

function isStatementError(error: unknown): boolean {
  if (error instanceof DatabaseError) return !unavailable.test(error.code ?? '');
  // A value that cannot be sent or read is our own mistake.
  return error instanceof TypeError || error instanceof RangeError;
}
