import { createAccountService, migrateAccount } from '@breakwater/account/testing';
import { startProcess } from '@breakwater/service-kit/testing';
import { createDatabase } from '@breakwater/system-runner/postgres';
import { FakeClock } from '@breakwater/resilience/testing';
import { beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { eventually } from './eventually.ts';
import { insertPending, letTimePass, readAccounts, readQueue } from './pending-accounts.ts';
import { startAccount, type RunningAccount } from './running-account.ts';
import { answerWithCustomer, StandInCustomer } from './stand-in-customer.ts';

/** Often, so that no test waits for a round. */
const often = { RECONCILIATION_INTERVAL: '20ms' };
const manyCustomers = (count: number): string[] => Array.from({ length: count }, (_, n) => `c-${n}`);

describe('reconciliation', () => {
  let customer: StandInCustomer;

  beforeEach(async () => {
    customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
  });

  const start = async (environment: Readonly<Record<string, string>> = {}, clock?: FakeClock) => {
    const account = await startAccount({ CUSTOMER_URL: customer.url, ...often, ...environment }, clock);
    onTestFinished(() => account.stop());
    return account;
  };

  /** Another replica, on the same database. */
  const startReplica = async ({ databaseUrl }: RunningAccount, environment: Readonly<Record<string, string>>) => {
    const replica = await createAccountService({
      DATABASE_URL: databaseUrl,
      CUSTOMER_URL: customer.url,
      ...often,
      ...environment,
    });
    await replica.init();
    let closed: Promise<void> | undefined;
    const stop = () => (closed ??= replica.close());
    onTestFinished(stop);
    return { stop };
  };

  const metric = async (account: RunningAccount, name: string): Promise<number | undefined> => {
    const { text } = await account.http().get('/metrics');
    const line = text.split('\n').find((line) => line.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.split(' ').at(-1));
  };

  const askedFor = (): string[] => customer.requests.map(({ url }) => url?.split('/').at(-1) ?? '');
  const statuses = async ({ databaseUrl }: RunningAccount): Promise<string[]> =>
    (await readAccounts(databaseUrl)).map(({ status }) => status);

  it('makes pending accounts active once customer has recovered, though no client asks for anything', async () => {
    const clock = new FakeClock();
    customer.answerWith(503);
    const account = await start(
      {
        RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_MINIMUMNUMBEROFCALLS: '2',
        // One after the other, so that nothing is under way any more when the second failure opens the circuit breaker.
        RESILIENCE4J_BULKHEAD_INSTANCES_RECONCILIATION_MAXCONCURRENTCALLS: '1',
      },
      clock,
    );
    await insertPending(account.databaseUrl, manyCustomers(5));

    // Two failures open the circuit breaker; what is left is not asked for, however often a round looks.
    await eventually(() => {
      clock.advance(125);
      expect(customer.requests.length).toBeGreaterThanOrEqual(2);
    });
    await eventually(async () =>
      expect((await readQueue(account.databaseUrl)).filter(({ attempts }) => attempts > 0)).toHaveLength(2),
    );
    const askedInVain = customer.requests.length;
    customer.recover();
    await letTimePass(account.databaseUrl, '1 minute');
    clock.advance(10_001);

    await vi.waitFor(
      async () => {
        clock.advance(125);
        expect(await statuses(account)).toEqual(Array.from({ length: 5 }, () => 'ACTIVE'));
      },
      { timeout: 20_000 },
    );
    const ready = await account.http().get('/health/ready');
    expect(askedInVain).toBe(2);
    expect(ready.body.details.customer.circuitBreaker).toBe('CLOSED');
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

  it('rejects accounts whose customers nobody knows, and says in their history why', async () => {
    customer.answerWith(404);
    const account = await start();
    await insertPending(account.databaseUrl, ['c-9999']);

    await vi.waitFor(async () => expect(await statuses(account)).toEqual(['REJECTED']), { timeout: 10_000 });

    expect(await readAccounts(account.databaseUrl)).toMatchObject([
      { version: 2, verifiedBy: null, history: ['PENDING_VERIFICATION->REJECTED: there is no such customer'] },
    ]);
  });

  it('asks for each account once and keeps to its pace, with two replicas and two hundred accounts', async () => {
    // Each replica's eight questions a second are forty here.
    const paced = { DEMO_MODE: 'true', TIME_SCALE: '5', RESILIENCE4J_RETRYBUDGET_INSTANCES_CUSTOMER_TTL: '1s' };
    const account = await start({ ...paced, RECONCILIATION_INTERVAL: '1h' });
    await insertPending(account.databaseUrl, manyCustomers(200));
    const startedAt = performance.now();
    const replicas = [await startReplica(account, paced), await startReplica(account, paced)];

    await vi.waitFor(async () => expect(await readQueue(account.databaseUrl)).toEqual([]), { timeout: 40_000 });
    const seconds = (performance.now() - startedAt) / 1_000;
    await Promise.all(replicas.map(({ stop }) => stop()));

    expect(askedFor().toSorted()).toEqual(manyCustomers(200).toSorted());
    // A period that has just begun lets a second question through.
    expect(200).toBeLessThanOrEqual(2 * (seconds * 40 + 2));
    expect(new Set(await statuses(account))).toEqual(new Set(['ACTIVE']));
    expect((await readAccounts(account.databaseUrl)).every(({ version }) => version === 2)).toBe(true);
  });

  it('does not ask a customer that the circuit breaker protects, and burns no attempt on it', async () => {
    const account = await start({ ACTUATOR_TOKEN: 'let-me-turn-switches' });
    const update = (updateState: string) =>
      account
        .http()
        .post('/actuator/circuitbreakers/customer')
        .set('authorization', 'Bearer let-me-turn-switches')
        .send({ updateState });
    await update('FORCE_OPEN');
    await insertPending(account.databaseUrl, manyCustomers(30));

    // As many rounds as it takes for a scrape or two.
    await vi.waitFor(async () => expect(await metric(account, 'account_pending_verifications')).toBe(30), {
      interval: 200,
    });
    const whileOpen = { asked: customer.requests.length, queue: await readQueue(account.databaseUrl) };
    await update('CLOSE');

    expect(whileOpen.asked).toBe(0);
    expect(whileOpen.queue.every(({ attempts, isDue }) => attempts === 0 && isDue)).toBe(true);
    await vi.waitFor(() => expect(customer.requests.length).toBeGreaterThan(0), { timeout: 10_000 });
  });

  it('tries again after a failure, later', async () => {
    customer.answerWith(500);
    const account = await start();
    await insertPending(account.databaseUrl, ['c-1001']);
    await eventually(async () => expect(await readQueue(account.databaseUrl)).toMatchObject([{ attempts: 1 }]));

    customer.recover();
    await letTimePass(account.databaseUrl, '1s');

    await eventually(async () => expect(await statuses(account)).toEqual(['ACTIVE']));
    expect(customer.requests).toHaveLength(2);
  });

  it('takes over what a replica held that was killed, once its lease has ended', async () => {
    const database = await createDatabase(inject('databaseServerUrl'));
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    const [accountId] = await insertPending(database.url, ['c-1001']);
    customer.hold();
    const asked = customer.nextRequest();
    const environment = { DATABASE_URL: database.url, CUSTOMER_URL: customer.url, ...often };
    const killed = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), environment);
    onTestFinished(() => killed.kill('SIGKILL'));
    await asked;
    killed.kill('SIGKILL');
    await killed.ended;
    customer.recover();
    const survivor = await startReplica({ databaseUrl: database.url } as RunningAccount, {});

    await letTimePass(database.url, '25s');
    const whileHeld = await readQueue(database.url);
    await letTimePass(database.url, '6s');

    expect(whileHeld).toEqual([{ accountId, attempts: 0, isDue: false }]);
    await eventually(async () => expect(await readAccounts(database.url)).toMatchObject([{ status: 'ACTIVE' }]));
    await survivor.stop();
  });

  it('sees through what is under way at SIGTERM, and gives the rest back at once', async () => {
    const database = await createDatabase(inject('databaseServerUrl'));
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    await insertPending(database.url, manyCustomers(10));
    customer.hold();
    const asked = customer.nextRequest();
    const service = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      ...often,
      RESILIENCE4J_BULKHEAD_INSTANCES_RECONCILIATION_MAXCONCURRENTCALLS: '1',
    });
    onTestFinished(() => service.kill('SIGKILL'));
    const held = await asked;

    service.kill('SIGTERM');
    await eventually(async () => {
      const due = (await readQueue(database.url)).filter(({ isDue, attempts }) => isDue && attempts === 0);
      expect(due).toHaveLength(9);
    });
    answerWithCustomer(held);

    expect(await service.ended).toEqual({ code: 0, errors: '' });
    expect(customer.requests).toHaveLength(1);
    expect(await readQueue(database.url)).toHaveLength(9);
    expect((await readAccounts(database.url)).filter(({ status }) => status === 'ACTIVE')).toHaveLength(1);
  });

  it('waits for a database that is away, and tells nobody a number that nobody knows', async () => {
    const account = await start();
    const before = await metric(account, 'account_pending_verifications');
    account.route.disconnect();
    const away = await vi.waitFor(
      async () => {
        const value = await metric(account, 'account_pending_verifications');
        expect(value).toBeUndefined();
        return value;
      },
      { timeout: 10_000, interval: 200 },
    );
    await insertPending(account.databaseUrl, ['c-1001']);
    account.route.reconnect();

    expect({ before, away }).toEqual({ before: 0, away: undefined });
    await vi.waitFor(async () => expect(await statuses(account)).toEqual(['ACTIVE']), { timeout: 20_000 });
    await vi.waitFor(
      async () => expect(await metric(account, 'account_verifications_total{result="active"}')).toBe(1),
      { timeout: 10_000, interval: 200 },
    );
  });
});
