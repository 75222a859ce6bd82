import { createService, Database, migrate, type Environment } from '@breakwater/service-kit';
import type { Clock } from '@breakwater/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CompiledQuery } from 'kysely';
import { accountPageQuery } from './accounts/account-page.query.ts';
import type { ListAccountsQuery } from './accounts/list-accounts.query.ts';
import { readAccountConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { accountService } from './database/account.service-definition.ts';
import type { AccountTables } from './database/account.tables.ts';

export { PendingVerificationsRepository } from './reconciliation/pending-verifications.repository.ts';
export { leaseMs as reconciliationLeaseMs } from './reconciliation/reconciler.ts';

export { CustomerClient } from './customer/customer.client.ts';

/**
 * The real application, from the variables that its process would be given; not listening yet.
 *
 * @param clock by which policies go, where a test moves time itself
 */
export async function createAccountService(environment: Environment, clock?: Clock): Promise<NestFastifyApplication> {
  const config = readAccountConfig({ LOG_LEVEL: 'silent', ...environment });
  return createService(accountService.name, config, AppModule.forRoot(config, { clock, env: environment }));
}

/** What `migrate.js` does, for a test's database. */
export function migrateAccount(url: string): Promise<string[]> {
  return migrate({
    url,
    applicationName: 'account-test',
    schema: accountService.name,
    migrations: accountService.migrations,
  });
}

/** A look into account's database past account itself. */
export interface AccountDatabase extends AsyncDisposable {
  readonly tables: Database<AccountTables>['tables'];
  /** For what tables have no words for; they are in the schema `account`. */
  execute(sql: string): Promise<void>;
  /** How PostgreSQL would find a page of accounts: its plan, as text. */
  explainPage(query: ListAccountsQuery): Promise<string>;
}

export function openAccountDatabase(url: string): AccountDatabase {
  const { name: schema, migrations } = accountService;
  const database = new Database<AccountTables>({ url, applicationName: 'account-test', schema, migrations });
  const { tables } = database;
  return {
    tables,
    execute: async (sql) => void (await tables.executeQuery(CompiledQuery.raw(sql))),
    explainPage: async (query) => {
      const plan = await accountPageQuery(tables, query).explain<Record<string, string>>();
      return plan.flatMap((line) => Object.values(line)).join('\n');
    },
    [Symbol.asyncDispose]: () => database.onApplicationShutdown(),
  };
}
