import type { Database } from '@breakwater/service-kit';
import { sql } from 'kysely';
import type { AccountTables } from '../database/account.tables.ts';

/** The state of a pending account in the queue. By default, it has been due for a second and has never failed. */
export interface Entry {
  /** Until it is due; below 0 for how long it has been. */
  readonly dueInMs?: number;
  readonly failures?: number;
  readonly failedMsAgo?: number;
  readonly pendingSeconds?: number;
  readonly traceparent?: string;
}

/** The id of the account with a number. */
export const idOf = (number: number): string => `00000000-0000-7000-8000-${String(number).padStart(12, '0')}`;

/** Inserts a pending account whose customer has the same number. */
export async function insertPending(
  { tables }: Database<AccountTables>,
  number: number,
  { dueInMs = -1_000, failures = 0, ...rest }: Entry = {},
): Promise<void> {
  const account = {
    id: idOf(number),
    customer_id: `c-${number}`,
    currency: 'EUR',
    label: null,
    status: 'PENDING_VERIFICATION',
    verified_at: null,
    verified_by: null,
  } as const;
  await tables.insertInto('accounts').values(account).execute();
  const msFromNow = (ms: number) => sql<Date>`now() + ${ms} * interval '1 millisecond'`;
  const entry = {
    account_id: idOf(number),
    customer_id: `c-${number}`,
    attempts: failures,
    failures,
    traceparent: rest.traceparent ?? null,
    last_failed_at: rest.failedMsAgo === undefined ? null : msFromNow(-rest.failedMsAgo),
    pending_since: msFromNow(-(rest.pendingSeconds ?? 0) * 1_000),
    next_attempt_at: dueInMs === Number.POSITIVE_INFINITY ? sql<Date>`'infinity'` : msFromNow(dueInMs),
  };
  await tables.insertInto('pending_verifications').values(entry).execute();
}
