import type { ServiceDefinition } from '@breakwater/service-kit';
import { sql, type Generated, type Kysely } from 'kysely';

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

const createCustomers = {
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

/** The service's name, which is also that of its schema, with the schema's migrations and the rights of the service. */
export const customerService: ServiceDefinition = {
  name: 'customer',
  description: 'Finds customers. It is slow on purpose, and faults can be injected while it runs.',
  migrations: { '0001-create-customers': createCustomers },
  privileges: { customers: ['select'] },
};

const firstNames = 'Ada Bruno Chiara Deniz Elif Farid Greta Hana Ilias Joana'.split(' ');
const lastNames = 'Adeyemi Bauer Costa Dvorak Eriksen Fontaine Greco Horvat Ivanov Janssen'.split(' ');

const firstId = 1001;
const firstDay = Date.UTC(2024, 0, 1, 9);
const dayMs = 24 * 60 * 60 * 1000;

/** The same hundred customers in every database, `c-1001` to `c-1100`: one for each pair of names. */
export const customers = lastNames.flatMap((lastName, row) =>
  firstNames.map((firstName, column) => {
    const position = row * firstNames.length + column;
    return {
      id: `c-${firstId + position}`,
      name: `${firstName} ${lastName}`,
      email: `${firstName}.${lastName}@example.com`.toLowerCase(),
      status: 'ACTIVE' as const,
      created_at: new Date(firstDay + position * 3 * dayMs),
    };
  }),
);

/** Inserts the customers that are missing. */
export async function seedCustomers(tables: Kysely<CustomerTables>): Promise<void> {
  await tables
    .insertInto('customers')
    .values(customers)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}
