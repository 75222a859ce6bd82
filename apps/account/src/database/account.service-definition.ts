import type { ServiceDefinition } from '@breakwater/service-kit';
import { sql, type Kysely } from 'kysely';

const createAccounts = {
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

/** Later verification, the history of an account, and requests that must be executed once. */
const followAnAccount = {
  up: async (schema: Kysely<unknown>): Promise<void> => {
    await schema.schema.alterTable('accounts').dropConstraint('accounts_status_check').execute();
    await schema.schema
      .alterTable('accounts')
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
      .addColumn('updated_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addColumn('verified_at', 'timestamptz')
      .addColumn('verified_by', 'text', (column) => column.check(sql`verified_by in ('CUSTOMER', 'LAST_GOOD')`))
      .execute();
    await schema.schema
      .alterTable('accounts')
      .addCheckConstraint(
        'accounts_status_check',
        sql`status in ('PENDING_VERIFICATION', 'ACTIVE', 'REJECTED', 'CLOSED')`,
      )
      .execute();

    // Pages are read in the order of the ids, which is that of creation.
    await schema.schema.dropIndex('accounts_customer_id').execute();
    await schema.schema.createIndex('accounts_by_customer').on('accounts').columns(['customer_id', 'id']).execute();
    await schema.schema.createIndex('accounts_by_status').on('accounts').columns(['status', 'id']).execute();

    await schema.schema
      .createTable('account_events')
      .addColumn('id', 'bigint', (column) => column.primaryKey().generatedAlwaysAsIdentity())
      .addColumn('account_id', 'uuid', (column) => column.notNull().references('accounts.id'))
      .addColumn('from_status', 'text')
      .addColumn('to_status', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('happened_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
    await schema.schema
      .createIndex('account_events_by_account')
      .on('account_events')
      .columns(['account_id', 'id'])
      .execute();

    // A queue of its own: it is short while customer is available, and claiming from it touches no account.
    await schema.schema
      .createTable('pending_verifications')
      .addColumn('account_id', 'uuid', (column) => column.primaryKey().references('accounts.id'))
      .addColumn('customer_id', 'text', (column) => column.notNull())
      .addColumn('attempts', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('pending_since', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .addColumn('next_attempt_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
    await schema.schema
      .createIndex('pending_verifications_due')
      .on('pending_verifications')
      .column('next_attempt_at')
      .execute();

    await schema.schema
      .createTable('idempotency_keys')
      .addColumn('key', 'text', (column) => column.primaryKey().check(sql`char_length(key) between 1 and 255`))
      .addColumn('fingerprint', 'text', (column) => column.notNull())
      .addColumn('response_status', 'smallint', (column) => column.notNull())
      // As text, so that a replay has the members in the order of the first response.
      .addColumn('response_body', 'json', (column) => column.notNull())
      .addColumn('created_at', 'timestamptz', (column) => column.notNull().defaultTo(sql`now()`))
      .execute();
    await schema.schema.createIndex('idempotency_keys_by_age').on('idempotency_keys').column('created_at').execute();
  },
};

/** Accounts that customer can never verify are set aside. Older versions of account insert rows without these columns. */
const setVerificationsAside = {
  up: async (schema: Kysely<unknown>): Promise<void> => {
    await schema.schema
      .alterTable('pending_verifications')
      .addColumn('failures', 'integer', (column) => column.notNull().defaultTo(0))
      .addColumn('last_failed_at', 'timestamptz')
      .execute();
  },
};

/** The trace of a verification is linked to that of the request. Older versions of account insert rows without this column. */
const rememberTraces = {
  up: async (schema: Kysely<unknown>): Promise<void> => {
    await schema.schema.alterTable('pending_verifications').addColumn('traceparent', 'text').execute();
  },
};

/** The name of the service and of its database schema, with the migrations and the privileges of the schema. */
export const accountService: ServiceDefinition = {
  name: 'account',
  description:
    'Opens bank accounts for existing customers. While a customer cannot be verified, the account is opened as pending and the customer is verified later.',
  migrations: {
    '0001-create-accounts': createAccounts,
    '0002-follow-an-account': followAnAccount,
    '0003-set-verifications-aside': setVerificationsAside,
    '0004-remember-traces': rememberTraces,
  },
  privileges: {
    accounts: ['select', 'insert', 'update'],
    account_events: ['select', 'insert'],
    pending_verifications: ['select', 'insert', 'update', 'delete'],
    // An expired key is replaced by an update.
    idempotency_keys: ['select', 'insert', 'update', 'delete'],
  },
};
