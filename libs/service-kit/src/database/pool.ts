import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
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
export function parseInt8(text: string): number {
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
 * A pool that separates errors in statements, which it passes on, from all other failures, which become a
 * `DatabaseUnavailableError`. Only here are the two known apart: further up, a refused connection could be that of another service.
 */
export class GuardedPool implements PostgresPool {
  readonly options: object;
  readonly #pool: PostgresPool;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
    this.options = pool.options;
  }

  async connect(): Promise<PostgresPoolClient> {
    try {
      return new GuardedClient(await this.#pool.connect());
    } catch (error) {
      throw new DatabaseUnavailableError(error);
    }
  }

  end(): Promise<void> {
    return this.#pool.end();
  }
}

class GuardedClient implements PostgresPoolClient {
  readonly #client: PostgresPoolClient;
  #isBroken = false;

  constructor(client: PostgresPoolClient) {
    this.#client = client;
  }

  query<R>(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  query<R>(
    sql: string | PostgresCursor<R>,
    parameters: ReadonlyArray<unknown> = [],
  ): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    if (typeof sql !== 'string') throw new TypeError('This pool has no cursors.');
    return this.#query(sql, parameters);
  }

  async #query<R>(sql: string, parameters: ReadonlyArray<unknown>): Promise<PostgresQueryResult<R>> {
    try {
      return await this.#client.query<R>(sql, parameters);
    } catch (error) {
      if (isStatementError(error)) throw error;
      this.#isBroken = true;
      throw new DatabaseUnavailableError(error);
    }
  }

  release(destroy?: boolean): void {
    // A statement that timed out may still run, and would delay the next user of this connection.
    this.#client.release(destroy === true || this.#isBroken);
  }
}

function isStatementError(error: unknown): boolean {
  if (error instanceof DatabaseError) return !unavailable.test(error.code ?? '');
  // A value that cannot be sent or read is our own mistake.
  return error instanceof TypeError || error instanceof RangeError;
}
