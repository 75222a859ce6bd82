import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';

/** The tables of the schema `account`. */
export interface AccountTables {
  readonly accounts: {
    /** A UUID of version 7: ids sort by creation time. */
    readonly id: string;
    readonly customer_id: string;
    readonly currency: string;
    readonly label: string | null;
    /** In the minor unit of the currency: cents, not euros. */
    readonly balance: Generated<number | bigint>;
    readonly status: AccountStatus;
    /** Counts the changes; the first is 1. */
    readonly version: Generated<number>;
    readonly created_at: Generated<Date>;
    readonly updated_at: Generated<Date>;
    /** When the customer service confirmed the customer; null while it has not. */
    readonly verified_at: Date | null;
    readonly verified_by: VerifiedBy | null;
  };

  /** The history of accounts, the opening first. Rows are only added. */
  readonly account_events: {
    readonly id: GeneratedAlways<number>;
    readonly account_id: string;
    readonly from_status: AccountStatus | null;
    readonly to_status: AccountStatus;
    readonly reason: string;
    readonly happened_at: Generated<Date>;
  };

  /** The queue of accounts to verify: a row for each that is `PENDING_VERIFICATION`. */
  readonly pending_verifications: {
    readonly account_id: string;
    readonly customer_id: string;
    readonly attempts: Generated<number>;
    /** Attempts that failed while customer verified others; after some of them the account is set aside. */
    readonly failures: Generated<number>;
    readonly last_failed_at: Generated<Date | null>;
    readonly pending_since: Generated<Date>;
    /** The `traceparent` of the request that opened the account, if its trace is recorded. */
    readonly traceparent: string | null;
    /** The row cannot be claimed earlier. A claim moves this on, which is its lease. `infinity`: set aside. */
    readonly next_attempt_at: Generated<Date>;
  };

  /** Requests with their final responses. */
  readonly idempotency_keys: {
    readonly key: string;
    /** Of the request; another request under the same key is rejected. */
    readonly fingerprint: string;
    readonly response_status: number;
    readonly response_body: JSONColumnType<object>;
    readonly created_at: Generated<Date>;
  };
}

/**
 * `PENDING_VERIFICATION`: opened before the customer could be verified. The account becomes `ACTIVE`, or `REJECTED` when
 * there is no such customer. `CLOSED` is final.
 */
export type AccountStatus = 'PENDING_VERIFICATION' | 'ACTIVE' | 'REJECTED' | 'CLOSED';

/** What confirmed the customer: a response of the customer service, or a stale value of an earlier one. */
export type VerifiedBy = 'CUSTOMER' | 'LAST_GOOD';
