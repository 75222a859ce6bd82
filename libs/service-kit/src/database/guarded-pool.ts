import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import { DatabaseError } from 'pg';
import { DatabaseUnavailableError } from './database-unavailable.error.ts';

/**
 * SQLSTATE codes by which the server itself says that it cannot serve at the moment: connection (08), resources (53),
 * shutdown and crash (57P), and a statement that ran into its timeout (57014).
 */
const unavailable = /^(08|53|57P|57014)/;

/**
 * A pool whose failures say whose fault they are. What the server has against a statement stays as it is; all else
 * that happens between us and the server becomes a `DatabaseUnavailableError`. Here is the one place that can tell the
 * two apart: further up, a refused connection could be anybody's.
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
      if (isAboutStatement(error)) throw error;
      this.#isBroken = true;
      throw new DatabaseUnavailableError(error);
    }
  }

  release(destroy?: boolean): void {
    // What didn't answer in time may still be at it, and whoever got this connection next would wait for that.
    this.#client.release(destroy === true || this.#isBroken);
  }
}

function isAboutStatement(error: unknown): boolean {
  if (error instanceof DatabaseError) return !unavailable.test(error.code ?? '');
  // A value that cannot be sent or read is our own mistake, not the server's absence.
  return error instanceof TypeError || error instanceof RangeError;
}
