import type { Generated } from 'kysely';

/** The tables of the schema `customer`. */
export interface CustomerTables {
  readonly customers: {
    readonly id: string;
    readonly name: string;
    readonly email: string;
    readonly status: CustomerStatus;
    readonly created_at: Generated<Date>;
  };
}

export type CustomerStatus = 'ACTIVE' | 'CLOSED';
