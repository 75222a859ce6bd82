import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { eventually } from './eventually.ts';
import { letTimePass, readAccounts, readQueue } from './pending-accounts.ts';
import { startAccount, type RunningAccount } from './running-account.ts';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

/** Both services, for real. */
interface Services {
  readonly account: RunningAccount;
  readonly customer: RunningCustomer;
}

interface Fault {
  readonly fault: string;
  readonly strike: (services: Services) => unknown;
  /** Default: customer is healed. */
  readonly heal?: (services: Services) => unknown;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Who is asked about while the fault lasts. Customer knows the first two. */
const people = { remembered: 'c-1001', newcomer: 'c-1002', stranger: 'c-9999' } as const;
/** Whose request is under way already, where a fault needs one. */
const another = 'c-1003';

/** How long customer is waited for. Long enough for a busy machine to answer in while all is well. */
const timeLimitMs = 1_000;
/** Two attempts and the pause between them, five times over. Whoever waited for a fault to pass would wait much longer. */
const boundMs = 5 * 2 * timeLimitMs;
const forEver = '5m';

const actuatorToken = 'let-me-turn-switches';
const environment = {
  ACTUATOR_TOKEN: actuatorToken,
  RECONCILIATION_INTERVAL: '50ms',
  RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: `${timeLimitMs}ms`,
  RESILIENCE4J_RATELIMITER_INSTANCES_RECONCILIATION_LIMITREFRESHPERIOD: '20ms',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_WAITDURATIONINOPENSTATE: '200ms',
  // What it makes of many failures is shown elsewhere: here every question is about the fault itself.
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '100',
  RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_MINIMUMNUMBEROFCALLS: '100',
};

const customerIs =
  (faults: object) =>
  ({ customer }: Services) =>
    customer.breakWith(faults);

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

/** Under which nobody can say whether a customer exists. */
const unanswered: Fault[] = [
  { fault: 'is slower than it is waited for', strike: customerIs({ latency: forEver }) },
  {
    fault: 'is slow by a distribution that begins above the time limit',
    strike: customerIs({ latency: { min: '20s', p50: '30s', p99: '60s', max: forEver } }),
  },
  { fault: 'answers 500', strike: errors(500) },
  { fault: 'answers 503', strike: errors(503) },
  { fault: 'answers 429', strike: errors(429) },
  { fault: 'answers 400', strike: errors(400) },
  { fault: 'hangs', strike: customerIs({ hang: { rate: 1 } }) },
  { fault: 'resets connections', strike: customerIs({ reset: { rate: 1 } }) },
  {
    fault: 'has all its workers busy and its queue full',
    strike: async ({ customer }) => {
      await customer.breakWith({ latency: forEver, capacity: { workers: 1, queue: 0, abandonedWork: 'kept' } });
      // The first who asks takes the only worker, and goes away again; the worker works on all the same.
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
    fault: 'is gone, and its connections are refused',
    strike: ({ customer }) => customer.goAway(),
    heal: ({ customer }) => customer.comeBack(),
  },
  {
    fault: 'has lost its database',
    strike: ({ customer }) => customer.route.disconnect(),
    heal: ({ customer }) => customer.route.reconnect(),
  },
  {
    fault: 'may not be asked: the circuit breaker was forced open',
    strike: circuitBreaker('FORCE_OPEN'),
    heal: circuitBreaker('CLOSE'),
  },
  {
    fault: 'may not be asked: the bulkhead is full',
    // Whoever got a place would wait for longer than the bound.
    environment: {
      RESILIENCE4J_BULKHEAD_INSTANCES_CUSTOMER_MAXCONCURRENTCALLS: '1',
      RESILIENCE4J_TIMELIMITER_INSTANCES_CUSTOMER_TIMEOUTDURATION: '60s',
      REQUEST_TIMEOUT: '60s',
    },
    strike: async ({ account, customer }) => {
      await customer.breakWith({ hang: { rate: 1 } });
      void account.open(another).then(() => {});
      await eventually(async () => expect(await customer.injected()).toMatchObject({ hang: 1 }));
    },
  },
];

interface Expected {
  readonly remembered: string;
  readonly newcomer: string;
  readonly stranger: string;
}

const lastGood = '201 ACTIVE by LAST_GOOD';
const asked = '201 ACTIVE by CUSTOMER';
const pending = '202 PENDING_VERIFICATION';
const unknown = '422 unknown-customer';

const matrix: (Fault & Expected)[] = [
  { fault: 'is well', strike: () => {}, remembered: asked, newcomer: asked, stranger: unknown },
  {
    fault: 'says that it is not ready, and answers all the same',
    strike: customerIs({ unready: true }),
    remembered: asked,
    newcomer: asked,
    stranger: unknown,
  },
  {
    // Who does not exist is answered with 404, which has no body that could be spoiled.
    fault: 'answers what is no customer, cut off or of another shape',
    strike: customerIs({ malformed: { rate: 1 } }),
    remembered: lastGood,
    newcomer: pending,
    stranger: unknown,
  },
  ...unanswered.map((fault) => ({ ...fault, remembered: lastGood, newcomer: pending, stranger: pending })),
];

async function startBoth(more: Fault['environment'] = {}): Promise<Services> {
  const customer = await startCustomer();
  const account = await startAccount({ CUSTOMER_URL: customer.url, ...environment, ...more });
  onTestFinished(async () => {
    // What still waits for customer would hold up the stop.
    await customer.stop();
    await account.stop();
  });
  return { customer, account };
}

/** An answer in a few words, and the id of the account where there is one. */
async function openFor({ account }: Services, customerId: string, key: string) {
  const startedAt = performance.now();
  const { status, body, headers } = await account.open(customerId).set('idempotency-key', key);
  const opened = body as { id: string; type: string; status: string; verifiedBy: string | null };
  const by = opened.verifiedBy === null ? '' : ` by ${opened.verifiedBy}`;
  const outcome = status < 300 ? `${opened.status}${by}` : opened.type.split(':').at(-1);
  const replayed = headers['idempotency-replayed'] === 'true';
  return { answer: `${status} ${outcome}`, replayed, id: opened.id, ms: performance.now() - startedAt };
}

type Answers = Readonly<Record<keyof typeof people, Awaited<ReturnType<typeof openFor>>>>;

/** Everybody at the same time, each under the key of the same name. */
async function openForAll(services: Services, keys: Readonly<Record<keyof typeof people, string>>): Promise<Answers> {
  const [remembered, newcomer, stranger] = await Promise.all([
    openFor(services, people.remembered, keys.remembered),
    openFor(services, people.newcomer, keys.newcomer),
    openFor(services, people.stranger, keys.stranger),
  ]);
  return { remembered, newcomer, stranger };
}

const inWords = ({ remembered, newcomer, stranger }: Answers) => ({
  remembered: remembered.answer,
  newcomer: newcomer.answer,
  stranger: stranger.answer,
});

const newKeys = () => ({ remembered: randomUUID(), newcomer: randomUUID(), stranger: randomUUID() });

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

/** Waits until nothing is left to be verified, however long that has been put off. */
async function reconcile({ databaseUrl }: RunningAccount): Promise<void> {
  await vi.waitFor(
    async () => {
      await letTimePass(databaseUrl, '1 minute');
      expect(await readQueue(databaseUrl)).toEqual([]);
    },
    { timeout: 30_000, interval: 100 },
  );
}

/** What the account has been, the first first; undefined where there is none. */
async function historyOf(account: RunningAccount, id: string | undefined): Promise<string[] | undefined> {
  if (id === undefined) return undefined;
  const { body } = await account.http().get(`/accounts/${id}/history`);
  return (body as { toStatus: string }[]).map(({ toStatus }) => toStatus);
}

describe.each(matrix)('while customer $fault', ({ strike, heal = customerIs({}), environment, ...expected }) => {
  const { remembered, newcomer, stranger } = expected;

  it(`answers “${remembered}”, “${newcomer}” and for nobody “${stranger}”, and all is in order when it is over`, async () => {
    const services = await startBoth(environment);
    const { account } = services;
    const before = await openFor(services, people.remembered, randomUUID());
    expect(before.answer).toBe(asked);
    const keys = newKeys();

    await strike(services);
    const answers = await openForAll(services, keys);
    const others = await statusesOf(account, pathsOf(before.id));
    await heal(services);

    expect(inWords(answers)).toEqual({ remembered, newcomer, stranger });
    expect(others).toEqual([200, 200, 200, 200, 200]);
    expect(Math.max(...Object.values(answers).map(({ ms }) => ms))).toBeLessThan(boundMs);

    await reconcile(account);
    const again = await openForAll(services, keys);
    const stored = (await readAccounts(account.databaseUrl)).filter(({ customerId }) => customerId !== another);

    // The same answer as the first time, and nobody has a second account for it.
    expect(inWords(again)).toEqual(inWords(answers));
    expect(Object.values(again).map(({ replayed }) => replayed)).toEqual([true, true, true]);
    expect(stored).toMatchObject([
      { customerId: people.remembered, status: 'ACTIVE' },
      { customerId: people.remembered, status: 'ACTIVE', id: answers.remembered.id },
      { customerId: people.newcomer, status: 'ACTIVE', id: answers.newcomer.id, verifiedBy: 'CUSTOMER' },
      ...(stranger === pending
        ? [{ customerId: people.stranger, status: 'REJECTED', id: answers.stranger.id, verifiedBy: null }]
        : []),
    ]);
    expect(await historyOf(account, answers.newcomer.id)).toEqual([
      ...(newcomer === pending ? ['PENDING_VERIFICATION'] : []),
      'ACTIVE',
    ]);
    expect(await historyOf(account, answers.stranger.id)).toEqual(
      stranger === pending ? ['PENDING_VERIFICATION', 'REJECTED'] : undefined,
    );
  });
});

describe('while account has lost its own database', () => {
  it('says so, stores nothing, and does what it is asked again when the database is back', async () => {
    const services = await startBoth();
    const { account } = services;
    const before = await openFor(services, people.remembered, randomUUID());
    const keys = newKeys();

    account.route.disconnect();
    const answers = await openForAll(services, keys);
    const problem = await account.open(people.remembered);
    const others = await statusesOf(account, pathsOf(before.id));
    account.route.reconnect();

    const away = '503 database-unavailable';
    expect(inWords(answers)).toEqual({ remembered: away, newcomer: away, stranger: away });
    expect(Math.max(...Object.values(answers).map(({ ms }) => ms))).toBeLessThan(boundMs);
    expect(problem.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'retry-after': '1',
    });
    expect(others).toEqual([503, 503, 503, 200, 503]);
    expect(await readAccounts(account.databaseUrl)).toMatchObject([{ id: before.id }]);

    await vi.waitFor(async () => expect(await statusesOf(account, ['/health/ready'])).toEqual([200]), {
      timeout: 15_000,
      interval: 50,
    });
    const again = await openForAll(services, keys);

    expect(inWords(again)).toEqual({ remembered: asked, newcomer: asked, stranger: unknown });
    expect(await readAccounts(account.databaseUrl)).toHaveLength(3);
  });
});
