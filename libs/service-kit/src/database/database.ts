import type { OnApplicationShutdown } from '@nestjs/common';
import { Kysely, PostgresDialect, sql } from 'kysely';
import type { Pool } from 'pg';
import { GuardedPool } from './guarded-pool.ts';
import { findPendingMigrations, type Migrations } from './migrations.ts';
import { createPool, type PoolOptions } from './pool.ts';

/** A service's part of a PostgreSQL. */
export interface DatabaseOptions extends PoolOptions {
  /** The schema that belongs to the service; it sees no other. */
  readonly schema: string;
  /** What the schema is made by. */
  readonly migrations: Migrations;
}

/** The connections of the pool. */
export interface Connections {
  readonly total: number;
  readonly idle: number;
  /** Statements that wait for one. */
  readonly waiting: number;
  readonly max: number;
}

/**
 * A service's tables, by Kysely, in the schema that is the service's own.
 *
 * Every wait is bounded: 2 s to connect, 5 s for a statement. Whatever keeps the database from answering is a
 * `DatabaseUnavailableError`.
 */
export class Database<Tables = unknown> implements OnApplicationShutdown {
  readonly tables: Kysely<Tables>;
  readonly #options: DatabaseOptions;
  readonly #pool: Pool;
  readonly #kysely: Kysely<Tables>;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    // The server ends a statement after 5 s. When it isn't there to do so, we give up a second later.
    this.#pool = createPool(options, { max: 10, statement_timeout: 5_000, query_timeout: 6_000 });
    this.#options = options;
    this.#kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: new GuardedPool(this.#pool) }) });
    this.tables = this.#kysely.withSchema(options.schema);
  }

  get connections(): Connections {
    const { totalCount, idleCount, waitingCount, options } = this.#pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount, max: options.max };
  }

  /** @throws DatabaseUnavailableError when the database doesn't answer */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.#kysely);
  }

  /** Names of the migrations that the schema still lacks. */
  findPendingMigrations(): Promise<string[]> {
    return findPendingMigrations(this.#kysely, this.#options);
  }

  /** Gives the connections back. Nest calls it when the last request has been answered. */
  onApplicationShutdown(): Promise<void> {
    return (this.#closed ??= this.#kysely.destroy());
  }
}
