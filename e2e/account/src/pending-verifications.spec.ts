import { PendingVerificationsRepository } from '@breakwater/account/testing';
import { withClient } from '@breakwater/system-runner/postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { insertPending, letTimePass, readAccounts, readQueue } from './pending-accounts.ts';
import { startAccount, type RunningAccount } from './running-account.ts';

const lease = { limit: 10, leaseMs: 30_000 };

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

  /** The first of them that is claimed. */
  const claimOne = async () => {
    const [claim] = await queue.claim({ ...lease, limit: 1 });
    if (claim === undefined) throw new Error('Nothing was claimed.');
    return claim;
  };

  it('claims what is due, as many as are wanted, and those that have been due longest', async () => {
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

  it('gives nobody else what is claimed, until the lease ends', async () => {
    await insert('c-1');
    await claimOne();

    await timePasses('29s');
    const whileHeld = await queue.claim(lease);
    await timePasses('2s');
    const afterwards = await queue.claim(lease);

    expect(whileHeld).toEqual([]);
    expect(afterwards).toMatchObject([{ customerId: 'c-1', attempts: 0 }]);
  });

  it('gives each to one of those who claim at the same time', async () => {
    await insert(...Array.from({ length: 40 }, (_, n) => `c-${n}`));

    const claims = (await Promise.all(Array.from({ length: 8 }, () => queue.claim({ ...lease, limit: 5 })))).flat();

    expect(claims).toHaveLength(40);
    expect(new Set(claims.map(({ accountId }) => accountId)).size).toBe(40);
  });

  it('passes by what another transaction holds, without waiting for it', async () => {
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

  it('makes due at once what is given back, as if it had never been claimed', async () => {
    await insert('c-1');
    await queue.release(await claimOne());

    expect(await queue.claim(lease)).toMatchObject([{ customerId: 'c-1', attempts: 0 }]);
  });

  it('puts an attempt off and counts it', async () => {
    await insert('c-1');
    await queue.postpone(await claimOne(), 8_000);

    await timePasses('7s');
    const tooEarly = await queue.claim(lease);
    await timePasses('2s');

    expect(tooEarly).toEqual([]);
    expect(await queue.claim(lease)).toMatchObject([{ customerId: 'c-1', attempts: 1 }]);
  });

  it('leaves alone what somebody else has claimed since', async () => {
    await insert('c-1');
    const late = await claimOne();
    await timePasses('31s');
    await claimOne();

    await queue.release(late);
    await queue.postpone(late, 0);

    expect(await queue.claim(lease)).toEqual([]);
    expect(await readQueue(account.databaseUrl)).toMatchObject([{ attempts: 0, isDue: false }]);
  });

  it('makes an account of a customer who exists active, with its history', async () => {
    const [id] = await insert('c-1');
    const verifiedAt = new Date('2026-01-02T03:04:05.678Z');

    const settlement = await queue.settle(await claimOne(), { verdict: 'exists', verifiedAt, verifiedBy: 'CUSTOMER' });

    expect(settlement).toBe('ACTIVE');
    expect(await readQueue(account.databaseUrl)).toEqual([]);
    expect(await readAccounts(account.databaseUrl)).toEqual([
      {
        id,
        customerId: 'c-1',
        status: 'ACTIVE',
        version: 2,
        verifiedBy: 'CUSTOMER',
        verifiedAt,
        history: ['PENDING_VERIFICATION->ACTIVE: customer verified'],
      },
    ]);
  });

  it('rejects an account of a customer whom nobody knows, with its history', async () => {
    await insert('c-1');

    const settlement = await queue.settle(await claimOne(), { verdict: 'unknown' });

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

  it('changes nothing for a claimant who comes late', async () => {
    await insert('c-1');
    const late = await claimOne();
    await timePasses('31s');
    await queue.settle(await claimOne(), { verdict: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' });
    const settled = await readAccounts(account.databaseUrl);

    const settlement = await queue.settle(late, { verdict: 'unknown' });

    expect(settlement).toBeUndefined();
    expect(await readAccounts(account.databaseUrl)).toEqual(settled);
  });

  it('settles once, whoever settles at the same time', async () => {
    await insert('c-1');
    const claim = await claimOne();
    const answer = { verdict: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' } as const;

    const settlements = await Promise.all(Array.from({ length: 5 }, () => queue.settle(claim, answer)));

    expect(settlements.filter((settlement) => settlement === 'ACTIVE')).toHaveLength(1);
    expect(await readAccounts(account.databaseUrl)).toMatchObject([{ version: 2, history: [expect.any(String)] }]);
  });

  it('says how long the queue is', async () => {
    const none = await queue.backlog();
    await insert('c-1', 'c-2');
    await timePasses('90s');
    await insert('c-3');

    const { count, oldestSeconds } = await queue.backlog();

    expect(none).toEqual({ count: 0, oldestSeconds: 0 });
    expect(count).toBe(3);
    expect(oldestSeconds).toBeGreaterThanOrEqual(90);
    expect(oldestSeconds).toBeLessThan(120);
  });
});
