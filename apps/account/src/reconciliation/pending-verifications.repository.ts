import { Database, statement } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { CustomerStatus } from '../customer/customer-directory.ts';
import type { AccountTables, VerifiedBy } from '../database/account.tables.ts';
import { ageMsOf, changeTime, databaseTime } from '../database/database-clock.ts';

/** A pending account that one replica has claimed for the time of a lease. */
export interface Claim {
  readonly accountId: string;
  readonly customerId: string;
  /** Earlier attempts. */
  readonly attempts: number;
  /** Earlier attempts that failed while customer verified others. */
  readonly failures: number;
  /** The time since the last attempt failed; undefined when none has. */
  readonly failedMsAgo: number | undefined;
  /** The `traceparent` of the request that opened the account; undefined if its trace is not recorded. */
  readonly traceparent: string | undefined;
  /** When the lease ends, on the database's clock. It differs between all claims of one account. */
  readonly heldUntil: Date;
}

/** How a failed attempt is recorded. */
export interface Postponement {
  /** Until the next attempt. */
  readonly delayMs: number;
  /** Whether it is one of the failures after which an account is set aside. */
  readonly isCounted: boolean;
  /** Whether there is no next attempt until an operator requests one. */
  readonly isSetAside: boolean;
}

/** The length of the queue. */
export interface Backlog {
  /** Accounts that are tried, without those that are set aside. */
  readonly count: number;
  /** Accounts that are set aside. */
  readonly setAside: number;
  /** The age of the oldest account that is tried; 0 when there is none. */
  readonly oldestSeconds: number;
}

/** The status of a verified account. */
export type Settlement = 'ACTIVE' | 'REJECTED';

const milliseconds = (ms: number) => sql<Date>`${ms} * interval '1 millisecond'`;

/** The next attempt of an account that is set aside: it is never due. An older version of account respects it, too. */
const never = sql<Date>`'infinity'::timestamptz`;

interface SettledRow {
  readonly accountId: string;
  readonly status: Settlement;
  readonly reason: string;
  /** Null, as `verifiedMsAgo`, when the customer was not verified. */
  readonly verifiedBy: VerifiedBy | null;
  readonly verifiedMsAgo: number | null;
}

/** Returns a row if the account was pending. A claimant whose lease has ended may find it settled, and then changes nothing. */
const settleAccount = statement<SettledRow, object>('settle-account')`
  with settled as (
    update accounts set status = ${'status'}, version = version + 1, updated_at = ${changeTime},
      verified_at = ${databaseTime} - ${'verifiedMsAgo'}::float8 * interval '1 millisecond',
      verified_by = ${'verifiedBy'}
    where id = ${'accountId'}::uuid and status = 'PENDING_VERIFICATION'
    returning id, status, updated_at),
  event as (
    insert into account_events (account_id, from_status, to_status, reason, happened_at)
    select id, 'PENDING_VERIFICATION', status, ${'reason'}, updated_at from settled),
  removed as (delete from pending_verifications where account_id = ${'accountId'}::uuid)
  select 1 as settled from settled`;

/**
 * The queue of pending verifications in PostgreSQL. Each method is one short transaction, and all times are those of the
 * database, so that the clocks of replicas may differ.
 */
@Injectable()
export class PendingVerificationsRepository {
  constructor(private readonly database: Database<AccountTables>) {}

  /**
   * Claims the accounts that have been due longest, those with counted failures last. No other replica can claim them
   * within the lease; an account that is neither settled, postponed nor released by then is due again.
   *
   * @param limit the most accounts to claim
   */
  async claim({ limit, leaseMs }: { limit: number; leaseMs: number }): Promise<Claim[]> {
    const rows = await this.database.tables
      .with('due', (tables) =>
        tables
          .selectFrom('pending_verifications')
          .select('account_id')
          .where('next_attempt_at', '<=', sql<Date>`now()`)
          // Accounts that customer has failed to verify while it verified others do not delay these.
          .orderBy('failures')
          .orderBy('next_attempt_at')
          .limit(limit)
          // Replicas that claim at the same time skip each other's rows and do not wait for them.
          .forUpdate()
          .skipLocked(),
      )
      .updateTable('pending_verifications')
      .from('due')
      .whereRef('pending_verifications.account_id', '=', 'due.account_id')
      // Whole milliseconds, as a Date has them: this value identifies the claim.
      .set({ next_attempt_at: sql<Date>`date_trunc('milliseconds', now()) + ${milliseconds(leaseMs)}` })
      .returning(['pending_verifications.account_id', 'customer_id', 'attempts', 'failures', 'next_attempt_at'])
      .returning('traceparent')
      .returning(sql<number | null>`(extract(epoch from now() - last_failed_at) * 1000)::float8`.as('failed_ms_ago'))
      .execute();
    return rows.map((row) => ({
      accountId: row.account_id,
      customerId: row.customer_id,
      attempts: row.attempts,
      failures: row.failures,
      failedMsAgo: row.failed_ms_ago ?? undefined,
      traceparent: row.traceparent ?? undefined,
      heldUntil: row.next_attempt_at,
    }));
  }

