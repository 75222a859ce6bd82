import { sql, type Kysely } from 'kysely';

export const createAccounts = {
  up: async (schema: Kysely<unknown>): Promise<void> => {
    await schema.schema
      .createTable('accounts')
      .addColumn('id', 'uuid', (column) => column.primaryKey())
      .addColumn('customer_id', 'text', (column) => column.notNull())
      .addColumn('currency', 'text', (column) => column.notNull().check(sql`currency ~ '^[A-Z]{3}$'`))
      .addColumn('label', 'text', (column) => column.check(sql`char_length(label) between 1 and 100`))
      .addColumn('balance', 'bigint', (column) => column.notNull().defaultTo(0))
      .addColumn('status', 'text', (column) =>
        column.notNull().check(sql`status in ('ACTIVE', 'PENDING_VERIFICATION')`),
      )
      .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
    await schema.schema.createIndex('accounts_customer_id').on('accounts').column('customer_id').execute();
  },
};
