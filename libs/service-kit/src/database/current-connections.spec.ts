import { EventEmitter } from 'node:events';
import type { PoolClient } from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CurrentConnections } from './current-connections.ts';

/** Like pg's pool: idle connections are used before a new one is opened. */
class Pool extends EventEmitter {
  readonly options = { max: 10 };
  readonly idle: PoolClient[] = [];
  opened = 0;

  connect(): Promise<PoolClient> {
    const idle = this.idle.pop();
    if (idle) return Promise.resolve(idle);
    this.opened += 1;
    const client = { release: (destroy?: boolean) => void (destroy || this.idle.push(client)) } as PoolClient;
    this.emit('connect', client);
    return Promise.resolve(client);
  }

  end = (): Promise<void> => Promise.resolve();
}

describe('CurrentConnections', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  const setUp = () => {
    const pool = new Pool();
    const connections = new CurrentConnections(pool as never);
    const use = async (count: number): Promise<void> => {
      const clients = await Promise.all(Array.from({ length: count }, () => connections.acquire()));
      for (const client of clients) client.release();
    };
    return { pool, connections, use };
  };

  it('keeps the connections of a server that accepts changes', async () => {
    const { pool, use } = setUp();
    await use(3);
    vi.advanceTimersByTime(60_000);

    await use(3);

    expect(pool.opened).toBe(3);
  });

  it('replaces connections that were opened before the server was found read-only, or up to a second later', async () => {
    const { pool, connections, use } = setUp();
    await use(3);
    vi.advanceTimersByTime(1_000);

    connections.replaceAll();
    await use(3);
    vi.advanceTimersByTime(60_000);
    await use(3);

    // Those of the first replacement may lead to the same server.
    expect(pool.opened).toBe(9);
    await use(3);
    expect(pool.opened).toBe(9);
  });

  it('replaces a connection at most once in a second while the server is read-only', async () => {
    const { pool, connections, use } = setUp();

    for (let ms = 0; ms < 5_000; ms += 100) {
      await use(1);
      connections.replaceAll();
      vi.advanceTimersByTime(100);
    }

    expect(pool.opened).toBe(5);
  });

  it('replaces an idle connection that was opened between two findings', async () => {
    const { pool, connections, use } = setUp();
    await use(1);
    vi.advanceTimersByTime(2_000);
    connections.replaceAll();
    vi.advanceTimersByTime(500);
    await use(2);
    connections.replaceAll();
    const before = pool.opened;
    vi.advanceTimersByTime(5_000);

    await use(2);

    expect(pool.opened).toBe(before + 2);
  });
});
