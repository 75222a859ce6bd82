import { z } from 'zod';
import type { CustomerStatus } from '../database/customer.tables.ts';

/** What the id of a customer looks like. */
export const customerId = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 lower-case letters, digits or dashes, such as c-1001');

/** A customer as the API shows it. */
export interface Customer {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly status: CustomerStatus;
  /** ISO 8601. */
  readonly createdAt: string;
}
