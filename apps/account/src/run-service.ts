import { runService } from '@breakwater/service-kit';
import { ResilienceError } from '@breakwater/resilience';
import { readAccountConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { accountService } from './database/account.service-definition.ts';

await runService({
  service: accountService,
  readConfig: readAccountConfig,
  createModule: (config) => AppModule.forRoot(config),
  explain: (error) => (error instanceof ResilienceError ? error.message : undefined),
});
