import type { Environment } from '@breakwater/service-kit';
import { createCustomerLabService, createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import { createDatabase, openDatabaseProxy, type DatabaseProxy } from '@breakwater/system-runner/postgres';
import { inject } from 'vitest';

/** The customer service, listening, with a database of its own. */
export interface RunningCustomer {
  readonly url: string;
  /** The way to its database. */
  readonly route: DatabaseProxy;
  /** Sets all faults (`docs/faults.md`); none heals everything. */
  breakWith(faults?: object): Promise<void>;
  /** How often each fault has struck. */
  injected(): Promise<Readonly<Record<string, number>>>;
  /** Goes away: nobody listens at its address any more. */
  goAway(): Promise<void>;
  /** Listens at its address again. */
  comeBack(): Promise<void>;
  stop(): Promise<void>;
}

const faultsToken = 'for-the-tests-of-account';
const headers = { authorization: `Bearer ${faultsToken}`, 'content-type': 'application/json' };

/** @param environment variables beside those of the database; without latency unless told otherwise */
export async function startCustomer(environment: Environment = {}): Promise<RunningCustomer> {
  const database = await createDatabase(inject('databaseServerUrl'));
  await migrateCustomer(database.url);
  const route = await openDatabaseProxy(database.url);
  const createService = 'TIME_SCALE' in environment ? createCustomerLabService : createCustomerService;
  const create = () =>
    createService({
      DATABASE_URL: route.url,
      CUSTOMER_LATENCY: '0ms',
      FAULTS_TOKEN: faultsToken,
      SHUTDOWN_TIMEOUT: '1s',
      ...environment,
    });
  let app = await create();
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    url,
    route,
    breakWith: async (faults = {}) => {
      const response = await fetch(`${url}/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
      if (!response.ok) throw new Error(`customer cannot be broken like that: ${await response.text()}`);
    },
    injected: async () => {
      const report = (await (await fetch(`${url}/faults`, { headers })).json()) as { injected: Record<string, number> };
      return report.injected;
    },
    goAway: () => app.close(),
    comeBack: async () => {
      app = await create();
      await app.listen(Number(new URL(url).port), '127.0.0.1');
    },
    stop: async () => {
      await app.close();
      await route.close();
      await database.drop();
    },
  };
}
