import { currentTraceParent, Database, fragment, statement, type ExecutionOptions } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import type { Kysely, Selectable } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';
import { changeTime } from '../database/database-clock.ts';
import { storeKey, type KeyRecord } from '../idempotency/idempotency-keys.ts';
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

interface OpenedRow extends KeyRecord, Omit<Account, 'balance' | 'updatedAt' | 'statusUrl'> {
  readonly balance: number | bigint;
  readonly reason: string;
  readonly traceparent: string | null;
}

/** The key, the account, its first event and its pending verification: all or nothing. */
const openAccount = statement<OpenedRow, object>('open-account')`
  with stored as (${storeKey}),
  opened as (
    insert into accounts
      (id, customer_id, currency, label, balance, status, version, verified_at, verified_by, created_at, updated_at)
    select ${'id'}::uuid, ${'customerId'}, ${'currency'}, ${'label'}, ${'balance'}::bigint, ${'status'},
      ${'version'}::integer, ${'verifiedAt'}::timestamptz, ${'verifiedBy'}, ${'createdAt'}::timestamptz,
      ${'createdAt'}::timestamptz
    where ${'key'}::text is null or exists (select from stored)
    returning id, customer_id, status, created_at),
  event as (
    insert into account_events (account_id, to_status, reason, happened_at)
    select id, status, ${'reason'}, created_at from opened),
  pending as (
    insert into pending_verifications (account_id, customer_id, traceparent)
    select id, customer_id, ${'traceparent'} from opened where status = 'PENDING_VERIFICATION')
  select 1 as opened from opened`;

type AccountRow = Selectable<AccountTables['accounts']>;

const accountColumns = fragment()`id, customer_id, currency, label, balance, status, version, created_at, updated_at,
    verified_at, verified_by`;

const findAccount = statement<{ id: string }, AccountRow>('find-account')`
  select ${accountColumns} from accounts where id = ${'id'}::uuid`;

interface EventRow extends Omit<AccountEvent, 'happenedAt'> {
  readonly happenedAt: Date;
}

const findEvents = statement<{ accountId: string }, EventRow>('find-events')`
  select from_status as "fromStatus", to_status as "toStatus", reason, happened_at as "happenedAt"
  from account_events where account_id = ${'accountId'}::uuid order by id`;

/** Closes an ACTIVE account that has one of some versions, or any, and returns it. */
const closeAccount = statement<{ id: string; versions: readonly string[] | null; reason: string }, AccountRow>(
  'close-account',
)`
  with closed as (
    update accounts set status = 'CLOSED', version = version + 1, updated_at = ${changeTime}
    where id = ${'id'}::uuid and status = 'ACTIVE'
      and (${'versions'}::text[] is null or version::text = any (${'versions'}::text[]))
    returning ${accountColumns}),
  event as (
    insert into account_events (account_id, from_status, to_status, reason, happened_at)
    select id, 'ACTIVE', 'CLOSED', ${'reason'}, updated_at from closed)
  select ${accountColumns} from closed`;

/** The accounts in PostgreSQL, each with its history. */
@Injectable()
export class AccountsRepository {
  constructor(private readonly database: Database<AccountTables>) {}

  /**
   * Stores an account with its first event, and the key of the request with its response. Queues it for verification where that is
   * pending.
   *
   * @returns false when the key exists; then nothing is stored
   */
  async insert(account: Account, reason: string, record: KeyRecord, options?: ExecutionOptions): Promise<boolean> {
    const { id, customerId, currency, label, balance, status, version, verifiedAt, verifiedBy, createdAt } = account;
    const rows = await this.database.execute(
      openAccount,
      {
        ...record,
        id,
        customerId,
        currency,
        label,
        balance: balance.amount,
        status,
        version,
        verifiedAt,
        verifiedBy,
        createdAt,
        reason,
        traceparent: status === 'PENDING_VERIFICATION' ? (currentTraceParent() ?? null) : null,
      },
      options,
    );
    return rows.length > 0;
  }

  async findById(id: string): Promise<Account | undefined> {
    const [row] = await this.database.execute(findAccount, { id });
    return row && toAccount(row);
  }

  /** @returns the newest first, and one more than the limit unless it is the last page */
  async findPage(query: ListAccountsQuery): Promise<Account[]> {
    return (await accountPageQuery(this.database.tables, query).execute()).map(toAccount);
  }

  /** @returns the opening first */
  async findEvents(accountId: string): Promise<AccountEvent[]> {
    const rows = await this.database.execute(findEvents, { accountId });
    return rows.map(({ happenedAt, ...event }) => ({ ...event, happenedAt: happenedAt.toISOString() }));
  }

  /**
   * Closes an account in one statement, so that only one of several requests does.
   *
   * @returns undefined, and nothing is changed, when there is no such account, or it has another version or is not ACTIVE
   */
  async close({ id, ifMatch, reason }: Closing): Promise<Account | undefined> {
    const versions = ifMatch === '*' ? null : strongTags(ifMatch);
    const [row] = await this.database.execute(closeAccount, { id, versions, reason });
    return row && toAccount(row);
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

function toAccount(row: AccountRow): Account {
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
