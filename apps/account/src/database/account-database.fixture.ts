import { createService, type Database, readConfig, ServiceKitModule, serviceVariables } from '@breakwater/service-kit';
import { createMigratedDatabase } from '@breakwater/system-runner/testing';
import { Module, type DynamicModule, type INestApplicationContext, type Type } from '@nestjs/common';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createAccountDatabase, migrateAccount } from '../testing.ts';
import { accountService } from './account.service-definition.ts';
import type { AccountTables } from './account.tables.ts';

/** The database of the tests of a file. */
export interface AccountTestDatabase {
  readonly database: Database<AccountTables>;
  /** Starts an application of some modules on the database. It ends with the test. */
  start(...modules: readonly (Type | DynamicModule)[]): Promise<INestApplicationContext>;
}

@Module({})
class StartedModule {}

/** Gives the tests of a file a database with empty tables of account. */
export function useAccountDatabase(): AccountTestDatabase {
  let url: string;
  let opened: Database<AccountTables> | undefined;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const created = await createMigratedDatabase(migrateAccount);
    drop = () => created.drop();
    url = created.url;
    opened = createAccountDatabase(url);
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
    start: async (...modules) => {
      const environment = { DATABASE_URL: url, LOG_LEVEL: 'silent', SHUTDOWN_DELAY: '0ms' };
      const config = readConfig(z.object(serviceVariables(accountService.name, { port: 0 })), environment);
      const imports = [ServiceKitModule.forRoot(accountService, config), ...modules];
      const app = await createService(accountService.name, config, { module: StartedModule, imports });
      onTestFinished(() => app.close());
      return app.init();
    },
  };
}
