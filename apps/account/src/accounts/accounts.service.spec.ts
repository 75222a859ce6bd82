import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CustomerDirectory, Verification } from '../customer/customer-directory.ts';
import type { KeyRecord } from '../idempotency/idempotency-keys.ts';
import { accountSchema, type Account } from './account.ts';
import type { AccountsRepository } from './accounts.repository.ts';
import { AccountsService, type OpenedAccount } from './accounts.service.ts';

const verifiedAt = new Date('2026-01-01T00:00:00Z');
const exists: Verification = { customer: 'exists', verifiedAt, verifiedBy: 'CUSTOMER' };
const record = {} as KeyRecord;

/** The service with a directory that returns one verification, and what it stores. */
function serviceGiven(verification: Verification, databaseTime = new Date()) {
  let epochMicros = databaseTime.getTime() * 1_000;
  const stored: { account: Account; reason: string }[] = [];
  const customers = { verify: async () => verification } as unknown as CustomerDirectory;
  const accounts = {
    insert: async (account: Account, reason: string) => stored.push({ account, reason }) > 0,
    findById: async () => undefined,
    findEvents: async () => [],
    close: async () => undefined,
  } as unknown as AccountsRepository;
  const service = new AccountsService(customers, accounts);
  const open = async (dto: Parameters<AccountsService['open']>[0]): Promise<Account> => {
    const open = (await service.open(dto)) as (epochMicros: number) => OpenedAccount;
    const { account, write } = open(epochMicros++);
    await write(record);
    return account;
  };
  return { service, open, stored };
}

const dto = { customerId: 'c-1001', currency: 'EUR' };

describe('AccountsService', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-01-01T00:05:00Z') }));
  afterEach(() => void vi.useRealTimers());

  it('opens an active account for an existing customer', async () => {
    const { open, stored } = serviceGiven(exists);

    const account = await open({ ...dto, label: 'savings' });

    expect(stored[0]?.account).toEqual(account);
    expect(accountSchema.strict().parse(account)).toMatchObject({
      ...dto,
      label: 'savings',
      status: 'ACTIVE',
      version: 1,
      verifiedAt: '2026-01-01T00:00:00.000Z',
      verifiedBy: 'CUSTOMER',
    });
    expect(account).not.toHaveProperty('statusUrl');
    expect(stored[0]?.reason).toBe('Opened for a verified customer.');
  });

  it('takes all times from the clock of the database, also when its own is 90 s ahead (orbeon-forms#3407)', async () => {
    const databaseTime = new Date(Date.now() - 90_000);
    const { open } = serviceGiven(exists, databaseTime);

    const account = await open(dto);

    // The customer was verified five minutes ago.
    expect(account).toMatchObject({
      createdAt: '2026-01-01T00:03:30.000Z',
      updatedAt: '2026-01-01T00:03:30.000Z',
      verifiedAt: '2025-12-31T23:58:30.000Z',
    });
    expect(Number.parseInt(account.id.replace('-', '').slice(0, 12), 16)).toBe(databaseTime.getTime());
  });

  it('stores an account only when it is written', async () => {
    const { service, stored } = serviceGiven(exists);

    const open = (await service.open(dto)) as (epochMicros: number) => OpenedAccount;
    open(0);

    expect(stored).toEqual([]);
  });

  it('names a stale value in the history', async () => {
    const { open, stored } = serviceGiven({ customer: 'exists', verifiedAt, verifiedBy: 'LAST_GOOD' });

    await open(dto);

    expect(stored).toMatchObject([
      { account: { verifiedBy: 'LAST_GOOD' }, reason: expect.stringContaining('last response') as string },
    ]);
  });

  it('opens a pending account while the customer cannot be verified', async () => {
    const { open, stored } = serviceGiven({ customer: 'unverified' });

    const account = await open(dto);

    expect(stored).toMatchObject([{ account: { label: null, status: 'PENDING_VERIFICATION', verifiedAt: null } }]);
    expect(account.statusUrl).toBe(`/accounts/${account.id}`);
  });

  it('opens no account for an unknown customer', async () => {
    const { service, stored } = serviceGiven({ customer: 'unknown' });

    expect(await service.open(dto)).toBe('unknown-customer');
    expect(stored).toEqual([]);
  });

  it('opens no account for a closed customer', async () => {
    const { service, stored } = serviceGiven({ customer: 'closed' });

    expect(await service.open(dto)).toBe('customer-closed');
    expect(stored).toEqual([]);
  });

  it('gives accounts ids that sort by creation time', async () => {
    const { open } = serviceGiven(exists);

    const ids: string[] = [];
    for (let n = 1; n <= 50; n += 1) ids.push((await open(dto)).id);

    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
  });

  it.each(['findById', 'findHistory'] as const)(
    'throws a 404 problem from %s for an unknown account',
    async (method) => {
      const { service } = serviceGiven(exists);

      await expect(service[method]('a')).rejects.toMatchObject({ problem: { status: 404 } });
    },
  );

  it('throws a 404 problem when an unknown account is closed', async () => {
    const { service } = serviceGiven(exists);

    await expect(service.close('a', '*')).rejects.toMatchObject({ problem: { status: 404 } });
  });

  describe('closing an account that is verified between the refused closing and the reading of the reason', () => {
    const pending = { id: 'a', version: 1, status: 'PENDING_VERIFICATION' };
    const active = { id: 'a', version: 2, status: 'ACTIVE' };
    const closed = { id: 'a', version: 3, status: 'CLOSED' };

    /** The first attempt to close meets a pending account. */
    function verifiedMeanwhile() {
      const stored = { account: pending };
      const accounts = {
        close: async ({ ifMatch }: { ifMatch: unknown }) => {
          const isMatch = ifMatch === '*' || JSON.stringify(ifMatch).includes(`"${stored.account.version}"`);
          if (stored.account.status !== 'ACTIVE' || !isMatch) return undefined;
          return (stored.account = closed);
        },
        findById: async () => {
          if (stored.account === pending) stored.account = active;
          return stored.account;
        },
      } as unknown as AccountsRepository;
      return new AccountsService({} as CustomerDirectory, accounts);
    }

    it.each([['*'], [[{ opaque: '2', weak: false }]]] as const)('closes it when If-Match is %j', async (ifMatch) => {
      expect(await verifiedMeanwhile().close('a', ifMatch)).toEqual(closed);
    });

    it('refuses with 412 when If-Match names the version before', async () => {
      const closing = verifiedMeanwhile().close('a', [{ opaque: '1', weak: false }]);

      await expect(closing).rejects.toMatchObject({ problem: { status: 412, headers: { etag: '"2"' } } });
    });
  });
});
