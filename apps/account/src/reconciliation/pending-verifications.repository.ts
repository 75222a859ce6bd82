import { Database } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { sql } from 'kysely';
import type { Answer } from '../customer/customer-directory.ts';
import type { AccountTables } from '../database/account.tables.ts';

/** An account to be verified that one replica holds for a while. */
export interface Claim {
  readonly accountId: string;
  readonly customerId: string;
  /** How often customer was asked already. */
  readonly attempts: number;
  /** When the claim ends by itself, by the database's clock. No two claims of one account have the same. */
  readonly heldUntil: Date;
}

/** How long the queue is. */
export interface Backlog {
  readonly count: number;
  /** For how long the account has been pending that waits longest; 0 when none does. */
  readonly oldestSeconds: number;
}

/** What an account becomes. */
export type Settlement = 'ACTIVE' | 'REJECTED';

const milliseconds = (ms: number) => sql<Date>`${ms} * interval '1 millisecond'`;

/**
 * The accounts whose customer is still to be verified, as a queue in PostgreSQL. Each method is one short transaction,
 * and all times are the database's, so that replicas need not agree on the time of day.
 */
@Injectable()
export class PendingVerificationsRepository {
  constructor(private readonly database: Database<AccountTables>) {}

  /**
   * Takes the accounts that have been due longest. Nobody else gets them within the lease; one that is neither settled,
   * postponed nor given back by then is due again, whatever has become of its claimant.
   *
   * @param limit how many at most
   */
  async claim({ limit, leaseMs }: { limit: number; leaseMs: number }): Promise<Claim[]> {
    const rows = await this.database.tables
      .with('due', (tables) =>
        tables
          .selectFrom('pending_verifications')
          .select('account_id')
          .where('next_attempt_at', '<=', sql<Date>`now()`)
          .orderBy('next_attempt_at')
          .limit(limit)
          // Replicas that claim at the same time pass each other by, rather than queue up for the same rows.
          .forUpdate()
          .skipLocked(),
      )
      .updateTable('pending_verifications')
      .from('due')
      .whereRef('pending_verifications.account_id', '=', 'due.account_id')
      // Whole milliseconds, as a Date has them: this very value tells the claim from any other.
      .set({ next_attempt_at: sql<Date>`date_trunc('milliseconds', now()) + ${milliseconds(leaseMs)}` })
      .returning(['pending_verifications.account_id', 'customer_id', 'attempts', 'next_attempt_at'])
      .execute();
    return rows.map((row) => ({
      accountId: row.account_id,
      customerId: row.customer_id,
      attempts: row.attempts,
      heldUntil: row.next_attempt_at,
    }));
  }

  /** Gives back what customer was not asked about: it is due at once, and no attempt is counted. */
  async release({ accountId, heldUntil }: Claim): Promise<void> {
    await this.database.tables
      .updateTable('pending_verifications')
      .set({ next_attempt_at: sql<Date>`now()` })
      .where('account_id', '=', accountId)
      // Not where the lease has ended and somebody else holds it.
      .where('next_attempt_at', '=', heldUntil)
      .execute();
  }

  /** Counts an attempt that brought no answer, and puts the next one off. */
  async postpone({ accountId, heldUntil }: Claim, delayMs: number): Promise<void> {
    await this.database.tables
      .updateTable('pending_verifications')
      .set(({ eb }) => ({
        attempts: eb('attempts', '+', 1),
        next_attempt_at: sql<Date>`now() + ${milliseconds(delayMs)}`,
      }))
      .where('account_id', '=', accountId)
      .where('next_attempt_at', '=', heldUntil)
      .execute();
  }

  /**
   * Makes the account what customer's answer says, writes its history and takes it off the queue; all of it or nothing.
   *
   * @returns what it has become; undefined when it was not pending any more, and then it stays as it is
   */
  async settle({ accountId }: Pick<Claim, 'accountId'>, answer: Answer): Promise<Settlement | undefined> {
    const { status, reason, ...verification } = settlementOf(answer);
    return this.database.tables.transaction().execute(async (tables) => {
      const settled = await tables
        .updateTable('accounts')
        .set(({ eb }) => ({ status, ...verification, version: eb('version', '+', 1), updated_at: sql<Date>`now()` }))
        .where('id', '=', accountId)
        // A claimant that comes late, after its lease, finds the work done and changes nothing.
        .where('status', '=', 'PENDING_VERIFICATION')
        .returning('id')
        .executeTakeFirst();
      if (settled)
        await tables
          .insertInto('account_events')
          .values({ account_id: accountId, from_status: 'PENDING_VERIFICATION', to_status: status, reason })
          .execute();
      await tables.deleteFrom('pending_verifications').where('account_id', '=', accountId).execute();
      return settled && status;
    });
  }

  async backlog(): Promise<Backlog> {
    const { count, oldest } = await this.database.tables
      .selectFrom('pending_verifications')
      .select(({ fn }) => [
        fn.countAll<number>().as('count'),
        sql<number>`coalesce(extract(epoch from now() - min(pending_since)), 0)::float8`.as('oldest'),
      ])
      .executeTakeFirstOrThrow();
    return { count, oldestSeconds: Math.max(0, oldest) };
  }
}

function settlementOf(answer: Answer) {
  if (answer.verdict === 'unknown') return { status: 'REJECTED', reason: 'there is no such customer' } as const;
  const { verifiedAt, verifiedBy } = answer;
  return { status: 'ACTIVE', reason: 'customer verified', verified_at: verifiedAt, verified_by: verifiedBy } as const;
}
