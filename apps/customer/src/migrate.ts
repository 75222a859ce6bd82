import { runMigrations } from '@breakwater/service-kit';
import { customerService } from './database/customer.service-definition.ts';
import { seedCustomers } from './database/customers.seed.ts';

await runMigrations(customerService, seedCustomers);
