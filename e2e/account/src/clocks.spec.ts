import { migrateAccount } from '@breakwater/account/testing';
import { type Database, startLocalPostgres, withClient } from '@breakwater/system-runner/postgres';
import {
  clockAhead,
  createTestDatabase,
  hasFaketime,
  movableClock,
  startProcess,
  type TestedProcess,
} from '@breakwater/system-runner/testing';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { insertPending } from './pending-accounts.ts';
import { eventually, startReplica } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

interface Account {
  readonly id: string;
  readonly status: string;
  readonly verifiedAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

if (!hasFaketime)
  process.stderr.write('NOT CHECKED: replicas with different clocks, because faketime is not installed.\n');

/** ISO 8601 sorts as text. */
function expectInOrder(times: readonly (string | null | undefined)[]): void {
  const texts = times.map(String);
  expect(texts.toSorted()).toEqual(texts);
}

describe.runIf(hasFaketime)('two replicas, one with a clock that is 90 s ahead (orbeon-forms#3407)', () => {
  let database: Database;
  let customer: StandInCustomer;
  const replicas: TestedProcess[] = [];
  let exact: string;
  let ahead: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    await migrateAccount(database.url);
    customer = await StandInCustomer.start();
    const start = (environment: Readonly<Record<string, string>>): Promise<string> => {
      const replica = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), {
        DATABASE_URL: database.url,
        CUSTOMER_URL: customer.url,
        ...environment,
      });
      replicas.push(replica);
      return replica.listening;
    };
    [exact, ahead] = await Promise.all([
      start({ RECONCILIATION_INTERVAL: '1h' }),
      // Only this replica verifies pending accounts.
      start({ RECONCILIATION_INTERVAL: '20ms', ...clockAhead(90) }),
    ]);
  });

  afterAll(async () => {
    for (const replica of replicas) replica.kill('SIGKILL');
    await Promise.all(replicas.map(({ ended }) => ended));
    await customer.stop();
    await database.drop();
  });

  beforeEach(() => customer.recover());

  async function request<T>(url: string, init: RequestInit = {}): Promise<T> {
    const headers = { 'content-type': 'application/json', 'if-match': '*' };
    const response = await fetch(url, { ...init, ...(init.method === undefined ? {} : { headers }) });
    const body = (await response.json()) as T;
    expect([response.status, body]).toEqual([expect.toBeOneOf([200, 201, 202]), expect.anything()]);
    return body;
  }

  const open = (replica: string, customerId = 'c-1001') =>
    request<Account>(`${replica}/accounts`, { method: 'POST', body: JSON.stringify({ customerId, currency: 'EUR' }) });
  const close = (replica: string, { id }: Account) =>
    request<Account>(`${replica}/accounts/${id}`, { method: 'PATCH', body: JSON.stringify({ status: 'CLOSED' }) });

  /** The times of an account and of its history, in the order in which they happened. */
  async function timesOf({ id }: Pick<Account, 'id'>): Promise<string[]> {
    const { createdAt, updatedAt } = await request<Account>(`${exact}/accounts/${id}`);
    const history = await request<{ happenedAt: string }[]>(`${exact}/accounts/${id}/history`);
    return [createdAt, ...history.map(({ happenedAt }) => happenedAt), updatedAt];
  }

  const databaseTime = () =>
    withClient(database.url, async (client) => {
      const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now');
      return rows[0]?.now.toISOString() ?? '';
    });

  it('lists the newest account first, whichever replica opened it', async () => {
    const opened: string[] = [];
    for (const replica of [ahead, exact, ahead, exact, exact, ahead]) opened.unshift((await open(replica)).id);

    const { items } = await request<{ items: Account[] }>(`${exact}/accounts?limit=6`);

    expect(items.map(({ id }) => id)).toEqual(opened);
  });

  it.each([
    ['the fast', 'the exact'],
    ['the exact', 'the fast'],
  ])('stores times that never run backwards when %s replica opens an account and %s one closes it', async (first) => {
    const [opener, closer] = first === 'the fast' ? [ahead, exact] : [exact, ahead];
    const before = await databaseTime();

    const account = await open(opener);
    await close(closer, account);

    const times = [before, ...(await timesOf(account)), await databaseTime()];
    expectInOrder(times);
  });

  it('stores when a customer was verified on the clock of the database, also from a stale value', async () => {
    const before = await databaseTime();

    const verified = await open(ahead, 'c-1002');
    customer.respondWith(503);
    const stale = await open(ahead, 'c-1002');
    const now = await databaseTime();

    // The call to customer ends before the account is opened.
    const earliest = new Date(Date.parse(before) - 1_000).toISOString();
    for (const { verifiedAt, createdAt } of [verified, stale]) {
      expectInOrder([earliest, verifiedAt, createdAt, now]);
    }
  });

  it('settles a pending account with the time of the database', async () => {
    const before = await databaseTime();

    const [id = ''] = await insertPending(database.url, ['c-1003']);
    const account = await eventually(async () => {
      const found = await request<Account>(`${exact}/accounts/${id}`);
      expect(found.status).toBe('ACTIVE');
      return found;
    });

    const now = await databaseTime();
    const [createdAt, ...changes] = await timesOf({ id });
    for (const times of [
      [before, createdAt, ...changes, now],
      [before, account.verifiedAt, account.updatedAt, now],
    ])
      expectInOrder(times);
  });

  it('does not store a change before the previous one when the clock of the database is set back', async () => {
    const account = await open(exact);
    await withClient(database.url, (client) =>
      client.query(`update account.accounts set updated_at = now() + interval '1 hour' where id = $1`, [account.id]),
    );
    const { updatedAt: before } = await request<Account>(`${exact}/accounts/${account.id}`);

    const { updatedAt } = await close(exact, account);

    expect([before, updatedAt].toSorted()).toEqual([before, updatedAt]);
    expect((await timesOf(account)).slice(-2)).toEqual([updatedAt, updatedAt]);
  });

  it('ran one of the replicas 90 s ahead, as the times in its log show', async () => {
    const [, replica] = replicas;

    replica?.kill('SIGTERM');
    await replica?.ended;

    expect(Date.parse(String(replica?.log.at(-1)?.['time'])) - Date.now()).toBeGreaterThan(80_000);
  });
});

