import type { Kysely } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import type { ListAccountsQuery } from './list-accounts.query.ts';

/**
 * A page of accounts, the newest first, and one more if there is one. It goes on from an id rather than count rows, so
 * that the last page costs what the first does, and none is seen twice while accounts are being opened.
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
