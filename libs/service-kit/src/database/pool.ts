import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { DatabaseError, Pool, types, type PoolClient } from 'pg';
import type { CurrentConnections } from './current-connections.ts';
import { DatabaseUnavailableError, TransactionConflictError, UnstorableTextError } from './database-errors.ts';
import { repeatOnConflict } from './repeat.ts';
import { treatmentOf } from './sql-state.ts';
import { beginWith, queryWith } from './transaction-settings.ts';
import { maxWaitMs, type WaitLimit } from './wait-limit.ts';

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
 * most 3 s. int8 is read as a number, or as a bigint where a number would round it.
 *
 * @param max the most connections
 */
export function createPool({ url, applicationName, onConnectionLost }: PoolOptions, max: number): Pool {
  const pool = new Pool({
    connectionString: url,
    application_name: applicationName,
    // As long as a request may wait for the database: on a busy machine a connection takes seconds, each of which helps.
    connectionTimeoutMillis: maxWaitMs,
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === int8 ? parseInt8 : types.getTypeParser(oid, format)) },
    max,
  });
  pool.on('error', (error) => onConnectionLost?.(error));
  // The pool listens on idle connections only. One that breaks during a query rejects the query and also emits the error, which
  // without a listener ends the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/**
 * Gives the failures of a pool their meaning: a `DatabaseUnavailableError`, a `TransactionConflictError`, an
 * `UnstorableTextError`, or the error of a statement unchanged. Only here are they known apart: further up, a refused connection
 * could be that of another service.
 *
 * @param settings the statement that sets what each transaction depends on
 * @param limitOf returns the limit of the waits of the caller that acquires a connection
 */
export function guardPool(connections: CurrentConnections, settings: string, limitOf: () => WaitLimit): PostgresPool {
  const { pool } = connections;
  return {
    options: pool.options,
    connect: async () => {
      const limit = limitOf();
      try {
        const client = await limit.apply(
          () => connections.acquire(),
          (late) => late.release(),
        );
        return new GuardedClient(client, settings, limit, () => connections.replaceAll());
      } catch (error) {
        throw new DatabaseUnavailableError(error);
      }
    },
    end: () => pool.end(),
  };
}

class GuardedClient {
  readonly #client: PoolClient;
  readonly #settings: string;
  readonly #limit: WaitLimit;
  readonly #onReadOnly: () => void;
  /** The failure after which the connection is not used again. */
  #failure: Error | undefined;
  #isInTransaction = false;
  /** Why the server ended the connection between two statements. The next one fails because the connection is closed. */
  #ending: DatabaseError | undefined;

  /** @param onReadOnly is called when the server refuses a change because it is read-only */
  constructor(client: PoolClient, settings: string, limit: WaitLimit, onReadOnly: () => void) {
    this.#client = client;
    this.#settings = settings;
    this.#limit = limit;
    this.#onReadOnly = onReadOnly;
    client.on('error', this.#onError);
  }

  readonly #onError = (error: Error): void => {
    if (error instanceof DatabaseError) this.#ending = error;
  };

  /** A statement outside of a transaction is one itself, and is repeated like one. */
  readonly query = ((statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (/^(begin|start transaction)\b/.test(statement)) {
      this.#isInTransaction = true;
      return this.#attempt(() => this.#client.query(beginWith(this.#settings, statement)));
    }
    if (!this.#isInTransaction)
      return repeatOnConflict(() =>
        this.#attempt(() => queryWith(this.#settings, this.#client, statement, parameters)),
      );
    if (/^(commit|rollback)$/.test(statement)) this.#isInTransaction = false;
    return this.#attempt(() => this.#client.query(statement, [...parameters]));
  }) as PostgresPoolClient['query'];

  // A statement that timed out may still run, and would delay the next user of this connection.
  readonly release = (destroy?: boolean): void => {
    this.#client.off('error', this.#onError);
    this.#client.release(destroy === true || this.#failure !== undefined);
  };

  async #attempt(query: () => Promise<unknown>): Promise<unknown> {
    // A rollback would wait behind the statement that failed. The server rolls back when the connection closes.
    if (this.#failure) throw this.#failure;
    try {
      return await this.#limit.apply(query);
    } catch (error) {
      throw this.#explain(this.#ending ?? error);
    }
  }

  #explain(error: unknown): unknown {
    // A value that cannot be sent is our own mistake.
    if (error instanceof TypeError || error instanceof RangeError) return error;
    if (!(error instanceof DatabaseError)) return (this.#failure = new DatabaseUnavailableError(error));
    switch (treatmentOf(error.code)) {
      case 'read-only':
        this.#onReadOnly();
        return (this.#failure = new DatabaseUnavailableError(error));
      case 'unavailable':
        return (this.#failure = new DatabaseUnavailableError(error));
      case 'conflict-and-disconnect':
        return (this.#failure = new TransactionConflictError(error));
      case 'conflict':
        return new TransactionConflictError(error);
      case 'unstorable-text':
        return new UnstorableTextError(error);
      case 'mistake':
        return error;
    }
  }
}
