import { Database } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import type { CustomerTables } from '../database/customer.tables.ts';
import type { Customer } from './customer.ts';

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
