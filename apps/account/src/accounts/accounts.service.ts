import { problemType, ProblemException } from '@breakwater/chassis';
import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { CustomerDirectory } from '../customer/customer-directory.ts';
import type { Account } from './account.ts';
import { AccountsRepository } from './accounts.repository.ts';
import type { CreateAccountDto } from './create-account.dto.ts';

/** Opens accounts and finds them. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly customers: CustomerDirectory,
    private readonly accounts: AccountsRepository,
  ) {}

  /**
   * Opens an account for a customer who exists. While nobody can say whether the customer does, the account is stored
   * as PENDING_VERIFICATION: the request is not lost, and the verification can be made up for.
   *
   * @throws ProblemException 422 when there is no such customer
   */
  async createAccount({ customerId, currency, label }: CreateAccountDto): Promise<Account> {
    const { verdict } = await this.customers.verify(customerId);
    if (verdict === 'unknown') throw unknownCustomer(customerId);
    const status = verdict === 'exists' ? 'ACTIVE' : 'PENDING_VERIFICATION';
    return this.accounts.insert({ id: randomUUID(), customerId, currency, label: label ?? null, status });
  }

  /** @throws ProblemException 404 when there is no such account */
  async findById(id: string): Promise<Account> {
    const account = await this.accounts.findById(id);
    if (account) return account;
    throw new ProblemException({
      type: problemType('account-not-found'),
      title: 'Account not found',
      status: 404,
      detail: `There is no account ${id}.`,
    });
  }
}

const unknownCustomer = (customerId: string): ProblemException =>
  new ProblemException({
    type: problemType('unknown-customer'),
    title: 'Unknown customer',
    status: 422,
    detail: `There is no customer ${customerId}; no account has been opened.`,
    extensions: { customerId },
  });
