import { Database } from '@breakwater/chassis';
import { Injectable } from '@nestjs/common';
import type { Selectable } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import type { Account } from './account.ts';

/** What an account is opened with; the rest is the same for all. */
export type NewAccount = Pick<Account, 'id' | 'customerId' | 'currency' | 'label' | 'status'>;

/** The accounts in PostgreSQL. */
@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database<AccountTables>) {}

  async insert({ id, customerId, currency, label, status }: NewAccount): Promise<Account> {
    const row = await this.database.tables
      .insertInto('accounts')
      .values({ id, customer_id: customerId, currency, label, status })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toAccount(row);
  }

  async findById(id: string): Promise<Account | undefined> {
    const row = await this.database.tables.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirst();
    return row && toAccount(row);
  }
}

function toAccount(row: Selectable<AccountTables['accounts']>): Account {
  const { id, currency, label, status } = row;
  return {
    id,
    customerId: row.customer_id,
    currency,
    label,
    balance: { amount: row.balance, currency },
    status,
    createdAt: row.created_at.toISOString(),
  };
}
