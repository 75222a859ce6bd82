import { describe, expect, it } from 'vitest';
import { customerId } from '../customers/customer.ts';
import { customers } from './customers.seed.ts';

describe('the customers', () => {
  it('are a hundred, from c-1001 to c-1100', () => {
    expect(customers.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, index) => `c-${1001 + index}`));
  });

  it('have ids that can be asked for', () => {
    for (const { id } of customers) expect(customerId.safeParse(id).success).toBe(true);
  });

  it('have names and addresses of their own', () => {
    expect(new Set(customers.map(({ name }) => name)).size).toBe(100);
    expect(new Set(customers.map(({ email }) => email)).size).toBe(100);
    expect(customers[0]).toMatchObject({ name: 'Ada Adeyemi', email: 'ada.adeyemi@example.com' });
  });
});