  /** Releases an account without a call: it is due at once, and no attempt is counted. */
  async release({ accountId, heldUntil }: Claim): Promise<void> {
    await this.database.tables
      .updateTable('pending_verifications')
      .set({ next_attempt_at: sql<Date>`now()` })
      .where('account_id', '=', accountId)
      // Unless the lease has ended and another replica has claimed it.
      .where('next_attempt_at', '=', heldUntil)
      .execute();
  }

  /**
   * Records a failed attempt, and delays the next one or sets the account aside.
   *
   * @returns false when the lease has ended and another claim or a settlement has come first; then nothing changes
   */
  async postpone({ accountId, heldUntil }: Claim, { delayMs, isCounted, isSetAside }: Postponement): Promise<boolean> {
    const { numUpdatedRows } = await this.database.tables
      .updateTable('pending_verifications')
      .set(({ eb }) => ({
        attempts: eb('attempts', '+', 1),
        failures: eb('failures', '+', isCounted ? 1 : 0),
        last_failed_at: sql<Date>`now()`,
        next_attempt_at: isSetAside ? never : sql<Date>`now() + ${milliseconds(delayMs)}`,
      }))
      .where('account_id', '=', accountId)
      .where('next_attempt_at', '=', heldUntil)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /**
   * Makes accounts due whose attempts have failed only during outages, once an outage has ended.
   *
   * @param leaseMs the longest lease: accounts that another replica may hold are left alone
   */
  async endWaits({ leaseMs }: { leaseMs: number }): Promise<void> {
    await this.database.tables
      .updateTable('pending_verifications')
      .set({ next_attempt_at: sql<Date>`now()` })
      .where('next_attempt_at', '>', sql<Date>`now() + ${milliseconds(leaseMs)}`)
      .where('next_attempt_at', '<', never)
      .where('failures', '=', 0)
      .execute();
  }

  /**
   * Changes the status of the account, writes its history and removes it from the queue, in one transaction.
   *
   * @returns the new status; undefined when the account was no longer pending, and then it is not changed
   */
  async settle({ accountId }: Pick<Claim, 'accountId'>, customer: CustomerStatus): Promise<Settlement | undefined> {
    const settlement = settlementOf(customer);
    const rows = await this.database.execute(settleAccount, { accountId, ...settlement });
    return rows.length > 0 ? settlement.status : undefined;
  }

  async backlog(): Promise<Backlog> {
    const isTried = sql`filter (where next_attempt_at < ${never})`;
    const { count, setAside, oldest } = await this.database.tables
      .selectFrom('pending_verifications')
      .select([
        sql<number>`(count(*) ${isTried})::float8`.as('count'),
        sql<number>`(count(*) filter (where next_attempt_at = ${never}))::float8`.as('setAside'),
        sql<number>`coalesce(extract(epoch from now() - min(pending_since) ${isTried}), 0)::float8`.as('oldest'),
      ])
      .executeTakeFirstOrThrow();
    return { count, setAside, oldestSeconds: Math.max(0, oldest) };
  }
}

function settlementOf(customer: CustomerStatus): Omit<SettledRow, 'accountId'> {
  const rejected = { status: 'REJECTED', verifiedBy: null, verifiedMsAgo: null } as const;
  if (customer.customer === 'unknown') return { ...rejected, reason: 'there is no such customer' };
  if (customer.customer === 'closed') return { ...rejected, reason: 'the customer is closed' };
  const { verifiedAt, verifiedBy } = customer;
  return { status: 'ACTIVE', reason: 'customer verified', verifiedBy, verifiedMsAgo: ageMsOf(verifiedAt) };
}
