import { runMigrations } from '@breakwater/service-kit';
import { accountService } from './database/account.service-definition.ts';

await runMigrations(accountService);
