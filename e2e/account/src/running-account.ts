import { createAccountService, migrateAccount } from '@breakwater/account/testing';
import type { Environment } from '@breakwater/service-kit';
import { createDatabase, openDatabaseProxy, type DatabaseProxy } from '@breakwater/system-runner/postgres';
import type { Clock } from '@breakwater/resilience';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { inject } from 'vitest';

/** The account service, running. */
export interface RunningAccount {
  readonly app: NestFastifyApplication;
  /** Where it listens. */
  readonly url: string;
  /** Its database, for other replicas and for a look into it. */
  readonly databaseUrl: string;
  /** The way to its database. */
  readonly route: DatabaseProxy;
  http(): ReturnType<typeof request>;
  /** Opens an account for a customer, in euros unless told otherwise. */
  open(customerId: string, rest?: object): request.Test;
  stop(): Promise<void>;
}

/** Each question is asked once: for tests that count them, and for those in which time stands still. */
export const oneAttempt = { RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_MAXATTEMPTS: '1' };

/** Nothing is made up for while a test looks at something else. */
const noReconciliation = { RECONCILIATION_INTERVAL: '1h' };

/**
 * @param environment variables beside those of the database; without reconciliation unless told otherwise
 * @param clock by which policies go; default: the system's
 */
export async function startAccount(environment: Environment, clock?: Clock): Promise<RunningAccount> {
  const database = await createDatabase(inject('databaseServerUrl'));
  await migrateAccount(database.url);
  const account = await startReplica(database.url, environment, clock);
  return {
    ...account,
    stop: async () => {
      await account.stop();
      await database.drop();
    },
  };
}

/** The account service on a database that is there already and stays: the one of another replica, or of an earlier run. */
export async function startReplica(
  databaseUrl: string,
  environment: Environment,
  clock?: Clock,
): Promise<RunningAccount> {
  const route = await openDatabaseProxy(databaseUrl);
  const app = await createAccountService({ DATABASE_URL: route.url, ...noReconciliation, ...environment }, clock);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  await app.listen(0, '127.0.0.1');
  const http = () => request(app.getHttpServer());
  return {
    app,
    url: await app.getUrl(),
    databaseUrl,
    route,
    http,
    open: (customerId, rest = {}) =>
      http()
        .post('/accounts')
        .send({ customerId, currency: 'EUR', ...rest }),
    stop: async () => {
      await app.close();
      await route.close();
    },
  };
}
