import type { Environment } from '@breakwater/service-kit';
import { createCustomerLabService, createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import { FaultProxy } from '@breakwater/system-runner/network';
import { createMigratedDatabase } from '@breakwater/system-runner/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';

/** The customer service with its own database. */
export interface RunningCustomer {
  readonly app: NestFastifyApplication;
  /** The URL of its database, independent of `route`. */
  readonly databaseUrl: string;
  /** The route to its database, which a test can sever. */
  readonly route: FaultProxy;
  http(): ReturnType<typeof request>;
  stop(): Promise<void>;
}

/** @param environment variables in addition to `DATABASE_URL`; by default there is no latency */
export function startCustomer(environment: Environment = {}): Promise<RunningCustomer> {
  return start(createCustomerService, environment);
}

/** From its lab entry, which reads `TIME_SCALE`. */
export function startCustomerLab(environment: Environment): Promise<RunningCustomer> {
  return start(createCustomerLabService, environment);
}

async function start(create: typeof createCustomerService, environment: Environment): Promise<RunningCustomer> {
  const database = await createMigratedDatabase(migrateCustomer);
  const route = await FaultProxy.open(database.url);
  const app = await create({ DATABASE_URL: route.url, CUSTOMER_LATENCY: '0ms', ...environment });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return {
    app,
    databaseUrl: database.url,
    route,
    http: () => request(app.getHttpServer()),
    stop: async () => {
      await app.close();
      await route.close();
      await database.drop();
    },
  };
}
