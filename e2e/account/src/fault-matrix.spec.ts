import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { letTimePass, readAccounts, readQueue } from './pending-accounts.ts';
import { eventually, type RunningAccount, type RunningCustomer, startAccount, startCustomer } from './services.ts';

/** Both real services. */
interface Services {
  readonly account: RunningAccount;
  readonly customer: RunningCustomer;
}

interface Fault {
  readonly fault: string;
  readonly inject: (services: Services) => unknown;
  /** Default: removes all faults of customer. */
  readonly remove?: (services: Services) => unknown;
  readonly environment?: Readonly<Record<string, string>>;
}

/** The customers of the requests during a fault. The first two exist; account has a stale value of the first. */
const customerIds = { known: 'c-1001', fresh: 'c-1002', unknown: 'c-9999' } as const;
/** The customer of a request that a fault needs in flight. */
const another = 'c-1003';

/** The time limit of a call. A healthy customer responds earlier, even on a busy machine. */
const timeLimitMs = 1_000;
/** Five times two attempts with their pause. A request that waits for the end of a fault takes much longer. */
const boundMs = 5 * 2 * timeLimitMs;
const veryLong = '5m';

const actuatorToken = 'operator-token';
const environment = {
  ACTUATOR_TOKEN: actuatorToken,
  RECONCILIATION_INTERVAL: '50ms',
  RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: `${timeLimitMs}ms`,
  RESILIENCE4J_RATELIMITER_INSTANCES_RECONCILIATION_LIMITREFRESHPERIOD: '20ms',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_WAITDURATIONINOPENSTATE: '200ms',
  // So that the circuit breaker stays closed: this test is about the faults themselves.
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '100',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_MINIMUMNUMBEROFCALLS: '100',
};

const customerIs =
  (faults: object) =>
  ({ customer }: Services) =>
    customer.setFaults(faults);

const errors = (status: number) => customerIs({ errors: [{ status, rate: 1 }] });

const circuitBreaker =
  (updateState: string) =>
  ({ account }: Services) =>
    account
      .http()
      .post('/actuator/circuitbreakers/customer')
      .set('authorization', `Bearer ${actuatorToken}`)
      .send({ updateState })
      .expect(200);

/** The faults under which no customer can be verified. */
const unavailable: Fault[] = [
  { fault: 'is slower than the time limit', inject: customerIs({ latency: veryLong }) },
  {
    fault: 'has a latency distribution above the time limit',
    inject: customerIs({ latency: { min: '20s', p50: '30s', p99: '60s', max: veryLong } }),
  },
  { fault: 'responds with 500', inject: errors(500) },
  { fault: 'responds with 503', inject: errors(503) },
  { fault: 'responds with 429', inject: errors(429) },
  { fault: 'responds with 400', inject: errors(400) },
  { fault: 'responds with a 404 that is no “customer-not-found”', inject: errors(404) },
  { fault: 'hangs', inject: customerIs({ hang: { rate: 1 } }) },
  { fault: 'resets connections', inject: customerIs({ reset: { rate: 1 } }) },
  {
    fault: 'has all its workers busy and its queue full',
    inject: async ({ customer }) => {
      await customer.setFaults({ latency: veryLong, capacity: { workers: 1, queue: 0, abandonedWork: 'kept' } });
      // The first request occupies the only worker, also after it was aborted.
      await vi.waitFor(
        async () => {
          const { status } = await fetch(`${customer.url}/customers/${another}`, { signal: AbortSignal.timeout(500) });
          expect(status).toBe(503);
        },
        { timeout: 10_000 },
      );
    },
  },
  {
    fault: 'refuses connections',
    inject: ({ customer }) => customer.close(),
    remove: ({ customer }) => customer.reopen(),
  },
  {
    fault: 'has no database',
    inject: ({ customer }) => customer.route.inject({ kind: 'close' }),
    remove: ({ customer }) => customer.route.heal(),
  },
  {
    fault: 'is not called: the circuit breaker is forced open',
    inject: circuitBreaker('FORCE_OPEN'),
    remove: circuitBreaker('CLOSE'),
  },
  {
    fault: 'is not called: the bulkhead is full',
    // A call with a permit would last longer than the bound.
    environment: {
      RESILIENCE4J_BULKHEAD_INSTANCES_CUSTOMER_MAXCONCURRENTCALLS: '1',
      RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '60s',
      REQUEST_TIMEOUT: '60s',
    },
    inject: async ({ account, customer }) => {
      await customer.setFaults({ hang: { rate: 1 } });
      void account.open(another).then(() => {});
      await eventually(async () => expect(await customer.injected()).toMatchObject({ hang: 1 }));
    },
  },
];

