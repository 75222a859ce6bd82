import type { Pool, PoolClient } from 'pg';

/** Where connections come from. */
export interface ConnectionSource {
  readonly options: Pool['options'];
  connect(): Promise<PoolClient>;
  end(): Promise<void>;
}

/**
 * A new connection may be read-only, too. Each is used for at least this long before it is replaced, and one that was opened up to
 * this long after the server was last found read-only is replaced as well: it may have reached the same server.
 */
const intervalMs = 1_000;

/**
 * Hands out the connections of a pool, except those that may have been opened while the server was read-only: after a failover
 * they still lead to the old primary, or to a session that cannot write.
 */
export class CurrentConnections {
  readonly pool: ConnectionSource;
  readonly #openedAt = new WeakMap<object, number>();
  #readOnlyAt = -Infinity;

  /** @param source acquires the connections of the pool. Default: the pool itself */
  constructor(pool: Pick<Pool, 'on'> & ConnectionSource, source: ConnectionSource = pool) {
    this.pool = source;
    pool.on('connect', (client) => this.#openedAt.set(client, performance.now()));
  }

  /** Ends after as many attempts as the pool has connections: those that it opens in the meantime are current. */
  async acquire(): Promise<PoolClient> {
    for (;;) {
      const client = await this.pool.connect();
      if (!this.#isOutdated(client)) return client;
      client.release(true);
    }
  }

  /** Makes the present connections outdated: each is closed when it would be used next. */
  replaceAll(): void {
    this.#readOnlyAt = performance.now();
  }

  #isOutdated(client: PoolClient): boolean {
    const openedAt = this.#openedAt.get(client) ?? 0;
    return openedAt < this.#readOnlyAt + intervalMs && performance.now() - openedAt >= intervalMs;
  }
}
