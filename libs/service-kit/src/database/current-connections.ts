import type { Pool, PoolClient } from 'pg';

/** Where connections come from. */
export interface ConnectionSource {
  readonly options: Pool['options'];
  connect(): Promise<PoolClient>;
  end(): Promise<void>;
}

/** New connections may be read-only, too. They are replaced at most this often. */
const minIntervalMs = 1_000;

/**
 * Hands out the connections of a pool, except those that were opened before the server was found read-only: after a failover
 * they still lead to the old primary, or to a session that cannot write.
 */
export class CurrentConnections {
  readonly pool: ConnectionSource;
  readonly #openedAt = new WeakMap<object, number>();
  #outdatedBefore = 0;

  /** @param source acquires the connections of the pool. Default: the pool itself */
  constructor(pool: Pool, source: ConnectionSource = pool) {
    this.pool = source;
    pool.on('connect', (client) => this.#openedAt.set(client, performance.now()));
  }

  /** Ends after as many attempts as the pool has connections: those that it opens in the meantime are current. */
  async acquire(): Promise<PoolClient> {
    for (;;) {
      const client = await this.pool.connect();
      if ((this.#openedAt.get(client) ?? 0) >= this.#outdatedBefore) return client;
      client.release(true);
    }
  }

  /** Makes the present connections outdated: each is closed when it would be used next. */
  replaceAll(): void {
    const now = performance.now();
    if (now - this.#outdatedBefore >= minIntervalMs) this.#outdatedBefore = now;
  }
}
