import { ResilienceError } from '@breakwater/resilience';
import { runService } from '@breakwater/service-kit';
import { accountService } from '../database/account.service-definition.ts';
import { readAccountLabConfig } from './account-lab.config.ts';
import { AccountLabModule } from './account-lab.module.ts';

await runService({
  service: accountService,
  readConfig: readAccountLabConfig,
  createModule: (config) => AccountLabModule.forRoot(config),
  explain: (error) => (error instanceof ResilienceError ? error.message : undefined),
});
