import { Database, fragment, statement, type ExecutionOptions, type Fragment } from '@breakwater/service-kit';
import { scheduleInBackground, type Cancel, type Clock } from '@breakwater/resilience';
import { Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import type { AccountTables } from '../database/account.tables.ts';

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

/** What a statement stores with the key of a request. Its members are the parameters of `storeKey`. */
export interface KeyRecord {
  /** Null when the client gave none. */
  readonly key: string | null;
  readonly fingerprint: string | null;
  readonly responseStatus: number | null;
  /** JSON. */
  readonly responseBody: string | null;
  readonly keyTtlMs: number;
}

interface Looked {
  /** The time of the database, in microseconds since the Unix epoch. */
  readonly epochMicros: number;
  /** Null, as the others, when there is no such key. */
  readonly fingerprint: string | null;
  readonly status: number | null;
  readonly body: object | null;
}

const look = statement<{ key: string | null; keyTtlMs: number }, Looked>('look-up-key')`
  select (extract(epoch from statement_timestamp()) * 1000000)::float8 as "epochMicros",
    fingerprint, response_status as status, response_body as body
  from (select 1) as always
  left join idempotency_keys
    on key = ${'key'} and created_at > now() - ${'keyTtlMs'}::float8 * interval '1 millisecond'`;

/**
 * Stores the key of a request with its response, and returns a row; none when the key exists. PostgreSQL waits for another
 * transaction that inserts the same key. An expired key that has not been deleted yet is replaced.
 */
export const storeKey: Fragment<KeyRecord> = fragment<KeyRecord>()`
  insert into idempotency_keys as existing (key, fingerprint, response_status, response_body)
  select ${'key'}, ${'fingerprint'}, ${'responseStatus'}::smallint, ${'responseBody'}::json
  where ${'key'}::text is not null
  on conflict (key) do update
    set fingerprint = excluded.fingerprint, response_status = excluded.response_status,
      response_body = excluded.response_body, created_at = excluded.created_at
    where existing.created_at <= now() - ${'keyTtlMs'}::float8 * interval '1 millisecond'
  returning key`;

const storeOnlyKey = statement<KeyRecord, { key: string }>('store-key')`${storeKey}`;

const deleteExpired = statement<{ limit: number; keyTtlMs: number }, object>('delete-expired-keys')`
  with expired as (
    select key from idempotency_keys
    where created_at <= now() - ${'keyTtlMs'}::float8 * interval '1 millisecond'
    order by created_at limit ${'limit'} for update skip locked)
  delete from idempotency_keys using expired where idempotency_keys.key = expired.key
  returning 1 as deleted`;

/**
 * The keys in PostgreSQL, each with its response. An expired key counts as absent, whether it has been deleted or not. Ages
 * are measured by the clock of the database, which all replicas share.
 */
export class IdempotencyKeys {
  readonly #database: Database<AccountTables>;
  readonly #ttlMs: number;

  constructor(database: Database<AccountTables>, { ttlMs }: { readonly ttlMs: number }) {
    this.#database = database;
    this.#ttlMs = ttlMs;
  }

  /**
   * Looks a key up, and reads the time of the database on the way.
   *
   * @param key undefined: only the time is read
   */
  async find(key: string | undefined): Promise<{ stored: StoredResponse | undefined; epochMicros: number }> {
    const [row] = await this.#database.execute(look, { key: key ?? null, keyTtlMs: this.#ttlMs });
    const { epochMicros, fingerprint, status, body } = row!;
    const isStored = fingerprint !== null && status !== null && body !== null;
    return { epochMicros, stored: isStored ? { fingerprint, status, body } : undefined };
  }

  /** What to store for a request; undefined: nothing. */
  recordOf(request: KeyedRequest | undefined, { status, body }: Pick<StoredResponse, 'status' | 'body'>): KeyRecord {
    return {
      key: request?.key ?? null,
      fingerprint: request?.fingerprint ?? null,
      responseStatus: request ? status : null,
      responseBody: request ? JSON.stringify(body) : null,
      keyTtlMs: this.#ttlMs,
    };
  }

  /** @returns whether the key was stored, and did not exist */
  async insert(record: KeyRecord, options?: ExecutionOptions): Promise<boolean> {
    return (await this.#database.execute(storeOnlyKey, record, options)).length > 0;
  }

  /**
   * Deletes expired keys, the oldest first, and skips those that another replica is deleting.
   *
   * @returns how many
   */
  async deleteExpired(limit: number): Promise<number> {
    return (await this.#database.execute(deleteExpired, { limit, keyTtlMs: this.#ttlMs })).length;
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
