import { sql, type Kysely } from 'kysely';

export const createCustomers = {
  up: async (schema: Kysely<unknown>): Promise<void> => {
    await schema.schema
      .createTable('customers')
      .addColumn('id', 'text', (column) => column.primaryKey().check(sql`id ~ '^[a-z0-9-]{1,64}$'`))
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('email', 'text', (column) => column.notNull().unique())
      .addColumn('status', 'text', (column) => column.notNull().check(sql`status in ('ACTIVE', 'CLOSED')`))
      .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
  },
};
