import type { PostgresPool, PostgresPoolClient } from 'kysely';
import { DatabaseError, Pool, types, type PoolClient } from 'pg';
import { executeBatch, type BatchResult, type Execution } from './batch.ts';
import type { CurrentConnections } from './current-connections.ts';
import { DatabaseUnavailableError, TransactionConflictError, UnstorableTextError } from './database-errors.ts';
import { repeatOnConflict } from './repeat.ts';
import { treatmentOf } from './sql-state.ts';
import { encode } from './statement.ts';
import {
  beginWith,
  settingsStatement,
  settingsWithLimits,
  type TimeLimits,
  type TransactionSettings,
} from './transaction-settings.ts';
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

/** What connections do where it is not the same for all. */
export interface GuardOptions {
  /** What every transaction sets. */
  readonly settings: TransactionSettings;
  /** Returns the limit of the waits of the caller that acquires a connection. */
  readonly limitOf: () => WaitLimit;
  /** Is called when the server does not know a statement that has been prepared. Default: nothing. */
  readonly onUnprepared?: () => void;
}

/** A pool for Kysely, and for statements without Kysely. */
export interface GuardedPool extends PostgresPool {
  connect(): Promise<GuardedClient>;
}

/**
 * Gives the failures of a pool their meaning: a `DatabaseUnavailableError`, a `TransactionConflictError`, an
 * `UnstorableTextError`, or the error of a statement unchanged. Only here are they known apart: further up, a refused connection
 * could be that of another service.
 */
export function guardPool(
  connections: CurrentConnections,
  { settings, limitOf, onUnprepared = () => {} }: GuardOptions,
): GuardedPool {
  const { pool } = connections;
  const shared: Shared = {
    settings: settingsStatement(settings),
    settingsOf: settingsWithLimits(settings),
    onReadOnly: () => connections.replaceAll(),
    onUnprepared,
  };
  return {
    options: pool.options,
    connect: async () => {
      const limit = limitOf();
      try {
        const client = await limit.apply(
          () => connections.acquire(),
          (late) => late.release(),
        );
        return new GuardedClient(client, limit, shared);
      } catch (error) {
        throw new DatabaseUnavailableError(error);
      }
    },
    end: () => pool.end(),
  };
}

/** What the clients of one pool share. */
interface Shared {
  readonly settings: string;
  readonly settingsOf: ReturnType<typeof settingsWithLimits>;
  /** Is called when the server refuses a change because it is read-only. */
  readonly onReadOnly: () => void;
  readonly onUnprepared: () => void;
}

/** A connection of one user. */
export class GuardedClient implements PostgresPoolClient {
  readonly #client: PoolClient;
  readonly #limit: WaitLimit;
  readonly #shared: Shared;
  /** The failure after which the connection is not used again. */
  #failure: Error | undefined;
  #isInTransaction = false;
  /** Why the server ended the connection between two statements. The next one fails because the connection is closed. */
  #ending: DatabaseError | undefined;

  constructor(client: PoolClient, limit: WaitLimit, shared: Shared) {
    this.#client = client;
    this.#limit = limit;
    this.#shared = shared;
    client.on('error', this.#onError);
  }

  readonly #onError = (error: Error): void => {
    if (error instanceof DatabaseError) this.#ending = error;
  };

  /** A statement outside of a transaction is one itself, and is repeated like one. */
  readonly query = ((statement: string, parameters: readonly unknown[]): Promise<unknown> => {
    if (/^(begin|start transaction)\b/.test(statement)) {
      this.#isInTransaction = true;
      return this.#attempt(() => this.#client.query(beginWith(this.#shared.settings, statement)));
    }
    if (!this.#isInTransaction)
      return repeatOnConflict(() =>
        this.execute({ name: '', text: statement, values: parameters.map((value) => encode(value)) }),
      );
    if (/^(commit|rollback)$/.test(statement)) this.#isInTransaction = false;
    return this.#attempt(() => this.#client.query(statement, [...parameters]));
  }) as PostgresPoolClient['query'];

  /** Executes one statement as a transaction. */
  async execute(statement: Execution, limits?: Partial<TimeLimits>): Promise<BatchResult> {
    const attempt = async (): Promise<BatchResult> => {
      try {
        return await this.#attempt(() => executeBatch(this.#client, this.#shared.settingsOf(limits), statement));
      } catch (error) {
        if (!this.#failure) await this.#attempt(() => this.#client.query('rollback')).catch(() => {});
        throw error;
      }
    };
    // A migration changed a column while the statement was prepared. Now it is prepared again.
    return attempt().catch((error: unknown) => {
      if (error instanceof DatabaseError && error.code === '0A000') return attempt();
      throw error;
    });
  }

  // A statement that timed out may still run, and would delay the next user of this connection.
  readonly release = (destroy?: boolean): void => {
    this.#client.off('error', this.#onError);
    this.#client.release(destroy === true || this.#failure !== undefined);
  };

  async #attempt<T>(query: () => Promise<T>): Promise<T> {
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
        this.#shared.onReadOnly();
        return (this.#failure = new DatabaseUnavailableError(error));
      case 'unavailable':
        return (this.#failure = new DatabaseUnavailableError(error));
      case 'conflict-and-disconnect':
        return (this.#failure = new TransactionConflictError(error));
      case 'unprepared':
        this.#shared.onUnprepared();
        return new TransactionConflictError(error);
      case 'conflict':
        return new TransactionConflictError(error);
      case 'unstorable-text':
        return new UnstorableTextError(error);
      case 'mistake':
        return error;
    }
  }
}