describe.runIf(hasFaketime)('a database whose clock jumps ahead by 25 hours, and back', () => {
  it('forgets keys that expire, and keeps the accounts of both openings', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'breakwater-clock-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    // PostgreSQL runs as another user.
    chmodSync(folder, 0o755);
    const clock = movableClock(path.join(folder, 'time'));
    const server = await startLocalPostgres(undefined, { ...process.env, ...clock.environment });
    onTestFinished(() => server.stop());
    await migrateAccount(server.url);
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = await startReplica(server.url, { CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());
    const open = async () => {
      const { status, body, headers } = await account.open('c-1001').set('idempotency-key', 'k-1');
      const { id, createdAt } = body as Account;
      return { status, id, createdAt, isReplayed: headers['idempotency-replayed'] === 'true' };
    };
    const aDay = 24 * 3_600_000;

    const first = await open();
    const repeated = await open();
    clock.setAhead(25);
    const afterJump = await open();
    const repeatedAfterJump = await open();
    clock.setAhead(0);
    const afterReturn = await open();

    expect(repeated).toEqual({ ...first, isReplayed: true });
    expect(afterJump).toMatchObject({ status: 201, isReplayed: false });
    expect(Date.parse(afterJump.createdAt) - Date.parse(first.createdAt)).toBeGreaterThan(aDay);
    expect(repeatedAfterJump).toEqual({ ...afterJump, isReplayed: true });
    // A key that expired early does not return.
    expect(afterReturn).toEqual({ ...afterJump, isReplayed: true });
    const { body } = await account.http().get('/accounts').expect(200);
    expect((body as { items: Account[] }).items.map(({ id }) => id)).toEqual([afterJump.id, first.id]);
  });
});
