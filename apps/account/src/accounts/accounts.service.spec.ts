import { ProblemException } from '@breakwater/chassis';
import { describe, expect, it } from 'vitest';
import type { CustomerDirectory, Verification } from '../customer/customer-directory.ts';
import type { AccountsRepository, NewAccount } from './accounts.repository.ts';
import { AccountsService } from './accounts.service.ts';

/** The service before a directory that gives one verdict, and what it stores. */
function serviceGiven(verdict: Verification['verdict']) {
  const stored: NewAccount[] = [];
  const customers = { verify: async () => ({ verdict }) } as unknown as CustomerDirectory;
  const accounts = {
    insert: async (account: NewAccount) => {
      stored.push(account);
      return account;
    },
    findById: async () => undefined,
  } as unknown as AccountsRepository;
  return { service: new AccountsService(customers, accounts), stored };
}

const dto = { customerId: 'c-1001', currency: 'EUR' };

describe('AccountsService', () => {
  it('opens an active account for a customer who exists', async () => {
    const { service, stored } = serviceGiven('exists');

    await service.createAccount({ ...dto, label: 'savings' });

    expect(stored).toEqual([{ ...dto, id: expect.any(String) as string, label: 'savings', status: 'ACTIVE' }]);
  });

  it('stores a pending account while nobody can say whether the customer exists', async () => {
    const { service, stored } = serviceGiven('unverified');

    await service.createAccount(dto);

    expect(stored).toMatchObject([{ label: null, status: 'PENDING_VERIFICATION' }]);
  });

  it('stores nothing for a customer whom nobody knows', async () => {
    const { service, stored } = serviceGiven('unknown');

    await expect(service.createAccount(dto)).rejects.toThrow(ProblemException);

    expect(stored).toEqual([]);
  });

  it('throws a 404 problem for an account that does not exist', async () => {
    const { service } = serviceGiven('exists');

    await expect(service.findById('a')).rejects.toMatchObject({ problem: { status: 404 } });
  });
});
