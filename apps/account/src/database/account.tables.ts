import type { Generated, GeneratedAlways, JSONColumnType } from 'kysely';

/** The tables of the schema `account`. */
export interface AccountTables {
  readonly accounts: {
    /** A UUID of version 7, so that ids sort by the time of their making. */
    readonly id: string;
    readonly customer_id: string;
    readonly currency: string;
    readonly label: string | null;
    /** In the currency's minor unit: cents, not euros. */
    readonly balance: Generated<number>;
    readonly status: AccountStatus;
    /** Counts the changes; the first is 1. */
    readonly version: Generated<number>;
    readonly created_at: Generated<Date>;
    readonly updated_at: Generated<Date>;
    /** When customer confirmed that there is such a customer; null while nobody has. */
    readonly verified_at: Date | null;
    readonly verified_by: VerifiedBy | null;
  };

  /** What happened to accounts, the opening first. Rows are only ever added. */
  readonly account_events: {
    readonly id: GeneratedAlways<number>;
    readonly account_id: string;
    readonly from_status: AccountStatus | null;
    readonly to_status: AccountStatus;
    readonly reason: string;
    readonly happened_at: Generated<Date>;
  };

  /** The queue of accounts whose customer is still to be verified: a row for each that is `PENDING_VERIFICATION`. */
  readonly pending_verifications: {
    readonly account_id: string;
    readonly customer_id: string;
    readonly attempts: Generated<number>;
    readonly pending_since: Generated<Date>;
    /** Nobody takes the row before; whoever takes it moves this on, and so holds it for a while. */
    readonly next_attempt_at: Generated<Date>;
  };

  /** Requests that were answered for good, and how. */
  readonly idempotency_keys: {
    readonly key: string;
    /** Of what was asked; another request under the same key is refused. */
    readonly fingerprint: string;
    readonly response_status: number;
    readonly response_body: JSONColumnType<object>;
    readonly created_at: Generated<Date>;
  };
}

/**
 * `PENDING_VERIFICATION`: opened while nobody could say whether there is such a customer. It becomes `ACTIVE`, or
 * `REJECTED` where there is none. `CLOSED` is for good.
 */
export type AccountStatus = 'PENDING_VERIFICATION' | 'ACTIVE' | 'REJECTED' | 'CLOSED';

/** Who confirmed the customer: the customer service when asked, or its last good answer that account remembered. */
export type VerifiedBy = 'CUSTOMER' | 'LAST_GOOD';
