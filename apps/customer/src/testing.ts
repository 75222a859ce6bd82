import { createService, migrate, type Environment } from '@breakwater/service-kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readCustomerConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { createCustomerLab, readCustomerLabConfig } from './lab/customer-lab.ts';
import { customerService } from './database/customer.service-definition.ts';
import { seedCustomers } from './database/customers.seed.ts';

/** The real application, from the variables that its process would be given; not listening yet. */
export async function createCustomerService(environment: Environment): Promise<NestFastifyApplication> {
  const config = readCustomerConfig({ LOG_LEVEL: 'silent', ...environment });
  return createService(customerService.name, config, AppModule.forRoot(config));
}

/** The same from its lab entry, which reads `TIME_SCALE` as well. */
export async function createCustomerLabService(environment: Environment): Promise<NestFastifyApplication> {
  const config = readCustomerLabConfig({ LOG_LEVEL: 'silent', ...environment });
  return createService(customerService.name, config, createCustomerLab(config));
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
