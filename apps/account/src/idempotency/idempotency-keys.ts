import { Database, limitLockWaits, TransactionConflictError } from '@breakwater/service-kit';
import { scheduleInBackground, type Cancel, type Clock } from '@breakwater/resilience';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import { KeyInUseException } from './key-writers.ts';

/** A request to which its client has given a key. */
export interface KeyedRequest {
  readonly key: string;
  /** See `fingerprintOf`. */
  readonly fingerprint: string;
}

/** The final response of a request. */
export interface StoredResponse {
  readonly fingerprint: string;
  readonly status: number;
  readonly body: object;
}

/**
 * The keys in PostgreSQL, each with its response. An expired key counts as absent, whether it has been deleted or not. Ages
 * are measured by the clock of the database, which all replicas share.
 */
export class IdempotencyKeys {
  readonly #database: Database<AccountTables>;
  readonly #oldest: RawBuilder<Date>;

  constructor(database: Database<AccountTables>, { ttlMs }: { readonly ttlMs: number }) {
    this.#database = database;
    this.#oldest = sql<Date>`now() - ${ttlMs} * interval '1 millisecond'`;
  }

  /** @param tables of a transaction in which to look; default: none */
  async find(key: string, tables: Kysely<AccountTables> = this.#database.tables): Promise<StoredResponse | undefined> {
    const row = await tables
      .selectFrom('idempotency_keys')
      .select(['fingerprint', 'response_status', 'response_body'])
      .where('key', '=', key)
      .where('created_at', '>', this.#oldest)
      .executeTakeFirst();
    return row && { fingerprint: row.fingerprint, status: row.response_status, body: row.response_body };
  }

  /**
   * Stores a key with its response, unless the key exists. PostgreSQL waits for another transaction that inserts the same key.
   *
   * @param waitMs the longest wait for the other transaction
   * @returns whether it was stored; if not, the existing key cannot be deleted before this transaction ends
   * @throws KeyInUseException when the other transaction lasts longer than this one waits
   */
  async insert(
    { key, fingerprint }: KeyedRequest,
    { status, body }: Pick<StoredResponse, 'status' | 'body'>,
    transaction: Transaction<AccountTables>,
    waitMs: number,
  ): Promise<boolean> {
    const row = { fingerprint, response_status: status, response_body: JSON.stringify(body) };
    const insertion = transaction
      .insertInto('idempotency_keys')
      .values({ key, ...row })
      .onConflict((conflict) =>
        // Replaces an expired key that has not been deleted yet.
        conflict
          .column('key')
          .doUpdateSet({ ...row, created_at: sql`now()` })
          .where('idempotency_keys.created_at', '<=', this.#oldest),
      )
      .returning('key');
    try {
      return (await limitLockWaits(transaction, waitMs, () => insertion.executeTakeFirst())) !== undefined;
    } catch (error) {
      throw error instanceof TransactionConflictError && error.isLockTimeout
        ? new KeyInUseException(key, error)
        : error;
    }
  }

  /**
   * Deletes expired keys, the oldest first, and skips those that another replica is deleting.
   *
   * @returns how many
   */
  async deleteExpired(limit: number): Promise<number> {
    const { numDeletedRows } = await this.#database.tables
      .with('expired', (tables) =>
        tables
          .selectFrom('idempotency_keys')
          .select('key')
          .where('created_at', '<=', this.#oldest)
          .orderBy('created_at')
          .limit(limit)
          .forUpdate()
          .skipLocked(),
      )
      .deleteFrom('idempotency_keys')
      .using('expired')
      .whereRef('idempotency_keys.key', '=', 'expired.key')
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }
}

/** Between two purges. Expired keys cost only space until then. */
const purgeIntervalMs = 60_000;

/** The most keys that one statement deletes, so that none takes long. */
const purgeBatchSize = 1_000;

/**
 * Deletes expired keys in batches, once a minute, in every replica. Logs once when it starts to fail, and once when it
 * works again.
 */
export class IdempotencyKeyPurge implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger(IdempotencyKeyPurge.name);
  readonly #keys: Pick<IdempotencyKeys, 'deleteExpired'>;
  readonly #clock: Clock;
  #cancel: Cancel | undefined;
  #isStopped = false;
  #isFailing = false;

  constructor(keys: Pick<IdempotencyKeys, 'deleteExpired'>, clock: Clock) {
    this.#keys = keys;
    this.#clock = clock;
  }

  onApplicationBootstrap(): void {
    this.#scheduleNext();
  }

  /** A batch that is being deleted is finished: the database waits for it. */
  onModuleDestroy(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #scheduleNext(): void {
    if (this.#isStopped) return;
    this.#cancel = scheduleInBackground(this.#clock, purgeIntervalMs, () => void this.#purge());
  }

  async #purge(): Promise<void> {
    try {
      let deleted: number;
      do deleted = await this.#keys.deleteExpired(purgeBatchSize);
      while (deleted === purgeBatchSize && !this.#isStopped);
      this.#logChange(undefined);
    } catch (error) {
      this.#logChange(error);
    }
    this.#scheduleNext();
  }

  #logChange(err: unknown): void {
    const isFailing = err !== undefined;
    if (isFailing === this.#isFailing || this.#isStopped) return;
    this.#isFailing = isFailing;
    if (isFailing) this.#logger.warn({ err }, 'expired idempotency keys cannot be deleted');
    else this.#logger.log('expired idempotency keys are deleted again');
  }
}
