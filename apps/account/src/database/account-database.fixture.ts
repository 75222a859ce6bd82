import { Database } from '@breakwater/service-kit';
import { createMigratedDatabase } from '@breakwater/system-runner/testing';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { migrateAccount } from '../testing.ts';
import { accountService } from './account.service-definition.ts';
import type { AccountTables } from './account.tables.ts';

/** Gives the tests of a file a database with empty tables of account. */
export function useAccountDatabase(): { readonly database: Database<AccountTables> } {
  let opened: Database<AccountTables> | undefined;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const created = await createMigratedDatabase(migrateAccount);
    drop = () => created.drop();
    const { name: schema, migrations } = accountService;
    opened = new Database({ url: created.url, applicationName: 'account-test', schema, migrations });
  });
  beforeEach(async () => {
    await sql`truncate account.accounts, account.idempotency_keys cascade`.execute(opened!.tables);
  });
  afterAll(async () => {
    await opened?.onApplicationShutdown();
    await drop();
  });

  return {
    get database() {
      return opened!;
    },
  };
}
