import type { AccountStatus } from '../database/account.tables.ts';

/** An account as the API shows it. */
export interface Account {
  /** A UUID. */
  readonly id: string;
  readonly customerId: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly label: string | null;
  readonly balance: {
    /** A whole number of the currency's minor unit: cents, not euros. */
    readonly amount: number;
    readonly currency: string;
  };
  readonly status: AccountStatus;
  /** ISO 8601. */
  readonly createdAt: string;
}
