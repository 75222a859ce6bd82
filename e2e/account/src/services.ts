import { createAccountLabService, createAccountService, migrateAccount } from '@breakwater/account/testing';
import { createCustomerLabService, createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import type { Clock } from '@breakwater/resilience';
import type { Environment } from '@breakwater/service-kit';
import { FaultProxy } from '@breakwater/system-runner/network';
import { createMigratedDatabase } from '@breakwater/system-runner/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import request from 'supertest';
import { vi } from 'vitest';
import { StandInCustomer } from './stand-in-customer.ts';

/** Waits until a check passes. A busy machine takes longer. */
export const eventually = <T>(check: () => T | Promise<T>, interval = 20): Promise<T> =>
  vi.waitFor(check, { timeout: 60_000, interval });

/** The account service, listening. */
export interface RunningAccount {
  readonly app: NestFastifyApplication;
  readonly url: string;
  /** For other replicas, and for reading the tables. */
  readonly databaseUrl: string;
  /** The connection of the service to its database, which a test can sever. */
  readonly route: FaultProxy;
  http(): ReturnType<typeof request>;
  /** Opens an account for a customer, in euros by default. */
  open(customerId: string, rest?: object): request.Test;
  stop(): Promise<void>;
}

/** One attempt per call: for tests that count calls, and for those with a clock that stands still. */
export const oneAttempt = { RESILIENCE4J_RETRY_INSTANCES_CUSTOMER_MAXATTEMPTS: '1' };

/** Reconciles at once and often, with circuit breakers that do not open within a test. */
export const tolerant = {
  RECONCILIATION_INTERVAL: '20ms',
  RESILIENCE4J_RATELIMITER_INSTANCES_RECONCILIATION_LIMITREFRESHPERIOD: '5ms',
  RESILIENCE4J_RETRYBUDGET_INSTANCES_CUSTOMER_MINRETRIESPERSECOND: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_MINIMUMNUMBEROFCALLS: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_SLIDINGWINDOWSIZE: '1000',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_MINIMUMNUMBEROFCALLS: '1000',
};

/** The reconciler would change what a test observes. */
const noReconciliation = { RECONCILIATION_INTERVAL: '1h' };

/**
 * Starts account on a database of its own, from the lab entry when the environment has a variable of the lab.
 *
 * @param environment variables in addition to those of the database; without reconciliation by default
 * @param clock the clock of the policies; default: the system's
 */
export async function startAccount(environment: Environment, clock?: Clock): Promise<RunningAccount> {
  const database = await createMigratedDatabase(migrateAccount);
  const account = await startReplica(database.url, environment, clock);
  return {
    ...account,
    stop: async () => {
      await account.stop();
      await database.drop();
    },
  };
}

/** Account and a stand-in for customer. */
export interface AccountWithStandIn {
  readonly account: RunningAccount;
  readonly customer: StandInCustomer;
  readonly stop: () => Promise<void>;
}

/** Starts account, as {@link startAccount} does, with a stand-in for customer. */
export async function startWithStandIn(environment: Environment = {}, clock?: Clock): Promise<AccountWithStandIn> {
  const customer = await StandInCustomer.start();
  const account = await startAccount({ CUSTOMER_URL: customer.url, ...environment }, clock);
  const stop = async (): Promise<void> => {
    // Calls in flight end, so that account need not wait for them.
    await customer.stop();
    await account.stop();
  };
  return { account, customer, stop };
}

/** Starts account on the database of another replica or of an earlier run, which it does not drop. */
export async function startReplica(
  databaseUrl: string,
  environment: Environment,
  clock?: Clock,
): Promise<RunningAccount> {
  const route = await FaultProxy.open(databaseUrl);
  const isLab = 'DEMO_MODE' in environment || 'TIME_SCALE' in environment;
  const create = isLab ? createAccountLabService : createAccountService;
  const app = await create({ DATABASE_URL: route.url, ...noReconciliation, ...environment }, { clock });
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

/** The customer service, listening, with a database of its own. */
export interface RunningCustomer {
  readonly url: string;
  /** For changing the tables. */
  readonly databaseUrl: string;
  /** The connection of the service to its database, which a test can sever. */
  readonly route: FaultProxy;
  /** Replaces all faults (`docs/faults.md`); without an argument it removes them. */
  setFaults(faults?: object): Promise<void>;
  /** How often each fault was injected. */
  injected(): Promise<Readonly<Record<string, number>>>;
  /** Closes the service: its address refuses connections. */
  close(): Promise<void>;
  /** Listens at the same address again. */
  reopen(): Promise<void>;
  stop(): Promise<void>;
}

const faultsToken = 'for-the-tests-of-account';
const headers = { authorization: `Bearer ${faultsToken}`, 'content-type': 'application/json' };

/**
 * Starts customer, from the lab entry when the environment has `TIME_SCALE`.
 *
 * @param environment variables in addition to those of the database; without latency by default
 */
export async function startCustomer(environment: Environment = {}): Promise<RunningCustomer> {
  const database = await createMigratedDatabase(migrateCustomer);
  const route = await FaultProxy.open(database.url);
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
    databaseUrl: database.url,
    route,
    setFaults: async (faults = {}) => {
      const response = await fetch(`${url}/faults`, { method: 'PUT', headers, body: JSON.stringify(faults) });
      if (!response.ok) throw new Error(`customer rejected the faults: ${await response.text()}`);
    },
    injected: async () => {
      const report = (await (await fetch(`${url}/faults`, { headers })).json()) as { injected: Record<string, number> };
      return report.injected;
    },
    close: () => app.close(),
    reopen: async () => {
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
