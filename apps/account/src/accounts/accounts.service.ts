import { ProblemException, type Problem } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { CustomerDirectory } from '../customer/customer-directory.ts';
import { fingerprintOf } from '../idempotency/fingerprint.ts';
import { idempotencyReplayedHeader } from '../idempotency/idempotency-key.ts';
import { IdempotentRequests, type Decision } from '../idempotency/idempotent-requests.ts';
import { toCursor } from './account-cursor.ts';
import { openingOf } from './account-opening.ts';
import type { Account, AccountEvent, AccountPage } from './account.ts';
import { accountNotFound, notClosed, unknownCustomer } from './accounts.problems.ts';
import { AccountsRepository } from './accounts.repository.ts';
import type { CreateAccountDto } from './create-account.dto.ts';
import type { EntityTags } from './entity-tags.ts';
import type { ListAccountsQuery } from './list-accounts.query.ts';

/** An account that has been opened, now or by an earlier request with the same idempotency key. */
export interface OpenedAccount {
  /** 201, or 202 where the customer is still to be verified. */
  readonly status: number;
  /** As it was when it was opened. */
  readonly account: Account;
  readonly replayed: boolean;
}

/** Opens accounts, finds them and closes them. */
@Injectable()
export class AccountsService {
  constructor(
    private readonly customers: CustomerDirectory,
    private readonly accounts: AccountsRepository,
    private readonly requests: IdempotentRequests,
  ) {}

  /**
   * Opens an account for a customer who exists. While nobody can say whether the customer does, the account is stored
   * as PENDING_VERIFICATION: the request is not lost, and the verification can be made up for.
   *
   * @param idempotencyKey under which the account is opened once, however often it is asked for
   * @throws ProblemException 422 when there is no such customer, or the key was used for another request
   */
  async createAccount(dto: CreateAccountDto, idempotencyKey?: string): Promise<OpenedAccount> {
    const asked = { method: 'POST', route: '/accounts', body: dto };
    const request =
      idempotencyKey === undefined ? undefined : { key: idempotencyKey, fingerprint: fingerprintOf(asked) };
    const { status, body, replayed } = await this.requests.answer(request, () => this.decide(dto));
    if (!isProblem(body)) return { status, account: body, replayed };
    throw new ProblemException(replayed ? { ...body, headers: { [idempotencyReplayedHeader]: 'true' } } : body);
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
   * Closes an account for good.
   *
   * @param ifMatch which versions of it the client means
   * @throws ProblemException 404 when there is no such account, 412 when it is another version, 409 when it is not ACTIVE
   */
  async close(id: string, ifMatch: EntityTags): Promise<Account> {
    const closed = await this.accounts.close({ id, ifMatch, closedAt: new Date(), reason: 'Closed on request.' });
    if (closed) return closed;
    throw notClosed(await this.findById(id), ifMatch);
  }

  private async decide(dto: CreateAccountDto): Promise<Decision<Account | Problem>> {
    const verification = await this.customers.verify(dto.customerId);
    if (verification.verdict === 'unknown') {
      const problem = unknownCustomer(dto.customerId);
      return { status: problem.status, body: problem };
    }
    const opening = openingOf(dto, verification, new Date());
    return {
      status: opening.account.status === 'ACTIVE' ? 201 : 202,
      body: opening.account,
      write: (transaction) => this.accounts.insert(opening, transaction),
    };
  }
}

const isProblem = (body: Account | Problem): body is Problem => 'title' in body;
