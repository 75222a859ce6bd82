import { runMigrations } from '@breakwater/chassis';
import { accountService } from './database/account.service-definition.ts';

await runMigrations(accountService);
