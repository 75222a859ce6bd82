import { Database } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { sql, type Selectable, type Transaction } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import type { AccountOpening } from './account-opening.ts';
import { accountPageQuery } from './account-page.query.ts';
import { accountPath, type Account, type AccountEvent } from './account.ts';
import { type EntityTags } from './entity-tags.ts';
import type { ListAccountsQuery } from './list-accounts.query.ts';

/** An account that is to be closed, unless it has been changed since it was seen. */
export interface Closing {
  readonly id: string;
  /** Which versions of it are meant; weak tags match none. */
  readonly ifMatch: EntityTags;
  readonly closedAt: Date;
  readonly reason: string;
}

/** The accounts in PostgreSQL, each with its history. */
@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database<AccountTables>) {}

  /** Stores an account with its first event, and queues it for verification where that is still to come. */
  async insert({ account, reason }: AccountOpening, transaction: Transaction<AccountTables>): Promise<void> {
    const { id, customerId, status, createdAt } = account;
    const openedAt = new Date(createdAt);
    await transaction
      .insertInto('accounts')
      .values({
        id,
        customer_id: customerId,
        currency: account.currency,
        label: account.label,
        balance: account.balance.amount,
        status,
        version: account.version,
        verified_at: account.verifiedAt === null ? null : new Date(account.verifiedAt),
        verified_by: account.verifiedBy,
        created_at: openedAt,
        updated_at: openedAt,
      })
      .execute();
    await transaction
      .insertInto('account_events')
      .values({ account_id: id, from_status: null, to_status: status, reason, happened_at: openedAt })
      .execute();
    if (status !== 'PENDING_VERIFICATION') return;
    await transaction.insertInto('pending_verifications').values({ account_id: id, customer_id: customerId }).execute();
  }

  async findById(id: string): Promise<Account | undefined> {
    const row = await this.database.tables.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toAccount(row);
  }

  /** @returns the newest first, and one more than the limit where that is not the last page */
  async findPage(query: ListAccountsQuery): Promise<Account[]> {
    return (await accountPageQuery(this.database.tables, query).execute()).map(toAccount);
  }

  /** @returns the opening first */
  async findEvents(accountId: string): Promise<AccountEvent[]> {
    const rows = await this.database.tables
      .selectFrom('account_events')
      .select(['from_status', 'to_status', 'reason', 'happened_at'])
      .where('account_id', '=', accountId)
      .orderBy('id')
      .execute();
    return rows.map((row) => ({
      fromStatus: row.from_status,
      toStatus: row.to_status,
      reason: row.reason,
      happenedAt: row.happened_at.toISOString(),
    }));
  }

  /**
   * Closes an account in one statement, so that of several who would, one does.
   *
   * @returns undefined, and nothing is changed, where there is no such account, it is another version or not ACTIVE
   */
  async close({ id, ifMatch, closedAt, reason }: Closing): Promise<Account | undefined> {
    return this.database.tables.transaction().execute(async (tables) => {
      const row = await tables
        .updateTable('accounts')
        .set({ status: 'CLOSED', version: sql`version + 1`, updated_at: closedAt })
        .where('id', '=', id)
        .where('status', '=', 'ACTIVE')
        .$if(ifMatch !== '*', (update) => update.where(sql<boolean>`version::text = any(${strongTags(ifMatch)})`))
        .returningAll()
        .executeTakeFirst();
      if (!row) return undefined;

      await tables
        .insertInto('account_events')
        .values({ account_id: id, from_status: 'ACTIVE', to_status: 'CLOSED', reason, happened_at: closedAt })
        .execute();
      return toAccount(row);
    });
  }
}

function strongTags(tags: EntityTags): string[] {
  return tags === '*' ? [] : tags.filter(({ weak }) => !weak).map(({ opaque }) => opaque);
}

function toAccount(row: Selectable<AccountTables['accounts']>): Account {
  const { id, currency, label, status, version } = row;
  return {
    id,
    customerId: row.customer_id,
    currency,
    label,
    balance: { amount: row.balance, currency },
    status,
    version,
    verifiedAt: row.verified_at?.toISOString() ?? null,
    verifiedBy: row.verified_by,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    ...(status === 'PENDING_VERIFICATION' ? { statusUrl: accountPath(id) } : {}),
  };
}
