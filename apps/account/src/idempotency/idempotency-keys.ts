import { Database } from '@breakwater/service-kit';
import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';

/** A request that its client has given a key. */
export interface KeyedRequest {
  readonly key: string;
  /** See `fingerprintOf`. */
  readonly fingerprint: string;
}

/** What a request was answered with for good. */
export interface StoredAnswer {
  readonly fingerprint: string;
  readonly status: number;
  readonly body: object;
}

/** How long keys are kept, in milliseconds. */
export interface IdempotencyKeysOptions {
  readonly ttlMs: number;
}

/**
 * The keys in PostgreSQL, each with the answer given under it. One that is older than its time to live counts as absent,
 * whether it has been deleted yet or not. Ages are told by the database's clock, which is the same for all replicas.
 */
export class IdempotencyKeys {
  readonly #database: Database<AccountTables>;
  readonly #oldest: RawBuilder<Date>;

  constructor(database: Database<AccountTables>, { ttlMs }: IdempotencyKeysOptions) {
    this.#database = database;
    this.#oldest = sql<Date>`now() - ${ttlMs} * interval '1 millisecond'`;
  }

  /** @param tables those of a transaction, where the answer is to be found in one */
  async find(key: string, tables: Kysely<AccountTables> = this.#database.tables): Promise<StoredAnswer | undefined> {
    const row = await tables
      .selectFrom('idempotency_keys')
      .select(['fingerprint', 'response_status', 'response_body'])
      .where('key', '=', key)
      .where('created_at', '>', this.#oldest)
      .executeTakeFirst();
    return row && { fingerprint: row.fingerprint, status: row.response_status, body: row.response_body };
  }

  /**
   * Stores a key with its answer, unless it is there. While another transaction has the key and is not over, PostgreSQL
   * lets this one wait for its end.
   *
   * @returns whether it was stored; if not, the key that is there cannot be deleted before this transaction ends
   */
  async insert(
    { key, fingerprint }: KeyedRequest,
    { status, body }: Pick<StoredAnswer, 'status' | 'body'>,
    transaction: Transaction<AccountTables>,
  ): Promise<boolean> {
    const row = { fingerprint, response_status: status, response_body: JSON.stringify(body) };
    const inserted = await transaction
      .insertInto('idempotency_keys')
      .values({ key, ...row })
      .onConflict((conflict) =>
        // What nobody has deleted yet, though its time is over, makes way.
        conflict
          .column('key')
          .doUpdateSet({ ...row, created_at: sql`now()` })
          .where('idempotency_keys.created_at', '<=', this.#oldest),
      )
      .returning('key')
      .executeTakeFirst();
    return inserted !== undefined;
  }

  /**
   * Deletes keys whose time is over, the oldest first, and passes over those that another replica is deleting.
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
