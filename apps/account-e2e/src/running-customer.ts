import type { Environment } from '@breakwater/chassis';
import { createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import { createDatabase } from '@breakwater/local-postgres';
import { inject } from 'vitest';

/** The customer service, listening, with a database of its own. */
export interface RunningCustomer {
  readonly url: string;
  stop(): Promise<void>;
}

/** @param environment variables beside those of the database; without latency unless told otherwise */
export async function startCustomer(environment: Environment = {}): Promise<RunningCustomer> {
  const database = await createDatabase(inject('databaseServerUrl'));
  await migrateCustomer(database.url);
  const app = await createCustomerService({ DATABASE_URL: database.url, CUSTOMER_LATENCY: '0ms', ...environment });
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    stop: async () => {
      await app.close();
      await database.drop();
    },
  };
}
