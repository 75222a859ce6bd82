import type { Generated } from 'kysely';

/** The tables of the schema `account`. */
export interface AccountTables {
  readonly accounts: {
    readonly id: string;
    readonly customer_id: string;
    readonly currency: string;
    readonly label: string | null;
    /** In the currency's minor unit: cents, not euros. */
    readonly balance: Generated<number>;
    readonly status: AccountStatus;
    readonly created_at: Generated<Date>;
  };
}

/** `PENDING_VERIFICATION`: opened while nobody could say whether there is such a customer. */
export type AccountStatus = 'ACTIVE' | 'PENDING_VERIFICATION';
