import { createService, migrate, type Environment } from '@breakwater/service-kit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readCustomerConfig } from './app.config.ts';
import { AppModule } from './app.module.ts';
import { createCustomerLab, readCustomerLabConfig } from './lab/customer-lab.ts';
import { customerService, seedCustomers } from './database/customer.database.ts';

/** The production application with the given variables; it does not listen yet. */
export async function createCustomerService(environment: Environment): Promise<NestFastifyApplication> {
  const config = readCustomerConfig({ LOG_LEVEL: 'silent', SHUTDOWN_DELAY: '0ms', ...environment });
  return createService(customerService.name, config, AppModule.forRoot(config));
}

/** The application of the lab entry, which reads `TIME_SCALE` as well. */
export async function createCustomerLabService(environment: Environment): Promise<NestFastifyApplication> {
  const config = readCustomerLabConfig({ LOG_LEVEL: 'silent', SHUTDOWN_DELAY: '0ms', ...environment });
  return createService(customerService.name, config, createCustomerLab(config));
}

/** Does what `migrate.js` does, for the database of a test. */
export function migrateCustomer(url: string): Promise<string[]> {
  return migrate({
    url,
    applicationName: 'customer-test',
    schema: customerService.name,
    ...customerService,
    seed: seedCustomers,
  });
}
