import { migrateCustomer } from '@breakwater/customer/testing';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

describe('customer without its database', () => {
  let customer: RunningCustomer;

  beforeAll(async () => {
    customer = await startCustomer();
  });

  afterAll(() => customer.stop());

  it('stays ready and returns 503 itself while the database is unavailable, and recovers without a restart', async () => {
    const probe = async () => {
      const [found, ready, live] = await Promise.all(
        ['/customers/c-1001', '/health/ready', '/health/live'].map((path) => customer.http().get(path)),
      );
      return { found: found?.status, ready: ready?.status, live: live?.status };
    };

    const before = await probe();
    customer.route.inject({ kind: 'close' });
    const severed = await probe();
    const readiness = await customer.http().get('/health/ready');
    customer.route.heal();

    expect(before).toEqual({ found: 200, ready: 200, live: 200 });
    expect(severed).toEqual({ found: 503, ready: 200, live: 200 });
    expect(readiness.body).toMatchObject({ status: 'degraded', details: { database: { status: 'degraded' } } });
    await vi.waitFor(async () => expect(await probe()).toEqual(before), { timeout: 15_000, interval: 20 });
  });

  it('returns 503 when its connection is terminated during a query, and recovers without a restart', async () => {
    const administrator = new Client({ connectionString: customer.databaseUrl });
    await administrator.connect();
    onTestFinished(() => administrator.end());
    // Every query for customers now waits for the lock.
    await administrator.query('BEGIN');
    await administrator.query('LOCK TABLE customer.customers IN ACCESS EXCLUSIVE MODE');
    const find = async () => customer.http().get('/customers/c-1001');
    const cut = find();

    await vi.waitFor(
      async () => {
        // A transaction caches the activity of its first query.
        await administrator.query('SELECT pg_stat_clear_snapshot()');
        const { rowCount } = await administrator.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%customers%'`,
        );
        expect(rowCount).toBe(1);
      },
      { timeout: 15_000, interval: 10 },
    );
    const { status, body } = await cut;
    await administrator.query('ROLLBACK');

    expect({ status, body: body as unknown }).toMatchObject({
      status: 503,
      body: { type: 'urn:breakwater:problem:database-unavailable' },
    });
    expect((await find()).status).toBe(200);
    expect((await customer.http().get('/health/ready')).status).toBe(200);
  });

  it('returns problem details that do not disclose where the database is', async () => {
    customer.route.inject({ kind: 'close' });
    onTestFinished(() => customer.route.heal());

    const response = await customer.http().get('/customers/c-1001').set('x-request-id', 'r-1');

    expect(response.headers['retry-after']).toBe('1');
    expect(response.body).toEqual({
      type: 'urn:breakwater:problem:database-unavailable',
      title: 'Database unavailable',
      status: 503,
      detail: expect.any(String) as string,
      instance: '/customers/c-1001',
      requestId: 'r-1',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
    expect(JSON.stringify(response.body)).not.toMatch(/127\.0\.0\.1|postgres|select/i);
  });
});

describe('the migrations of customer', () => {
  it('run once when several processes start them at the same time', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());

    const together = await Promise.all([1, 2, 3].map(() => migrateCustomer(database.url)));
    const later = await migrateCustomer(database.url);

    expect(together.flat()).toEqual(['0001-create-customers']);
    expect(later).toEqual([]);
  });
});
