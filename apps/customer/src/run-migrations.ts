import { runMigrations } from '@breakwater/service-kit';
import { customerService, seedCustomers } from './database/customer.database.ts';

await runMigrations(customerService, seedCustomers);
