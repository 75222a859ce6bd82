import { createService, Database, migrate, type Environment } from '@breakwater/service-kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CompiledQuery } from 'kysely';
import type { ListAccountsQuery } from './accounts/account.requests.ts';
import { accountPageQuery } from './accounts/accounts.repository.ts';
import { readAccountConfig } from './app.config.ts';
import { AppModule, type AppOptions } from './app.module.ts';
import { accountService } from './database/account.service-definition.ts';
import type { AccountTables } from './database/account.tables.ts';
import { readAccountLabConfig } from './lab/account-lab.config.ts';
import { AccountLabModule } from './lab/account-lab.module.ts';

export { PendingVerificationsRepository } from './reconciliation/pending-verifications.repository.ts';
export { leaseMs as reconciliationLeaseMs } from './reconciliation/reconciler.ts';

export { CustomerClient } from './customer/customer.client.ts';

/** The application with the environment variables of its process; it does not listen yet. */
export async function createAccountService(
  environment: Environment,
  { clock }: Pick<AppOptions, 'clock'> = {},
): Promise<NestFastifyApplication> {
  const config = readAccountConfig({ LOG_LEVEL: 'silent', SHUTDOWN_DELAY: '0ms', ...environment });
  return createService(accountService.name, config, AppModule.forRoot(config, { clock, env: environment }));
}

/** The lab entry with the environment variables of its process; it does not listen yet. */
export async function createAccountLabService(
  environment: Environment,
  { clock }: Pick<AppOptions, 'clock'> = {},
): Promise<NestFastifyApplication> {
  const config = readAccountLabConfig({ LOG_LEVEL: 'silent', SHUTDOWN_DELAY: '0ms', ...environment });
  return createService(accountService.name, config, AccountLabModule.forRoot(config, { clock, env: environment }));
}

/** The migrations of `migrate.js`, for the database of a test. */
export function migrateAccount(url: string): Promise<string[]> {
  return migrate({
    url,
    applicationName: 'account-test',
    schema: accountService.name,
    migrations: accountService.migrations,
  });
}

/** The database of account, read without account. */
export interface AccountDatabase extends AsyncDisposable {
  readonly tables: Database<AccountTables>['tables'];
  /** For statements that `tables` cannot express. The schema is `account`. */
  execute(sql: string): Promise<void>;
  /** The query plan of PostgreSQL for a page of accounts, as text. */
  explainPage(query: ListAccountsQuery): Promise<string>;
}

/** Account's tables, on the database of a test. */
export function createAccountDatabase(url: string): Database<AccountTables> {
  const { name: schema, migrations } = accountService;
  return new Database({ url, applicationName: 'account-test', schema, migrations });
}

export function openAccountDatabase(url: string): AccountDatabase {
  const database = createAccountDatabase(url);
  const { tables } = database;
  return {
    tables,
    // Outside of a transaction, PostgreSQL would accept only one statement at a time.
    execute: (sql) =>
      tables.transaction().execute(async (all) => void (await all.executeQuery(CompiledQuery.raw(sql)))),
    explainPage: async (query) => {
      const plan = await accountPageQuery(tables, query).explain<Record<string, string>>();
      return plan.flatMap((line) => Object.values(line)).join('\n');
    },
    [Symbol.asyncDispose]: () => database.onApplicationShutdown(),
  };
}