interface Expected {
  readonly known: string;
  readonly fresh: string;
  readonly unknown: string;
}

const stale = '201 ACTIVE by LAST_GOOD';
const verified = '201 ACTIVE by CUSTOMER';
const pending = '202 PENDING_VERIFICATION';
const rejected = '422 unknown-customer';

const matrix: (Fault & Expected)[] = [
  { fault: 'is healthy', inject: () => {}, known: verified, fresh: verified, unknown: rejected },
  {
    fault: 'reports that it is not ready, but responds',
    inject: customerIs({ unready: true }),
    known: verified,
    fresh: verified,
    unknown: rejected,
  },
  {
    // The fault leaves the response to an unknown customer as it is.
    fault: 'responds with a malformed customer',
    inject: customerIs({ malformed: { rate: 1 } }),
    known: stale,
    fresh: pending,
    unknown: rejected,
  },
  ...unavailable.map((fault) => ({ ...fault, known: stale, fresh: pending, unknown: pending })),
];

async function startBoth(more: Fault['environment'] = {}): Promise<Services> {
  const customer = await startCustomer();
  const account = await startAccount({ CUSTOMER_URL: customer.url, ...environment, ...more });
  onTestFinished(async () => {
    // A call in flight would delay the stop of account.
    await customer.stop();
    await account.stop();
  });
  return { customer, account };
}

/** A response in a few words, and the id of the account if there is one. */
async function openFor({ account }: Services, customerId: string, key: string) {
  const startedAt = performance.now();
  const { status, body, headers } = await account.open(customerId).set('idempotency-key', key);
  const opened = body as { id: string; type: string; status: string; verifiedBy: string | null };
  const by = opened.verifiedBy === null ? '' : ` by ${opened.verifiedBy}`;
  const result = status < 300 ? `${opened.status}${by}` : opened.type.split(':').at(-1);
  const replayed = headers['idempotency-replayed'] === 'true';
  return { summary: `${status} ${result}`, replayed, id: opened.id, ms: performance.now() - startedAt };
}

type Responses = Readonly<Record<keyof typeof customerIds, Awaited<ReturnType<typeof openFor>>>>;

/** One request for each customer at the same time, under the key of the same name. */
async function openForAll(
  services: Services,
  keys: Readonly<Record<keyof typeof customerIds, string>>,
): Promise<Responses> {
  const [known, fresh, unknown] = await Promise.all([
    openFor(services, customerIds.known, keys.known),
    openFor(services, customerIds.fresh, keys.fresh),
    openFor(services, customerIds.unknown, keys.unknown),
  ]);
  return { known, fresh, unknown };
}

const summaries = ({ known, fresh, unknown }: Responses) => ({
  known: known.summary,
  fresh: fresh.summary,
  unknown: unknown.summary,
});

const newKeys = () => ({ known: randomUUID(), fresh: randomUUID(), unknown: randomUUID() });

async function statusesOf(account: RunningAccount, paths: readonly string[]): Promise<number[]> {
  return Promise.all(paths.map(async (path) => (await account.http().get(path)).status));
}

const pathsOf = (id: string) => [
  `/accounts/${id}`,
  `/accounts/${id}/history`,
  '/accounts?limit=5',
  '/health/live',
  '/health/ready',
];

