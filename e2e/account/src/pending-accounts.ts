import { withClient } from '@breakwater/system-runner/postgres';
import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';

/** An account as stored, with its history. */
export interface StoredAccount {
  readonly id: string;
  readonly customerId: string;
  readonly status: string;
  readonly version: number;
  readonly verifiedBy: string | null;
  readonly verifiedAt: Date | null;
  /** `FROM->TO: reason`, the oldest first. */
  readonly history: readonly string[];
}

/** A row of the queue. */
export interface QueuedVerification {
  readonly accountId: string;
  readonly attempts: number;
  readonly isDue: boolean;
}

/** Inserts accounts as they are stored while their customers cannot be verified. */
export async function insertPending(databaseUrl: string, customerIds: readonly string[]): Promise<string[]> {
  const accountIds = customerIds.map(() => randomUUID());
  await withClient(databaseUrl, async (client) => {
    await client.query(
      `with given as (select * from unnest($1::uuid[], $2::text[]) as given (id, customer_id)),
            opened as (insert into account.accounts (id, customer_id, currency, status)
                       select id, customer_id, 'EUR', 'PENDING_VERIFICATION' from given returning id, customer_id)
       insert into account.pending_verifications (account_id, customer_id) select id, customer_id from opened`,
      [accountIds, customerIds],
    );
  });
  return accountIds;
}

export function readAccounts(databaseUrl: string): Promise<StoredAccount[]> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<StoredAccount>(
      `select id, customer_id as "customerId", status, version, verified_by as "verifiedBy", verified_at as "verifiedAt",
              array(select from_status || '->' || to_status || ': ' || reason from account.account_events
                    where account_id = accounts.id order by account_events.id) as history
       from account.accounts order by customer_id`,
    );
    return rows;
  });
}

export function readQueue(databaseUrl: string): Promise<QueuedVerification[]> {
  return withClient(databaseUrl, async (client) => {
    const { rows } = await client.query<QueuedVerification>(
      `select account_id as "accountId", attempts, next_attempt_at <= now() as "isDue"
       from account.pending_verifications order by customer_id`,
    );
    return rows;
  });
}

/** Advances time for the whole queue: leases end, and postponed attempts are due. */
export async function letTimePass(databaseUrl: string, interval: string): Promise<void> {
  await withClient(databaseUrl, (client) =>
    client.query(
      'update account.pending_verifications set next_attempt_at = next_attempt_at - $1::interval, pending_since = pending_since - $1::interval',
      [interval],
    ),
  );
}

/** Waits until no account is pending, and expects all of them to be active. */
export async function becomeActive({ databaseUrl }: { readonly databaseUrl: string }): Promise<void> {
  await vi.waitFor(
    async () => {
      await letTimePass(databaseUrl, '2 hours');
      expect(await readQueue(databaseUrl)).toEqual([]);
    },
    { timeout: 60_000, interval: 100 },
  );
  expect(new Set((await readAccounts(databaseUrl)).map(({ status }) => status))).toEqual(new Set(['ACTIVE']));
}
