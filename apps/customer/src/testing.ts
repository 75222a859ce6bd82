import { createService, migrate, type Environment } from '@breakwater/service-kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readCustomerConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { customerService } from './database/customer.service-definition.ts';
import { seedCustomers } from './database/customers.seed.ts';

/** The real application, from the variables that its process would be given; not listening yet. */
export async function createCustomerService(environment: Environment): Promise<NestFastifyApplication> {
  const config = readCustomerConfig({ LOG_LEVEL: 'silent', ...environment });
  return createService(customerService.name, config, AppModule.forRoot(config));
}

/** What `migrate.js` does, for a test's database. */
export function migrateCustomer(url: string): Promise<string[]> {
  return migrate({
    url,
    applicationName: 'customer-test',
    schema: customerService.name,
    ...customerService,
    seed: seedCustomers,
  });
}
