import { Injectable } from '@nestjs/common';
import { CustomerDirectory, type Verification } from '../customer/customer-directory.ts';
import { ageMsOf } from '../database/database-clock.ts';
import type { Write } from '../idempotency/idempotent.ts';
import { accountIdAt } from './account-id.ts';
import { isClosable, notClosed, type EntityTags } from './account-version.ts';
import { toCursor, type CreateAccountDto, type ListAccountsQuery } from './account.requests.ts';
import { accountPath, type Account, type AccountEvent, type AccountPage } from './account.ts';
import { accountNotFound } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';

/** An account to open. It exists once `write` has stored it. */
export interface OpenedAccount {
  readonly account: Account;
  readonly write: Write;
}

/** Opens accounts, finds them and closes them. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly customers: CustomerDirectory,
    private readonly accounts: AccountsRepository,
  ) {}

  /**
   * Opens an account for a customer who exists and is not closed. While the customer cannot be verified, the account is opened as
   * PENDING_VERIFICATION, and the customer is verified later.
   *
   * @returns the account as a function of the time of the database, in microseconds since the Unix epoch; `unknown-customer` when
   *   there is no such customer, `customer-closed` when the customer is closed
   */
  async open(
    dto: CreateAccountDto,
  ): Promise<((epochMicros: number) => OpenedAccount) | 'unknown-customer' | 'customer-closed'> {
    const verification = await this.customers.verify(dto.customerId);
    if (verification.customer === 'unknown') return 'unknown-customer';
    if (verification.customer === 'closed') return 'customer-closed';
    const reason = reasonOf(verification);
    return (epochMicros) => {
      const account = accountOf(dto, verification, epochMicros);
      return { account, write: (record, options) => this.accounts.insert(account, reason, record, options) };
    };
  }

  /** @throws ProblemException 404 when there is no such account */
  async findById(id: string): Promise<Account> {
    const account = await this.accounts.findById(id);
    if (account) return account;
    throw accountNotFound(id);
  }

  async findPage(query: ListAccountsQuery): Promise<AccountPage> {
    const found = await this.accounts.findPage(query);
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    return { items, nextCursor: last && found.length > items.length ? toCursor(last.id) : null };
  }

  /** @throws ProblemException 404 when there is no such account */
  async findHistory(id: string): Promise<AccountEvent[]> {
    const [events] = await Promise.all([this.accounts.findEvents(id), this.findById(id)]);
    return events;
  }

  /**
   * Closes an account; this is final.
   *
   * @param ifMatch the versions that the client means
   * @throws ProblemException 404 when there is no such account, 412 when it has another version, 409 when it is not ACTIVE
   */
  async close(id: string, ifMatch: EntityTags): Promise<Account> {
    for (;;) {
      const closed = await this.accounts.close({ id, ifMatch, reason: 'Closed on request.' });
      if (closed) return closed;
      const account = await this.findById(id);
      // Once at most: between both statements it became ACTIVE, which it never becomes again.
      if (!isClosable(account, ifMatch)) throw notClosed(account, ifMatch);
    }
  }
}

type PossibleCustomer = Exclude<Verification, { customer: 'unknown' | 'closed' }>;

/**
 * The whole account, ids and times included: its response is stored in the transaction that stores it.
 *
 * @param epochMicros the time of the database in microseconds: replicas may have different clocks
 */
function accountOf(
  { customerId, currency, label }: CreateAccountDto,
  verification: PossibleCustomer,
  epochMicros: number,
): Account {
  const id = accountIdAt(epochMicros);
  const now = Math.floor(epochMicros / 1_000);
  const verified = verification.customer === 'exists' ? verification : undefined;
  return {
    id,
    customerId,
    currency,
    label: label ?? null,
    balance: { amount: 0, currency },
    status: verified ? 'ACTIVE' : 'PENDING_VERIFICATION',
    version: 1,
    verifiedAt: verified ? isoTime(now - ageMsOf(verified.verifiedAt)) : null,
    verifiedBy: verified?.verifiedBy ?? null,
    createdAt: isoTime(now),
    updatedAt: isoTime(now),
    ...(verified ? {} : { statusUrl: accountPath(id) }),
  };
}

const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();

function reasonOf(verification: PossibleCustomer): string {
  if (verification.customer === 'unverified') return 'Opened before the customer could be verified.';
  return verification.verifiedBy === 'CUSTOMER'
    ? 'Opened for a verified customer.'
    : 'Opened for a customer who existed at the last response of the customer service.';
}
