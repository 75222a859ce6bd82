import { Database } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { CustomerTables } from '../database/customer.database.ts';

export const customerId = z
  .string()
  .regex(/^[a-z0-9-]{1,64}$/, 'must be 1 to 64 lower-case letters, digits or dashes, such as c-1001');

/** A customer as the API returns it. */
export const customerSchema = z
  .object({
    id: customerId,
    name: z.string(),
    email: z.email(),
    status: z.enum(['ACTIVE', 'CLOSED']),
    createdAt: z.iso.datetime(),
  })
  .readonly()
  .meta({ id: 'Customer' });

export type Customer = z.output<typeof customerSchema>;

/** The customers in PostgreSQL. */
@Injectable()
export class CustomersRepository {
  constructor(private readonly database: Database<CustomerTables>) {}

  async findById(id: string): Promise<Customer | undefined> {
    const row = await this.database.tables
      .selectFrom('customers')
      .select(['id', 'name', 'email', 'status', 'created_at'])
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row) return undefined;
    const { created_at: createdAt, ...customer } = row;
    return { ...customer, createdAt: createdAt.toISOString() };
  }
}
