import { migrateAccount, openAccountDatabase, type AccountDatabase } from '@breakwater/account/testing';
import type { Database } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAccount, startReplica } from './services.ts';

interface Page {
  readonly items: readonly { readonly id: string; readonly customerId: string; readonly status: string }[];
  readonly nextCursor: string | null;
}

describe('GET /accounts', () => {
  let database: Database;
  let inside: AccountDatabase;
  let account: RunningAccount;

  // 10000 accounts. Most customers have 20, one has 100; one in ten is closed and one in fifty rejected.
  beforeAll(async () => {
    database = await createTestDatabase();
    await migrateAccount(database.url);
    inside = openAccountDatabase(database.url);
    // In parts: a statement may take at most five seconds.
    for (let first = 1; first <= 10_000; first += 1_000) {
      await inside.execute(`
        insert into account.accounts (id, currency, customer_id, status)
        select ('019a9b1c-7f00-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'EUR',
               case when n % 100 = 0 then 'c-many' else 'c-' || n % 500 end,
               case when n % 50 = 1 then 'REJECTED' when n % 10 = n / 500 % 10 then 'CLOSED' else 'ACTIVE' end
        from generate_series(${first}, ${first} + 999) n`);
    }
    await inside.execute('analyze account.accounts');
    account = await startReplica(database.url, {});
  });

  afterAll(async () => {
    await account.stop();
    await inside[Symbol.asyncDispose]();
    await database.drop();
  });

  const get = (path: string) => account.http().get(path);

  /** All pages, each by the link of the last one. */
  async function follow(path: string): Promise<Page[]> {
    const pages: Page[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const { status, body, headers } = await get(next);
      expect(status).toBe(200);
      pages.push(body as Page);
      const link = headers['link'];
      next = link === undefined ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)?.[1];
      expect(next === undefined).toBe(pages.at(-1)?.nextCursor === null);
    }
    return pages;
  }

  it('has twenty accounts by default, the newest first', async () => {
    const { body } = await get('/accounts');

    const ids = (body as Page).items.map(({ id }) => id);
    expect(ids).toHaveLength(20);
    expect(ids[0]).toBe('019a9b1c-7f00-7000-8000-000000002710');
    expect(ids).toEqual(ids.toSorted().toReversed());
  });

  it('lists all accounts of a customer, each once', async () => {
    const pages = await follow('/accounts?customerId=c-7&limit=6');

    const items = pages.flatMap((page) => page.items);
    expect(pages.map((page) => page.items.length)).toEqual([6, 6, 6, 2]);
    expect(new Set(items.map(({ id }) => id)).size).toBe(20);
    expect(items.map(({ id }) => id)).toEqual(
      items
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(new Set(items.map(({ customerId }) => customerId))).toEqual(new Set(['c-7']));
  });

  it('ends with a full page when there is no other', async () => {
    expect((await follow('/accounts?customerId=c-7&limit=10')).map((page) => page.items.length)).toEqual([10, 10]);
  });

  it('lists accounts of a status, and of a customer in a status', async () => {
    const closed = (await get('/accounts?status=CLOSED&limit=100')).body as Page;
    const both = await follow('/accounts?customerId=c-7&status=CLOSED&limit=1');

    expect(closed.items).toHaveLength(100);
    expect(new Set(closed.items.map(({ status }) => status))).toEqual(new Set(['CLOSED']));
    expect(both.flatMap(({ items }) => items)).toMatchObject([
      { customerId: 'c-7', status: 'CLOSED' },
      { customerId: 'c-7', status: 'CLOSED' },
    ]);
  });

  it('lists each account once while others are opened', async () => {
    const first = (await get('/accounts?customerId=c-8&limit=10')).body as Page;
    await inside.execute(`
      insert into account.accounts (id, customer_id, currency, status)
      values ('019a9b1c-7f01-7000-8000-000000000001', 'c-8', 'EUR', 'ACTIVE')`);
    const second = (await get(`/accounts?customerId=c-8&limit=10&cursor=${first.nextCursor}`)).body as Page;

    expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(20);
    expect(second.nextCursor).toBeNull();
  });

  it('is empty for a customer without accounts', async () => {
    const { status, body, headers } = await get('/accounts?customerId=c-none');

    expect(status).toBe(200);
    expect(body).toEqual({ items: [], nextCursor: null });
    expect(headers).not.toHaveProperty('link');
  });

  it.each([
    ['limit=0', 'limit', 'must be a whole number from 1 to 100'],
    ['status=OPEN', 'status', 'must be PENDING_VERIFICATION, ACTIVE, REJECTED or CLOSED'],
    ['cursor=abc', 'cursor', 'must be the nextCursor of an earlier page'],
    ['status=ACTIVE&status=CLOSED', 'status', 'must be PENDING_VERIFICATION, ACTIVE, REJECTED or CLOSED'],
    ['page=2', 'page', 'is not a parameter of this operation'],
  ])('rejects %s', async (query, parameter, detail) => {
    const { status, body } = await get(`/accounts?${query}`);

    expect(status).toBe(400);
    expect(body).toMatchObject({
      type: 'urn:breakwater:problem:invalid-request',
      detail: 'The query is not valid for this operation. See errors.',
      errors: [{ parameter, detail }],
    });
  });

  const cursor = '019a9b1c-7f00-7000-8000-000000001388';

  it.each([
    [{}, 'accounts_pkey'],
    [{ cursor }, 'accounts_pkey'],
    [{ customerId: 'c-many' }, 'accounts_by_customer'],
    [{ customerId: 'c-many', cursor }, 'accounts_by_customer'],
    [{ customerId: 'c-many', status: 'ACTIVE', cursor }, 'accounts_by_customer'],
    [{ status: 'REJECTED' }, 'accounts_by_status'],
    [{ status: 'REJECTED', cursor }, 'accounts_by_status'],
  ] as const)('reads a page of %j in the order of the index %s', async (query, index) => {
    const plan = await inside.explainPage({ ...query, limit: 20 });

    expect(plan).toMatch(new RegExp(`^Limit.*\\n +->  Index Scan Backward using ${index} on accounts `));
    expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap/);
  });
});
