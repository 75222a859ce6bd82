import { migrateAccount } from '@breakwater/account/testing';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { FakeClock } from '@breakwater/resilience/testing';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { insertPending, letTimePass, readAccounts, readQueue } from './pending-accounts.ts';
import { respondWithCustomer, StandInCustomer } from './stand-in-customer.ts';
import { eventually, oneAttempt, startAccount, startReplica, type RunningAccount } from './services.ts';

/** No test waits long for a round. */
const frequent = { RECONCILIATION_INTERVAL: '20ms' };
const manyCustomers = (count: number): string[] => Array.from({ length: count }, (_, n) => `c-${n}`);

describe('reconciliation', () => {
  let customer: StandInCustomer;

  beforeEach(async () => {
    customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
  });

  const start = async (environment: Readonly<Record<string, string>> = {}, clock?: FakeClock) => {
    const account = await startAccount({ CUSTOMER_URL: customer.url, ...frequent, ...environment }, clock);
    onTestFinished(() => account.stop());
    return account;
  };

  /** Another replica on the same database. */
  const addReplica = async (
    { databaseUrl }: Pick<RunningAccount, 'databaseUrl'>,
    environment: Readonly<Record<string, string>>,
  ) => {
    const replica = await startReplica(databaseUrl, { CUSTOMER_URL: customer.url, ...frequent, ...environment });
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= replica.stop());
    onTestFinished(stop);
    return { stop };
  };

  const metric = async (account: RunningAccount, name: string): Promise<number | undefined> => {
    const { text } = await account.http().get('/metrics');
    const line = text.split('\n').find((line) => line.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };

  const calledFor = (): string[] => customer.requests.map(({ url }) => url?.split('/').at(-1) ?? '');
  const statuses = async ({ databaseUrl }: RunningAccount): Promise<string[]> =>
    (await readAccounts(databaseUrl)).map(({ status }) => status);

  it('makes pending accounts active once customer has recovered, without any request of a client', async () => {
    const clock = new FakeClock();
    customer.respondWith(503);
    const account = await start(
      {
        RESILIENCE4J_CIRCUITBREAKER_INSTANCES_RECONCILIATION_MINIMUMNUMBEROFCALLS: '2',
        // One call at a time: none is in flight when the second failure opens the circuit breaker.
        RESILIENCE4J_BULKHEAD_INSTANCES_RECONCILIATION_MAXCONCURRENTCALLS: '1',
      },
      clock,
    );
    await insertPending(account.databaseUrl, manyCustomers(5));

    // Two failures open the circuit breaker; the other accounts cause no call in any round.
    await eventually(() => {
      clock.advance(125);
      expect(customer.requests.length).toBeGreaterThanOrEqual(2);
    });
    await eventually(async () =>
      expect((await readQueue(account.databaseUrl)).filter(({ attempts }) => attempts > 0)).toHaveLength(2),
    );
    const failedCalls = customer.requests.length;
    customer.recover();
    await letTimePass(account.databaseUrl, '1 minute');
    clock.advance(10_001);

    await vi.waitFor(
      async () => {
        clock.advance(125);
        expect(await statuses(account)).toEqual(Array.from({ length: 5 }, () => 'ACTIVE'));
      },
      { timeout: 60_000 },
    );
    const ready = await account.http().get('/health/ready');
    expect(failedCalls).toBe(2);
    const breakers = ready.body.details.circuitBreakers.details;
    expect(breakers.customer.details.state).toBe('CLOSED');
    expect(breakers.reconciliation.details.state).toBe('CLOSED');
    expect(await readQueue(account.databaseUrl)).toEqual([]);
    expect(await readAccounts(account.databaseUrl)).toMatchObject(
      manyCustomers(5).map((customerId) => ({
        customerId,
        version: 2,
        verifiedBy: 'CUSTOMER',
        verifiedAt: expect.any(Date) as Date,
        history: ['PENDING_VERIFICATION->ACTIVE: customer verified'],
      })),
    );
  });

  it('rejects accounts of unknown customers, with the reason in their history', async () => {
    customer.knowNoCustomer();
    const account = await start();
    await insertPending(account.databaseUrl, ['c-9999']);

    await vi.waitFor(async () => expect(await statuses(account)).toEqual(['REJECTED']), { timeout: 10_000 });

    expect(await readAccounts(account.databaseUrl)).toMatchObject([
      { version: 2, verifiedBy: null, history: ['PENDING_VERIFICATION->REJECTED: there is no such customer'] },
    ]);
  });

  it('calls once for each account and keeps its pace, with two replicas and two hundred accounts', async () => {
    // The eight calls a second of a replica are forty here.
    const paced = { DEMO_MODE: 'true', TIME_SCALE: '5', RESILIENCE4J_RETRYBUDGET_INSTANCES_CUSTOMER_TTL: '1s' };
    const account = await start({ ...paced, RECONCILIATION_INTERVAL: '1h' });
    await insertPending(account.databaseUrl, manyCustomers(200));
    const startedAt = performance.now();
    const replicas = [await addReplica(account, paced), await addReplica(account, paced)];

    await vi.waitFor(async () => expect(await readQueue(account.databaseUrl)).toEqual([]), { timeout: 40_000 });
    const seconds = (performance.now() - startedAt) / 1_000;
    await Promise.all(replicas.map(({ stop }) => stop()));

    expect(calledFor().toSorted()).toEqual(manyCustomers(200).toSorted());
    // A period that has just started permits a second call.
    expect(200).toBeLessThanOrEqual(2 * (seconds * 40 + 2));
    expect(new Set(await statuses(account))).toEqual(new Set(['ACTIVE']));
    expect((await readAccounts(account.databaseUrl)).every(({ version }) => version === 2)).toBe(true);
  });

  it('verifies pending accounts without the trial calls of requests, and after the wait of their circuit breaker', async () => {
    const clock = new FakeClock();
    customer.respondWith(503);
    const account = await start(oneAttempt, clock);
    for (let call = 1; call <= 10; call += 1) expect((await account.open(`c-${call}`)).status).toBe(202);
    customer.recover();
    const state = async (): Promise<string> =>
      (await account.http().get('/actuator/circuitbreakers')).body.circuitBreakers.customer.state;
    const callsOfRequests = customer.requests.length;
    await letTimePass(account.databaseUrl, '1 minute');
    await eventually(async () => expect(await metric(account, 'account_pending_verifications')).toBe(10), 200);
    const whileWaiting = { state: await state(), calls: customer.requests.length - callsOfRequests };

    clock.advance(10_001);
    await vi.waitFor(
      async () => {
        clock.advance(125);
        expect(new Set(await statuses(account))).toEqual(new Set(['ACTIVE']));
      },
      { timeout: 60_000 },
    );
    const afterwards = await state();
    for (let call = 1; call <= 3; call += 1) expect((await account.open('c-new')).status).toBe(201);

    expect(whileWaiting).toEqual({ state: 'OPEN', calls: 0 });
    expect([afterwards, await state()]).toEqual(['OPEN', 'CLOSED']);
  });

  it('leaves requests for other customers alone while two hundred pending accounts can never be verified', async () => {
    const failing = manyCustomers(200);
    customer.respondForSome(500, new Set(failing));
    // The eight calls a second of the reconciler are forty here.
    const account = await start({ DEMO_MODE: 'true', TIME_SCALE: '5', RECONCILIATION_MAX_ATTEMPTS: '2' });
    await insertPending(account.databaseUrl, failing);

    const opened: number[] = [];
    for (let request = 1; request <= 150; request += 1) {
      // Postponed attempts are due at once, more often than any back-off permits.
      if (request % 10 === 0) await letTimePass(account.databaseUrl, '1 hour');
      opened.push((await account.open(`healthy-${request}`)).status);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    const failedCalls = calledFor().filter((id) => failing.includes(id)).length;
    const { text } = await account.http().get('/metrics');

    expect(opened.filter((status) => status === 201)).toHaveLength(150);
    // The reconciler has called, and its own circuit breaker has limited its calls.
    expect(failedCalls).toBeGreaterThanOrEqual(10);
    expect(text).toContain(
      'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed",application="account"} 0',
    );
  });

  it('sets an account aside that customer cannot verify while it verifies others', async () => {
    customer.respondForSome(500, new Set(['c-bad']));
    const account = await start({ RECONCILIATION_MAX_ATTEMPTS: '2' });
    await insertPending(account.databaseUrl, ['c-bad']);

    // The real back-offs are a few seconds in all. Moving the times of the queue would end leases of attempts in flight.
    await vi.waitFor(
      async () => {
        expect((await account.open('c-1001')).status).toBe(201);
        expect(await metric(account, 'account_verifications_set_aside')).toBe(1);
      },
      { timeout: 60_000, interval: 100 },
    );
    const calls = calledFor().filter((id) => id === 'c-bad').length;

    expect(await metric(account, 'account_pending_verifications')).toBe(0);
    expect(await metric(account, 'account_verifications_total{result="set_aside"}')).toBe(1);
    expect(calls).toBeGreaterThanOrEqual(3);
    expect(await statuses(account)).toContain('PENDING_VERIFICATION');
  });

  it('makes no call and counts no attempt while the circuit breaker is open', async () => {
    const account = await start({ ACTUATOR_TOKEN: 'operator-token' });
    const update = (updateState: string) =>
      account
        .http()
        .post('/actuator/circuitbreakers/customer')
        .set('authorization', 'Bearer operator-token')
        .send({ updateState });
    await update('FORCE_OPEN');
    await insertPending(account.databaseUrl, manyCustomers(30));

    // Several rounds, for as long as a scrape or two take.
    await vi.waitFor(async () => expect(await metric(account, 'account_pending_verifications')).toBe(30), {
      interval: 200,
    });
    // A round in progress has claimed accounts, and releases them when their calls are refused.
    await vi.waitFor(async () => {
      const queue = await readQueue(account.databaseUrl);
      expect(queue.map(({ attempts, isDue }) => ({ attempts, isDue }))).toEqual(
        Array.from({ length: 30 }, () => ({ attempts: 0, isDue: true })),
      );
    });
    const callsWhileOpen = customer.requests.length;
    await update('CLOSE');

    expect(callsWhileOpen).toBe(0);
    await vi.waitFor(() => expect(customer.requests.length).toBeGreaterThan(0), { timeout: 10_000 });
  });

  it('tries again some time after a failure', async () => {
    customer.respondWith(500);
    const account = await start();
    await insertPending(account.databaseUrl, ['c-1001']);
    await eventually(async () => expect(await readQueue(account.databaseUrl)).toMatchObject([{ attempts: 1 }]));

    customer.recover();
    await letTimePass(account.databaseUrl, '1s');

    await eventually(async () => expect(await statuses(account)).toEqual(['ACTIVE']));
    expect(customer.requests).toHaveLength(2);
  });

  it('takes the accounts of a killed replica when their lease ends', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    const [accountId] = await insertPending(database.url, ['c-1001']);
    customer.hold();
    const requested = customer.nextRequest();
    const environment = { DATABASE_URL: database.url, CUSTOMER_URL: customer.url, ...frequent };
    const killed = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), environment);
    onTestFinished(() => killed.kill('SIGKILL'));
    await requested;
    killed.kill('SIGKILL');
    await killed.ended;
    customer.recover();
    const survivor = await addReplica({ databaseUrl: database.url }, {});

    await letTimePass(database.url, '25s');
    const whileHeld = await readQueue(database.url);
    await letTimePass(database.url, '6s');

    expect(whileHeld).toEqual([{ accountId, attempts: 0, isDue: false }]);
    await eventually(async () => expect(await readAccounts(database.url)).toMatchObject([{ status: 'ACTIVE' }]));
    await survivor.stop();
  });

  it('completes in-flight calls at SIGTERM and releases the other accounts at once', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    await insertPending(database.url, manyCustomers(10));
    customer.hold();
    const requested = customer.nextRequest();
    const service = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      ...frequent,
      RESILIENCE4J_BULKHEAD_INSTANCES_RECONCILIATION_MAXCONCURRENTCALLS: '1',
    });
    onTestFinished(() => service.kill('SIGKILL'));
    const held = await requested;

    service.kill('SIGTERM');
    await eventually(async () => {
      const due = (await readQueue(database.url)).filter(({ isDue, attempts }) => isDue && attempts === 0);
      expect(due).toHaveLength(9);
    });
    respondWithCustomer(held);

    expect(await service.ended).toEqual({ code: 0, errors: '' });
    expect(customer.requests).toHaveLength(1);
    expect(await readQueue(database.url)).toHaveLength(9);
    expect((await readAccounts(database.url)).filter(({ status }) => status === 'ACTIVE')).toHaveLength(1);
  });

  it('waits for an unavailable database, and exposes no length of the queue meanwhile', async () => {
    const account = await start();
    const before = await metric(account, 'account_pending_verifications');
    account.route.inject({ kind: 'close' });
    const unavailable = await vi.waitFor(
      async () => {
        const value = await metric(account, 'account_pending_verifications');
        expect(value).toBeUndefined();
        return value;
      },
      { timeout: 10_000, interval: 200 },
    );
    await insertPending(account.databaseUrl, ['c-1001']);
    account.route.heal();

    expect({ before, unavailable }).toEqual({ before: 0, unavailable: undefined });
    await vi.waitFor(async () => expect(await statuses(account)).toEqual(['ACTIVE']), { timeout: 60_000 });
    await vi.waitFor(
      async () => expect(await metric(account, 'account_verifications_total{result="active"}')).toBe(1),
      { timeout: 10_000, interval: 200 },
    );
  });
});
