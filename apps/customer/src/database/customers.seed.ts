import type { Kysely } from 'kysely';
import type { CustomerTables } from './customer.tables.ts';

const firstNames = ['Ada', 'Bruno', 'Chiara', 'Deniz', 'Elif', 'Farid', 'Greta', 'Hana', 'Ilias', 'Joana'];
const lastNames = [
  'Adeyemi',
  'Bauer',
  'Costa',
  'Dvorak',
  'Eriksen',
  'Fontaine',
  'Greco',
  'Horvat',
  'Ivanov',
  'Janssen',
];

const firstId = 1001;
const firstDay = Date.UTC(2024, 0, 1, 9);
const dayMs = 24 * 60 * 60 * 1000;

/** A hundred customers, `c-1001` to `c-1100`: each pair of names once, the same wherever they are made. */
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

/** Puts the customers in that aren't there yet. */
export async function seedCustomers(tables: Kysely<CustomerTables>): Promise<void> {
  await tables
    .insertInto('customers')
    .values(customers)
    .onConflict((conflict) => conflict.column('id').doNothing())
    .execute();
}
