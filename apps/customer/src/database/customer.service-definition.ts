import type { ServiceDefinition } from '@breakwater/service-kit';
import { createCustomers } from './0001-create-customers.migration.ts';

/** The service's name, which is also that of its schema, and what the schema is made by, and what it does with it. */
export const customerService: ServiceDefinition = {
  name: 'customer',
  description: 'Knows who is a customer. It is slow on purpose, and can be made worse while it runs.',
  migrations: { '0001-create-customers': createCustomers },
  privileges: { customers: ['select'] },
};
