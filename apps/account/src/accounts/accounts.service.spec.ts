import { ProblemException } from '@breakwater/service-kit';
import type { Transaction } from 'kysely';
import { describe, expect, it } from 'vitest';
import type { CustomerDirectory, Verification } from '../customer/customer-directory.ts';
import type { AccountTables } from '../database/account.tables.ts';
import type { Decision, IdempotentRequests } from '../idempotency/idempotent-requests.ts';
import type { AccountOpening } from './account-opening.ts';
import { accountSchema, type Account } from './account.ts';
import type { AccountsRepository } from './accounts.repository.ts';
import { AccountsService } from './accounts.service.ts';

const verifiedAt = new Date('2026-01-01T00:00:00Z');
const exists: Verification = { verdict: 'exists', verifiedAt, verifiedBy: 'CUSTOMER' };
const transaction = {} as Transaction<AccountTables>;

/** The service before a directory that gives one verdict, and what it stores. */
function serviceGiven(verification: Verification) {
  const stored: AccountOpening[] = [];
  const keyed: unknown[] = [];
  const customers = { verify: async () => verification } as unknown as CustomerDirectory;
  const accounts = {
    insert: async (opening: AccountOpening) => void stored.push(opening),
    findById: async () => undefined,
    findEvents: async () => [],
    close: async () => undefined,
  } as unknown as AccountsRepository;
  const requests = {
    answer: async (request: unknown, decide: () => Promise<Decision<Account>>) => {
      keyed.push(request);
      const { write, ...answer } = await decide();
      await write?.(transaction);
      return { ...answer, replayed: false };
    },
  } as unknown as IdempotentRequests;
  return { service: new AccountsService(customers, accounts, requests), stored, keyed };
}

const dto = { customerId: 'c-1001', currency: 'EUR' };

describe('AccountsService', () => {
  it('opens an active account for a customer who exists', async () => {
    const { service, stored } = serviceGiven(exists);

    const opened = await service.createAccount({ ...dto, label: 'savings' });

    expect(opened).toEqual({ status: 201, account: stored[0]?.account, replayed: false });
    expect(accountSchema.strict().parse(opened.account)).toMatchObject({
      ...dto,
      label: 'savings',
      status: 'ACTIVE',
      version: 1,
      verifiedAt: '2026-01-01T00:00:00.000Z',
      verifiedBy: 'CUSTOMER',
    });
    expect(opened.account).not.toHaveProperty('statusUrl');
    expect(stored[0]?.reason).toBe('Opened for a customer who exists.');
  });

  it('says in the history where customer’s last good answer was taken', async () => {
    const { service, stored } = serviceGiven({ verdict: 'exists', verifiedAt, verifiedBy: 'LAST_GOOD' });

    await service.createAccount(dto);

    expect(stored).toMatchObject([
      { account: { verifiedBy: 'LAST_GOOD' }, reason: expect.stringContaining('last heard of') as string },
    ]);
  });

  it('stores a pending account while nobody can say whether the customer exists', async () => {
    const { service, stored } = serviceGiven({ verdict: 'unverified' });

    const { status, account } = await service.createAccount(dto);

    expect(status).toBe(202);
    expect(stored).toMatchObject([{ account: { label: null, status: 'PENDING_VERIFICATION', verifiedAt: null } }]);
    expect(account.statusUrl).toBe(`/accounts/${account.id}`);
  });

  it('stores nothing for a customer whom nobody knows', async () => {
    const { service, stored } = serviceGiven({ verdict: 'unknown' });

    await expect(service.createAccount(dto)).rejects.toThrow(ProblemException);

    expect(stored).toEqual([]);
  });

  it('gives accounts ids that sort by the time of their making', async () => {
    const { service, stored } = serviceGiven(exists);

    for (let n = 1; n <= 50; n += 1) await service.createAccount(dto);

    const ids = stored.map(({ account }) => account.id);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
  });

  it('tells requests with a key apart by what they ask for', async () => {
    const { service, keyed } = serviceGiven(exists);

    await service.createAccount(dto);
    await service.createAccount(dto, 'k-1');
    await service.createAccount({ currency: 'EUR', customerId: 'c-1001' }, 'k-1');
    await service.createAccount({ ...dto, currency: 'USD' }, 'k-1');

    const [none, first, same, other] = keyed as { key: string; fingerprint: string }[];
    expect(none).toBeUndefined();
    expect(first?.key).toBe('k-1');
    expect(same).toEqual(first);
    expect(other?.fingerprint).not.toBe(first?.fingerprint);
  });

  it.each(['findById', 'findHistory'] as const)('throws a 404 problem from %s for no account', async (method) => {
    const { service } = serviceGiven(exists);

    await expect(service[method]('a')).rejects.toMatchObject({ problem: { status: 404 } });
  });

  it('throws a 404 problem for closing an account that does not exist', async () => {
    const { service } = serviceGiven(exists);

    await expect(service.close('a', '*')).rejects.toMatchObject({ problem: { status: 404 } });
  });
});
