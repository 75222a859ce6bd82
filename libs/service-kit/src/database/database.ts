import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Kysely, PostgresDialect, sql, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import { Gauge } from 'prom-client';
import { MetricsRegistry } from '../metrics/metrics.registry.ts';
import { ScrapedReading } from '../metrics/scraped-reading.ts';
import { inSpan } from '../telemetry/spans.ts';
import { StatementSpans } from '../telemetry/statement-spans.ts';
import { withCurrentCredentials } from './credentials.ts';
import { CurrentConnections } from './current-connections.ts';
import { isStatementTimeout, LockHeldError, TransactionConflictError } from './database-errors.ts';
import { findPendingMigrations, type Migrations } from './migrations.ts';
import { createPool, guardPool, type GuardedPool, type PoolOptions } from './pool.ts';
import { repeatOnConflict } from './repeat.ts';
import { requireUsable } from './requirements.ts';
import { encode, type Statement } from './statement.ts';
import type { TimeLimits } from './transaction-settings.ts';
import { currentWaitLimit, maxWaitMs } from './wait-limit.ts';

export interface DatabaseOptions extends PoolOptions {
  /** The schema of the service; it uses no other. */
  readonly schema: string;
  readonly migrations: Migrations;
  /** Reads the URL again after a failed connection; undefined when there is no other. Default: it never changes. */
  readonly readUrl?: () => string | undefined;
  /** Whether the server keeps statements prepared; not behind a pooler that does not support it. Default: true. */
  readonly preparesStatements?: boolean;
  /** Is called once when the server loses prepared statements; from then on none are. Default: nothing. */
  readonly onStatementsLost?: () => void;
}

/** The execution of a statement. */
export interface ExecutionOptions {
  /**
   * Returns what is left of the time for which it waits for locks, over all locks and repetitions, in milliseconds. Default: 2 s
   * for each lock.
   */
  readonly lockWaitLeftMs?: () => number;
}

export interface Connections {
  readonly total: number;
  readonly idle: number;
  /** Statements that wait for a connection. */
  readonly waiting: number;
  readonly max: number;
}

/**
 * The longest that a statement waits for a lock: twice PostgreSQL's `deadlock_timeout`. If both ended at the same time, all
 * transactions of a deadlock would fail instead of one, and meet again when they are repeated.
 */
const lockTimeoutMs = 2_000;

/** The server reports that a statement timed out before it releases the locks of its transaction, on a busy machine milliseconds later. */
const releaseTimeoutMs = 100;

/** A process that stops in the middle of a transaction would otherwise keep its locks. */
const idleTimeoutMs = 2_000;

/**
 * The tables of a service, by Kysely, in its own schema.
 *
 * Every wait is limited: 3 s for all that one request does, or until its deadline, connecting included. All failures of the
 * database itself are a `DatabaseUnavailableError`.
 */
export class Database<Tables = unknown> implements OnApplicationShutdown {
  readonly tables: Kysely<Tables>;
  readonly #options: DatabaseOptions;
  readonly #pool: Pool;
  readonly #connections: CurrentConnections;
  readonly #guarded: GuardedPool;
  readonly #kysely: Kysely<Tables>;
  readonly #spans: StatementSpans;
  #isPreparing: boolean;
  #closed: Promise<void> | undefined;

