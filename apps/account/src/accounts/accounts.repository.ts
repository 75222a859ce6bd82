import { currentTraceParent, Database } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import { changeTime } from '../database/database-clock.ts';
import { strongTags, type EntityTags } from './account-version.ts';
import type { ListAccountsQuery } from './account.requests.ts';
import { accountPath, type Account, type AccountEvent } from './account.ts';

/** An account to close, unless it has changed since the client saw it. */
export interface Closing {
  readonly id: string;
  /** The versions to close; weak tags match none. */
  readonly ifMatch: EntityTags;
  readonly reason: string;
}

/** The accounts in PostgreSQL, each with its history. */
@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database<AccountTables>) {}

  /** The time of the database, in microseconds since the Unix epoch. */
  async epochMicros(): Promise<number> {
    const micros = sql<number>`(extract(epoch from statement_timestamp()) * 1000000)::float8`.as('micros');
    return (await this.database.tables.selectNoFrom(micros).executeTakeFirstOrThrow()).micros;
  }

  /** Stores an account with its first event, and queues it for verification where that is pending. */
  async insert(account: Account, reason: string, transaction: Transaction<AccountTables>): Promise<void> {
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
    await transaction
      .insertInto('pending_verifications')
      .values({ account_id: id, customer_id: customerId, traceparent: currentTraceParent() ?? null })
      .execute();
  }

  async findById(id: string): Promise<Account | undefined> {
    const row = await this.database.tables.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toAccount(row);
  }

  /** @returns the newest first, and one more than the limit unless it is the last page */
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
   * Closes an account in one statement, so that only one of several requests does.
   *
   * @returns undefined, and nothing is changed, when there is no such account, or it has another version or is not ACTIVE
   */
  async close({ id, ifMatch, reason }: Closing): Promise<Account | undefined> {
    return this.database.transact(async (tables) => {
      const row = await tables
        .updateTable('accounts')
        .set({ status: 'CLOSED', version: sql`version + 1`, updated_at: changeTime })
        .where('id', '=', id)
        .where('status', '=', 'ACTIVE')
        .$if(ifMatch !== '*', (update) =>
          update.where(sql<boolean>`version::text = any(${ifMatch === '*' ? [] : strongTags(ifMatch)})`),
        )
        .returningAll()
        .executeTakeFirst();
      if (!row) return undefined;

      await tables
        .insertInto('account_events')
        .values({ account_id: id, from_status: 'ACTIVE', to_status: 'CLOSED', reason, happened_at: row.updated_at })
        .execute();
      return toAccount(row);
    });
  }
}

/**
 * A page of accounts, the newest first, and one more if there is one. It continues after an id and does not count rows: the
 * last page costs as much as the first, and no account appears twice while others are being opened.
 */
export function accountPageQuery(
  tables: Kysely<AccountTables>,
  { customerId, status, cursor, limit }: ListAccountsQuery,
) {
  return tables
    .selectFrom('accounts')
    .selectAll()
    .$if(customerId !== undefined, (query) => query.where('customer_id', '=', customerId ?? ''))
    .$if(status !== undefined, (query) => query.where('status', '=', status ?? 'ACTIVE'))
    .$if(cursor !== undefined, (query) => query.where('id', '<', cursor ?? ''))
    .orderBy('id', 'desc')
    .limit(limit + 1);
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
