import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CustomerStatus } from '../customer/customer-directory.ts';
import { useAccountDatabase } from '../database/account-database.fixture.ts';
import { type Entry, idOf, insertPending } from './pending-accounts.fixture.ts';
import { PendingVerificationsRepository } from './pending-verifications.repository.ts';

const leaseMs = 30_000;

describe('PendingVerificationsRepository', () => {
  const opened = useAccountDatabase();
  let queue: PendingVerificationsRepository;
  beforeEach(() => {
    queue = new PendingVerificationsRepository(opened.database);
  });

  const add = (number: number, entry?: Entry) => insertPending(opened.database, number, entry);
  const claim = (limit = 10) => queue.claim({ limit, leaseMs });
  const claimed = async (limit?: number) => (await claim(limit)).map(({ customerId }) => customerId);

  /** When an entry is due, in milliseconds from now. */
  async function dueInMs(number: number): Promise<number> {
    const { rows } = await sql<{ ms: number }>`
      select (extract(epoch from next_attempt_at - now()) * 1000)::float8 as ms
      from account.pending_verifications where account_id = ${idOf(number)}`.execute(opened.database.tables);
    return rows[0]!.ms;
  }
  const account = (number: number) =>
    opened.database.tables.selectFrom('accounts').selectAll().where('id', '=', idOf(number)).executeTakeFirstOrThrow();

  it('claims due accounts, those without failures and those due longest first', async () => {
    await add(1, { dueInMs: -1_000, failures: 1 });
    await add(2, { dueInMs: -1_000 });
    await add(3, { dueInMs: -5_000 });
    await add(4, { dueInMs: 60_000 });
    await add(5, { dueInMs: Number.POSITIVE_INFINITY });

    expect(await claimed(2)).toEqual(expect.arrayContaining(['c-3', 'c-2']));
    expect(await claimed(2)).toEqual(['c-1']);
    expect(await claimed(2)).toEqual([]);
  });

  it('returns what is known of a claimed account, and holds it for the lease', async () => {
    await add(1, { failures: 2, failedMsAgo: 7_000, traceparent: '00-trace-span-01' });
    await add(2);

    const claims = await claim();

    const first = claims.find(({ customerId }) => customerId === 'c-1')!;
    expect(first).toMatchObject({ accountId: idOf(1), attempts: 2, failures: 2, traceparent: '00-trace-span-01' });
    expect(first.failedMsAgo).toBeGreaterThanOrEqual(7_000);
    expect(first.failedMsAgo).toBeLessThan(67_000);
    expect(claims.find(({ customerId }) => customerId === 'c-2')).toMatchObject({
      attempts: 0,
      failures: 0,
      failedMsAgo: undefined,
      traceparent: undefined,
    });
    expect(await dueInMs(1)).toBeGreaterThan(0);
    expect(await dueInMs(1)).toBeLessThanOrEqual(leaseMs);
  });

  it('skips accounts that another replica is claiming', async () => {
    await add(1);
    await add(2);

    await opened.database.tables.transaction().execute(async (tables) => {
      await tables
        .selectFrom('pending_verifications')
        .select('account_id')
        .where('account_id', '=', idOf(1))
        .forUpdate()
        .execute();
      expect(await claimed()).toEqual(['c-2']);
    });
  });

  it('makes a released account due at once, without an attempt', async () => {
    await add(1);
    await add(2);
    const claims = await claim();

    await queue.release(claims.find(({ customerId }) => customerId === 'c-1')!);

    expect(await claim()).toMatchObject([{ customerId: 'c-1', attempts: 0 }]);
  });

  it('neither releases nor postpones an account whose lease another replica has', async () => {
    await add(1);
    const [held] = await claim();
    const lost = { ...held!, heldUntil: new Date(held!.heldUntil.getTime() - 1) };

    await queue.release(lost);
    expect(await queue.postpone(lost, { delayMs: 0, isCounted: true, isSetAside: false })).toBe(false);

    expect(await claimed()).toEqual([]);
    expect(await queue.postpone(held!, { delayMs: 0, isCounted: false, isSetAside: false })).toBe(true);
    expect(await claim()).toMatchObject([{ attempts: 1, failures: 0 }]);
  });

  it.each([
    [true, 1],
    [false, 0],
  ])('postpones an account after a failure, which counts: %s', async (isCounted, failures) => {
    await add(1);
    await add(2, { dueInMs: 500_000 });
    const [held] = await claim();

    await queue.postpone(held!, { delayMs: 90_000, isCounted, isSetAside: false });

    expect(await dueInMs(1)).toBeGreaterThan(30_000);
    expect(await dueInMs(1)).toBeLessThanOrEqual(90_000);
    expect(await dueInMs(2)).toBeGreaterThan(400_000);
    await sql`update account.pending_verifications set next_attempt_at = now() where account_id = ${idOf(1)}`.execute(
      opened.database.tables,
    );
    const [again] = await claim();
    expect(again).toMatchObject({ customerId: 'c-1', attempts: 1, failures });
    expect(again!.failedMsAgo).toBeGreaterThanOrEqual(0);
    expect(again!.failedMsAgo).toBeLessThan(60_000);
  });

  it('never claims an account that was set aside', async () => {
    await add(1);
    const [held] = await claim();

    await queue.postpone(held!, { delayMs: 0, isCounted: true, isSetAside: true });

    expect(await dueInMs(1)).toBe(Number.POSITIVE_INFINITY);
    expect(await claimed()).toEqual([]);
  });

  it('ends the waits of accounts that failed only during an outage', async () => {
    await add(1, { dueInMs: 3_600_000 });
    await add(2, { dueInMs: 3_600_000, failures: 1 });
    await add(3, { dueInMs: leaseMs - 1_000 });
    await add(4, { dueInMs: Number.POSITIVE_INFINITY });

    await queue.endWaits({ leaseMs });

    expect(await claimed()).toEqual(['c-1']);
    expect(await dueInMs(4)).toBe(Number.POSITIVE_INFINITY);
  });

  const verifiedAt = new Date(Date.now() - 60_000);
  it.each<[string, CustomerStatus, object, string]>([
    [
      'exists',
      { customer: 'exists', verifiedAt, verifiedBy: 'LAST_GOOD' },
      { status: 'ACTIVE', verified_by: 'LAST_GOOD' },
      'customer verified',
    ],
    [
      'is unknown',
      { customer: 'unknown' },
      { status: 'REJECTED', verified_by: null, verified_at: null },
      'there is no such customer',
    ],
    [
      'is closed',
      { customer: 'closed' },
      { status: 'REJECTED', verified_by: null, verified_at: null },
      'the customer is closed',
    ],
  ])('settles an account whose customer %s once, with its history', async (_, customer, expected, reason) => {
    await add(1);
    await add(2);
    const accountId = idOf(1);
    const status = await queue.settle({ accountId }, customer);

    expect(status).toBe((expected as { status: string }).status);
    const settled = await account(1);
    expect(settled).toMatchObject({ ...expected, version: 2 });
    if (customer.customer === 'exists') {
      expect(Math.abs(settled.verified_at!.getTime() - verifiedAt.getTime())).toBeLessThan(30_000);
    }
    const events = await opened.database.tables.selectFrom('account_events').selectAll().execute();
    expect(events).toMatchObject([
      { account_id: accountId, from_status: 'PENDING_VERIFICATION', to_status: status, reason },
    ]);
    expect(events[0]!.happened_at).toEqual(settled.updated_at);
    expect(await claimed()).toEqual(['c-2']);

    expect(await queue.settle({ accountId }, customer)).toBeUndefined();
    expect(await account(1)).toEqual(settled);
  });

  it('counts the queue without what is set aside, and the age of its oldest account', async () => {
    expect(await queue.backlog()).toEqual({ count: 0, setAside: 0, oldestSeconds: 0 });
    await add(1, { pendingSeconds: 100 });
    await add(2, { pendingSeconds: 500, dueInMs: 60_000 });
    await add(3, { pendingSeconds: 5_000, dueInMs: Number.POSITIVE_INFINITY });

    const { oldestSeconds, ...counts } = await queue.backlog();

    expect(counts).toEqual({ count: 2, setAside: 1 });
    expect(oldestSeconds).toBeGreaterThanOrEqual(500);
    expect(oldestSeconds).toBeLessThan(600);
  });
});
