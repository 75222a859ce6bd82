import { describe, expect, it } from 'vitest';
import { customerId } from '../customers/customers.module.ts';
import { customers } from './customer.database.ts';

describe('the seeded customers', () => {
  it('are a hundred, from c-1001 to c-1100', () => {
    expect(customers.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `c-${1001 + index}`));
  });

  it('have valid ids', () => {
    for (const { id } of customers) expect(customerId.safeParse(id).success).toBe(true);
  });

  it('have unique names and email addresses', () => {
    expect(new Set(customers.map(({ name }) => name)).size).toBe(100);
    expect(new Set(customers.map(({ email }) => email)).size).toBe(100);
    expect(customers[0]).toMatchObject({ name: 'Ada Adeyemi', email: 'ada.adeyemi@example.com' });
  });
});