  constructor(options: DatabaseOptions) {
    this.#pool = createPool(options, 10);
    this.#connections = new CurrentConnections(this.#pool, withCurrentCredentials(this.#pool, options.readUrl));
    this.#options = options;
    this.#isPreparing = options.preparesStatements ?? true;
    this.#spans = new StatementSpans(options.schema);
    this.#guarded = guardPool(this.#connections, {
      settings: {
        schema: options.schema,
        // The client stops waiting by then, or earlier; the server must not continue.
        statementTimeoutMs: maxWaitMs,
        lockTimeoutMs,
        idleTimeoutMs,
      },
      limitOf: currentWaitLimit,
      onUnprepared: () => this.#stopPreparing(),
    });
    this.#kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: this.#spans.around(this.#guarded) }) });
    this.tables = this.#kysely.withSchema(options.schema);
  }

  get connections(): Connections {
    const { totalCount, idleCount, waitingCount, options } = this.#pool;
    return { total: totalCount, idle: idleCount, waiting: waitingCount, max: options.max };
  }

  /**
   * Runs a transaction. If it conflicts with another one, it is rolled back and repeated, up to three attempts within the deadline
   * of the request. It is read committed: a statement that waited for another transaction sees what that one wrote.
   *
   * @param work changes nothing but the database, because it may run again
   * @throws TransactionConflictError when no attempt succeeded; nothing has been changed
   * @throws DatabaseUnavailableError also when it is unknown whether the transaction was committed
   */
  transact<T>(work: (tables: Transaction<Tables>) => Promise<T>): Promise<T> {
    return inSpan('transaction', () => repeatOnConflict(() => this.tables.transaction().execute(work)));
  }

  /**
   * Executes one statement as a transaction, in one round trip. If it conflicts with another one, it is repeated like those of
   * `transact`.
   *
   * @throws LockHeldError when it waits for locks for longer than `lockWaitLeftMs`; nothing has been changed
   * @throws TransactionConflictError, DatabaseUnavailableError as `transact`
   */
  async execute<Parameters, Row>(
    statement: Statement<Parameters, Row>,
    parameters: Parameters,
    { lockWaitLeftMs }: ExecutionOptions = {},
  ): Promise<Row[]> {
    const { name, text } = statement;
    const values = statement.parameters.map((parameter) => encode(parameters[parameter]));
    const attempt = async (limits?: Partial<TimeLimits>) => {
      const client = await this.#spans.connect(this.#guarded);
      try {
        const execution = { name: this.#isPreparing ? name : '', text, values };
        return (await this.#spans.inSpan(text, () => client.execute(execution, limits))).rows as Row[];
      } finally {
        client.release();
      }
    };
    return repeatOnConflict(() => (lockWaitLeftMs ? limitLockWait(lockWaitLeftMs(), attempt) : attempt()));
  }

  /** @throws DatabaseUnavailableError when the database does not respond */
  async ping(): Promise<void> {
    await sql`select 1`.execute(this.#kysely);
  }

  /** Opens all connections, so that the first requests need not wait for them. Those that cannot be opened now are opened later. */
  async openConnections(): Promise<void> {
    await Promise.allSettled(Array.from({ length: this.connections.max }, () => this.ping()));
  }

  /**
   * Whether the server accepts changes; a standby does not. If it does not, the next statement uses another connection.
   *
   * @throws DatabaseUnavailableError when the database does not respond
   */
  async isWritable(): Promise<boolean> {
    const setting = sql<{ isReadOnly: boolean }>`select current_setting('transaction_read_only')::bool as "isReadOnly"`;
    const { rows } = await setting.execute(this.#kysely);
    const isReadOnly = rows[0]?.isReadOnly ?? false;
    if (isReadOnly) this.#connections.replaceAll();
    return !isReadOnly;
  }

  /** @throws UnusableDatabaseError when the service would not work with the server, the database or the role */
  async requireUsable(): Promise<void> {
    await requireUsable(this.#kysely);
  }

  /** The names of the migrations that the schema still lacks. */
  findPendingMigrations(): Promise<string[]> {
    return findPendingMigrations(this.#kysely, this.#options);
  }

  #stopPreparing(): void {
    if (!this.#isPreparing) return;
    this.#isPreparing = false;
    this.#options.onStatementsLost?.();
  }

  /** Closes all connections. Nest calls it after the last response. It waits at most 3 s for statements that run. */
  onApplicationShutdown(): Promise<void> {
    return (this.#closed ??= this.#kysely.destroy());
  }
}

/**
 * Limits the wait for all locks of a statement. PostgreSQL limits the wait for each of them, and a lock may go from one transaction
 * to the next. So the statement itself is limited as well. Whether that ended because of a lock or of a slow disk shows when it is
 * repeated with the usual limit, but without waiting for locks, except those of its own first attempt.
 */
async function limitLockWait<T>(leftMs: number, attempt: (limits: Partial<TimeLimits>) => Promise<T>): Promise<T> {
  try {
    // A single lock is reported as such, because its limit ends first.
    return await attempt({ lockTimeoutMs: leftMs * 0.95, statementTimeoutMs: leftMs }).catch((error: unknown) => {
      if (!isStatementTimeout(error)) throw error;
      return attempt({ lockTimeoutMs: releaseTimeoutMs });
    });
  } catch (error) {
    throw error instanceof TransactionConflictError && error.isLockTimeout ? new LockHeldError(error) : error;
  }
}

/** The connection pool as gauges, named after those of Spring Boot's pool (`hikaricp_connections…`). */
@Injectable()
export class DatabaseMetrics {
  constructor(database: Database, registry: MetricsRegistry) {
    const add = (name: string, help: string, count: keyof Connections): void =>
      registry.addGauge({ name, help, read: () => database.connections[count] });
    add('pg_pool_connections', 'Connections to the database, in use or idle.', 'total');
    add('pg_pool_connections_idle', 'Idle connections.', 'idle');
    add('pg_pool_connections_pending', 'Statements that wait for a connection.', 'waiting');
    add('pg_pool_connections_max', 'The maximum of connections.', 'max');
    const writable = new ScrapedReading(() => database.isWritable());
    registry.registerMetric(
      new Gauge({
        name: 'pg_pool_writable',
        help: 'Whether the database accepts changes: 1, or 0 while it is read-only. Absent while it does not respond.',
        registers: [],
        async collect() {
          const isWritable = await writable.value();
          if (isWritable === undefined) this.remove();
          else this.set(Number(isWritable));
        },
      }),
    );
  }
}