/** Waits until no account is pending, and makes postponed attempts due. */
async function reconcile({ databaseUrl }: RunningAccount): Promise<void> {
  await vi.waitFor(
    async () => {
      await letTimePass(databaseUrl, '1 minute');
      expect(await readQueue(databaseUrl)).toEqual([]);
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** The statuses of an account, the oldest first; undefined if there is no account. */
async function historyOf(account: RunningAccount, id: string | undefined): Promise<string[] | undefined> {
  if (id === undefined) return undefined;
  const { body } = await account.http().get(`/accounts/${id}/history`);
  return (body as { toStatus: string }[]).map(({ toStatus }) => toStatus);
}

describe.each(matrix)('while customer $fault', ({ inject, remove = customerIs({}), environment, ...expected }) => {
  const { known, fresh, unknown } = expected;

  it(`account responds with “${known}”, “${fresh}” and “${unknown}”, and settles every account afterwards`, async () => {
    const services = await startBoth(environment);
    const { account } = services;
    const before = await openFor(services, customerIds.known, randomUUID());
    expect(before.summary).toBe(verified);
    const keys = newKeys();

    await inject(services);
    const responses = await openForAll(services, keys);
    const others = await statusesOf(account, pathsOf(before.id));
    await remove(services);

    expect(summaries(responses)).toEqual({ known, fresh, unknown });
    expect(others).toEqual([200, 200, 200, 200, 200]);
    expect(Math.max(...Object.values(responses).map(({ ms }) => ms))).toBeLessThan(boundMs);

    await reconcile(account);
    const repeated = await openForAll(services, keys);
    const stored = (await readAccounts(account.databaseUrl)).filter(({ customerId }) => customerId !== another);

    // The same responses as the first time, and no second accounts.
    expect(summaries(repeated)).toEqual(summaries(responses));
    expect(Object.values(repeated).map(({ replayed }) => replayed)).toEqual([true, true, true]);
    expect(stored).toMatchObject([
      { customerId: customerIds.known, status: 'ACTIVE' },
      { customerId: customerIds.known, status: 'ACTIVE', id: responses.known.id },
      { customerId: customerIds.fresh, status: 'ACTIVE', id: responses.fresh.id, verifiedBy: 'CUSTOMER' },
      ...(unknown === pending
        ? [{ customerId: customerIds.unknown, status: 'REJECTED', id: responses.unknown.id, verifiedBy: null }]
        : []),
    ]);
    expect(await historyOf(account, responses.fresh.id)).toEqual([
      ...(fresh === pending ? ['PENDING_VERIFICATION'] : []),
      'ACTIVE',
    ]);
    expect(await historyOf(account, responses.unknown.id)).toEqual(
      unknown === pending ? ['PENDING_VERIFICATION', 'REJECTED'] : undefined,
    );
  });
});

describe('while account has no database', () => {
  it('responds with 503, stores nothing, and serves the repeated requests afterwards', async () => {
    const services = await startBoth();
    const { account } = services;
    const before = await openFor(services, customerIds.known, randomUUID());
    const keys = newKeys();
    expect(await statusesOf(account, pathsOf(before.id))).toEqual([200, 200, 200, 200, 200]);

    account.route.inject({ kind: 'close' });
    const responses = await openForAll(services, keys);
    const problem = await account.open(customerIds.known);
    const others = await statusesOf(account, pathsOf(before.id));
    account.route.heal();

    const failed = '503 database-unavailable';
    expect(summaries(responses)).toEqual({ known: failed, fresh: failed, unknown: failed });
    expect(Math.max(...Object.values(responses).map(({ ms }) => ms))).toBeLessThan(boundMs);
    expect(problem.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '1',
    });
    expect(others).toEqual([503, 503, 503, 200, 200]);
    expect(await readAccounts(account.databaseUrl)).toMatchObject([{ id: before.id }]);

    await vi.waitFor(
      async () => expect(await statusesOf(account, pathsOf(before.id))).toEqual([200, 200, 200, 200, 200]),
      {
        timeout: 15_000,
        interval: 50,
      },
    );
    const repeated = await openForAll(services, keys);

    expect(summaries(repeated)).toEqual({ known: verified, fresh: verified, unknown: rejected });
    expect(await readAccounts(account.databaseUrl)).toHaveLength(3);
  });
});
