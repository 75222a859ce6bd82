import { PendingVerificationsRepository } from '@breakwater/account/testing';
import { withClient } from '@breakwater/system-runner/postgres';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertPending, letTimePass, readAccounts, readQueue } from './pending-accounts.ts';
import { type RunningAccount, startAccount } from './services.ts';

const lease = { limit: 10, leaseMs: 30_000 };

/** The statements of the runbook that list the accounts that are set aside and make them due. */
async function runbookStatements(): Promise<{ listed: string; retry: string }> {
  const runbook = await readFile(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  const section = runbook.split('### Try to verify accounts again')[1]?.split('###')[0] ?? '';
  const [listed = '', retry = ''] = [...section.matchAll(/```sql\n(.+?)```/gs)].map(([, sql = '']) => sql);
  return { listed, retry };
}

describe('PendingVerificationsRepository', () => {
  let account: RunningAccount;
  let queue: PendingVerificationsRepository;

  beforeAll(async () => {
    account = await startAccount({});
    queue = account.app.get(PendingVerificationsRepository);
  });

  afterAll(() => account.stop());

  beforeEach(() =>
    withClient(account.databaseUrl, (client) =>
      client.query('truncate account.pending_verifications, account.account_events, account.accounts'),
    ),
  );

  const insert = (...customerIds: string[]) => insertPending(account.databaseUrl, customerIds);
  const timePasses = (interval: string) => letTimePass(account.databaseUrl, interval);

  /** Claims one account. */
  const claimOne = async () => {
    const [claim] = await queue.claim({ ...lease, limit: 1 });
    if (claim === undefined) throw new Error('Nothing was claimed.');
    return claim;
  };

  it('claims the accounts that have been due longest, up to the limit', async () => {
    const [first] = await insert('c-1');
    await timePasses('5s');
    const [second] = await insert('c-2');
    await timePasses('5s');
    const [third] = await insert('c-3');

    const claims = await queue.claim({ ...lease, limit: 2 });

    expect(claims.map(({ accountId }) => accountId).toSorted()).toEqual([String(first), String(second)].toSorted());
    expect(claims.map(({ attempts }) => attempts)).toEqual([0, 0]);
    expect((await queue.claim(lease)).map(({ accountId }) => accountId)).toEqual([third]);
  });

  it('keeps a claimed account until its lease ends', async () => {
    await insert('c-1');
    await claimOne();

    await timePasses('29s');
    const whileHeld = await queue.claim(lease);
    await timePasses('2s');
    const afterwards = await queue.claim(lease);

    expect(whileHeld).toEqual([]);
    expect(afterwards).toMatchObject([{ customerId: 'c-1', attempts: 0 }]);
  });

  it('gives each account to one of several concurrent claimants', async () => {
    await insert(...Array.from({ length: 40 }, (_, n) => `c-${n}`));

    const claims = (await Promise.all(Array.from({ length: 8 }, () => queue.claim({ ...lease, limit: 5 })))).flat();

    expect(claims).toHaveLength(40);
    expect(new Set(claims.map(({ accountId }) => accountId)).size).toBe(40);
  });

  it('skips rows that another transaction has locked', async () => {
    await insert('c-1', 'c-2');

    const claims = await withClient(account.databaseUrl, async (client) => {
      await client.query('begin');
      await client.query(
        `select from account.pending_verifications where customer_id = 'c-1' order by customer_id for update`,
      );
      return queue.claim(lease);
    });

    expect(claims.map(({ customerId }) => customerId)).toEqual(['c-2']);
  });

  it('makes a released account due at once, without counting an attempt', async () => {
    await insert('c-1');
    await queue.release(await claimOne());

    expect(await queue.claim(lease)).toMatchObject([{ customerId: 'c-1', attempts: 0 }]);
  });

  it('postpones an attempt and counts it', async () => {
    await insert('c-1');
    await queue.postpone(await claimOne(), { delayMs: 8_000, isCounted: false, isSetAside: false });

    await timePasses('7s');
    const tooEarly = await queue.claim(lease);
    await timePasses('2s');

    expect(tooEarly).toEqual([]);
    const [claim] = await queue.claim(lease);
    expect(claim).toMatchObject({ customerId: 'c-1', attempts: 1, failures: 0 });
    // The time since the failure is that of the database, which no test moves.
    expect(claim?.failedMsAgo).toBeGreaterThanOrEqual(0);
    expect(claim?.failedMsAgo).toBeLessThan(20_000);
  });

  it('claims accounts with counted failures after all others', async () => {
    await insert('c-1');
    await queue.postpone(await claimOne(), { delayMs: 0, isCounted: true, isSetAside: false });
    await insert('c-2');

    const first = await claimOne();
    const second = await claimOne();

    expect([first, second]).toMatchObject([
      { customerId: 'c-2', failures: 0, failedMsAgo: undefined },
      { customerId: 'c-1', failures: 1 },
    ]);
  });

  it('never claims an account that is set aside, until the statements of the runbook make it due', async () => {
    const [id] = await insert('c-1');
    await insert('c-2');
    const claims = await queue.claim(lease);
    const aside = claims.find(({ accountId }) => accountId === id)!;
    await queue.postpone(aside, { delayMs: 1_000, isCounted: true, isSetAside: true });
    await queue.settle(
      claims.find(({ accountId }) => accountId !== id)!,
      { customer: 'unknown' },
    );
    await timePasses('1000 days');
    await queue.endWaits(lease);
    const whileAside = { claims: await queue.claim(lease), backlog: await queue.backlog() };

    const { listed, retry } = await runbookStatements();
    const rows = await withClient(account.databaseUrl, async (client) => (await client.query(listed)).rows);
    await withClient(account.databaseUrl, (client) => client.query(retry));

    expect(whileAside).toEqual({ claims: [], backlog: { count: 0, setAside: 1, oldestSeconds: 0 } });
    expect((await readAccounts(account.databaseUrl)).map(({ status }) => status)).toContain('PENDING_VERIFICATION');
    expect(rows).toMatchObject([{ account_id: id, customer_id: 'c-1', attempts: 1 }]);
    expect(await queue.claim(lease)).toMatchObject([{ customerId: 'c-1', attempts: 0, failures: 0 }]);
  });

  it('ends the waits of accounts that failed only during outages, and of no other', async () => {
    for (const [customerId, isCounted] of [
      ['c-1', false],
      ['c-2', true],
    ] as const) {
      await insert(customerId);
      await queue.postpone(await claimOne(), { delayMs: 3_600_000, isCounted, isSetAside: false });
    }
    await insert('c-3');
    await claimOne();

    await queue.endWaits(lease);

    expect((await queue.claim(lease)).map(({ customerId }) => customerId)).toEqual(['c-1']);
  });

  it('does not release or postpone an account that another replica has claimed since', async () => {
    await insert('c-1');
    const late = await claimOne();
    await timePasses('31s');
    await claimOne();

    await queue.release(late);
    await queue.postpone(late, { delayMs: 0, isCounted: true, isSetAside: true });

    expect(await queue.claim(lease)).toEqual([]);
    expect(await readQueue(account.databaseUrl)).toMatchObject([{ attempts: 0, isDue: false }]);
  });

  it('makes the account of an existing customer active, with its history', async () => {
    const [id] = await insert('c-1');
    const verifiedAt = new Date(Date.now() - 3_600_000);

    const settlement = await queue.settle(await claimOne(), { customer: 'exists', verifiedAt, verifiedBy: 'CUSTOMER' });

    expect(settlement).toBe('ACTIVE');
    expect(await readQueue(account.databaseUrl)).toEqual([]);
    const accounts = await readAccounts(account.databaseUrl);
    // An hour ago on the clock of the database.
    expect(Math.abs(Number(accounts[0]?.verifiedAt) - verifiedAt.getTime())).toBeLessThan(5_000);
    expect(accounts).toEqual([
      {
        id,
        customerId: 'c-1',
        status: 'ACTIVE',
        version: 2,
        verifiedBy: 'CUSTOMER',
        verifiedAt: expect.any(Date) as Date,
        history: ['PENDING_VERIFICATION->ACTIVE: customer verified'],
      },
    ]);
  });

  it('rejects the account of an unknown customer, with its history', async () => {
    await insert('c-1');

    const settlement = await queue.settle(await claimOne(), { customer: 'unknown' });

    expect(settlement).toBe('REJECTED');
    expect(await readQueue(account.databaseUrl)).toEqual([]);
    expect(await readAccounts(account.databaseUrl)).toMatchObject([
      {
        status: 'REJECTED',
        version: 2,
        verifiedBy: null,
        verifiedAt: null,
        history: ['PENDING_VERIFICATION->REJECTED: there is no such customer'],
      },
    ]);
  });

  it('rejects the account of a closed customer, with its history', async () => {
    await insert('c-1');

    const settlement = await queue.settle(await claimOne(), { customer: 'closed' });

    expect(settlement).toBe('REJECTED');
    expect(await readQueue(account.databaseUrl)).toEqual([]);
    expect(await readAccounts(account.databaseUrl)).toMatchObject([
      {
        status: 'REJECTED',
        version: 2,
        verifiedBy: null,
        history: ['PENDING_VERIFICATION->REJECTED: the customer is closed'],
      },
    ]);
  });

  it('changes nothing for a claimant whose lease has ended', async () => {
    await insert('c-1');
    const late = await claimOne();
    await timePasses('31s');
    await queue.settle(await claimOne(), { customer: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' });
    const settled = await readAccounts(account.databaseUrl);

    const settlement = await queue.settle(late, { customer: 'unknown' });

    expect(settlement).toBeUndefined();
    expect(await readAccounts(account.databaseUrl)).toEqual(settled);
  });

  it('settles an account once, with concurrent claimants', async () => {
    await insert('c-1');
    const claim = await claimOne();
    const status = { customer: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' } as const;

    const settlements = await Promise.all(Array.from({ length: 5 }, () => queue.settle(claim, status)));

    expect(settlements.filter((settlement) => settlement === 'ACTIVE')).toHaveLength(1);
    expect(await readAccounts(account.databaseUrl)).toMatchObject([{ version: 2, history: [expect.any(String)] }]);
  });

  it('returns the length of the queue and its greatest age', async () => {
    const none = await queue.backlog();
    await insert('c-1', 'c-2');
    await timePasses('90s');
    await insert('c-3');

    const { count, oldestSeconds } = await queue.backlog();

    expect(none).toEqual({ count: 0, setAside: 0, oldestSeconds: 0 });
    expect(count).toBe(3);
    expect(oldestSeconds).toBeGreaterThanOrEqual(90);
    expect(oldestSeconds).toBeLessThan(120);
  });
});
