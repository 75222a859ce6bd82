import { startProcess, type TestedProcess } from '@breakwater/service-kit/testing';
import { createDatabase, provideDatabaseServer } from '@breakwater/system-runner/postgres';

/** Two replicas of account and one of customer, as processes with their own database. */
export interface RunningSystem {
  readonly accounts: readonly string[];
  readonly customer: string;
  /**
   * Opens accounts at both replicas concurrently and ignores the responses. While customer is slow, the requests
   * are for customers without a stale value, so that they receive 202. /
   */
  openAccounts(times: number): Promise<void>;
  /** Makes customer so slow that every call times out; its metrics can still be scraped. */
  slowCustomerDown(): Promise<void>;
  stop(): Promise<void>;
}

const faultsToken = 'let-me-break-it';

const dist = (service: string, file: string): URL => new URL(`../../apps/${service}/dist/${file}.js`, import.meta.url);

/** @throws Error when a part does not start; all started parts are stopped again */
export async function startSystem(): Promise<RunningSystem> {
  await using started = new AsyncDisposableStack();
  const server = await provideDatabaseServer();
  started.defer(() => server.stop());
  const database = await createDatabase(server.url);
  started.defer(() => database.drop());
  const environment = { DATABASE_URL: database.url };
  const start = (service: string, file: string, more: Readonly<Record<string, string>> = {}): TestedProcess => {
    const child = startProcess(dist(service, file), { ...environment, ...more });
    started.defer(async () => {
      child.kill('SIGTERM');
      await child.ended;
    });
    return child;
  };
  for (const service of ['account', 'customer']) await succeed(service, start(service, 'migrate'));

  const customer = start('customer', 'main', { CUSTOMER_LATENCY: '0ms', FAULTS_TOKEN: faultsToken });
  const customerUrl = await customer.listening;
  // The circuit breakers of the experiments give the doctor something to find.
  const accounts = ['account-1', 'account-2'].map((name) =>
    start('account', 'lab/main', { CUSTOMER_URL: customerUrl, DEMO_MODE: 'true', INSTANCE_NAME: name }),
  );
  const urls = await Promise.all(accounts.map(({ listening }) => listening));

  let isSlow = false;
  let opened = 0;
  const nextCustomer = (): string => {
    opened += 1;
    return isSlow ? `c-${1_002 + (opened % 99)}` : 'c-1001';
  };

  const all = started.move();
  return {
    accounts: urls,
    customer: customerUrl,
    openAccounts: async (times) => {
      await Promise.all(Array.from({ length: times }, (_, n) => open(String(urls[n % urls.length]), nextCustomer())));
    },
    slowCustomerDown: async () => {
      const { status } = await fetch(`${customerUrl}/faults`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${faultsToken}` },
        // Enough capacity for all calls: customer is slow, but refuses none.
        body: JSON.stringify({ latency: '1m', capacity: { workers: 1_000, queue: 1_000 } }),
      });
      if (status !== 200) throw new Error(`customer responded with ${status} to a change of its faults, not with 200.`);
      isSlow = true;
    },
    stop: () => all.disposeAsync(),
  };
}

async function open(url: string, customerId: string): Promise<void> {
  const response = await fetch(`${url}/accounts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId, currency: 'EUR' }),
  });
  await response.arrayBuffer();
}

async function succeed(service: string, { ended }: TestedProcess): Promise<void> {
  const { code, errors } = await ended;
  if (code !== 0) throw new Error(`The migrations of ${service} ended with ${String(code)}: ${errors}`);
}
