import type { ServiceDefinition } from '@breakwater/service-kit';
import { createAccounts } from './0001-create-accounts.migration.ts';
import { followAnAccount } from './0002-follow-an-account.migration.ts';

/** The service's name, which is also that of its schema, and what the schema is made by, and what it does with it. */
export const accountService: ServiceDefinition = {
  name: 'account',
  description:
    'Opens bank accounts for customers who exist. While nobody can say whether one does, the account is opened all the same and verified later.',
  migrations: { '0001-create-accounts': createAccounts, '0002-follow-an-account': followAnAccount },
  privileges: {
    accounts: ['select', 'insert', 'update'],
    account_events: ['select', 'insert'],
    pending_verifications: ['select', 'insert', 'update', 'delete'],
    // An expired key makes way by an update.
    idempotency_keys: ['select', 'insert', 'update', 'delete'],
  },
};
