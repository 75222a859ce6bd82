import { createService, migrate, type Environment } from '@breakwater/chassis';
import type { Clock } from '@breakwater/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readAccountConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { accountService } from './database/account.service-definition.ts';

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
