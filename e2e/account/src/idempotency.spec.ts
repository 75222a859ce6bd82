import { migrateAccount, openAccountDatabase, type AccountDatabase } from '@breakwater/account/testing';
import type { Database } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { FakeClock } from '@breakwater/resilience/testing';
import type { Response } from 'supertest';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { StandInCustomer } from './stand-in-customer.ts';
import { eventually, type RunningAccount, startReplica } from './services.ts';

/** The part of a response that a replay repeats. */
const repeatedPart = ({ status, text, headers }: Response) => ({
  status,
  text,
  location: headers['location'],
  etag: headers['etag'],
});

const isReplay = ({ headers }: Response): boolean => headers['idempotency-replayed'] === 'true';

describe('POST /accounts with an Idempotency-Key', () => {
  let customer: StandInCustomer;
  let database: Database;
  let inside: AccountDatabase;
  let replicas: [RunningAccount, RunningAccount];
  let account: RunningAccount;

  beforeAll(async () => {
    customer = await StandInCustomer.start();
  });

  afterAll(() => customer.stop());

  beforeEach(async () => {
    customer.recover();
    database = await createTestDatabase();
    await migrateAccount(database.url);
    inside = openAccountDatabase(database.url);
    replicas = await Promise.all([
      startReplica(database.url, { CUSTOMER_URL: customer.url }),
      startReplica(database.url, { CUSTOMER_URL: customer.url }),
    ]);
    account = replicas[0];
  });

  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await inside[Symbol.asyncDispose]();
    await database.drop();
  });

  const open = (key: string, rest: object = {}, replica = account) =>
    replica.open('c-1001', rest).set('idempotency-key', key);

  const rowsIn = async (table: 'accounts' | 'account_events' | 'pending_verifications' | 'idempotency_keys') =>
    (await inside.tables.selectFrom(table).selectAll().execute()).length;

  const stored = async () => ({
    accounts: await rowsIn('accounts'),
    events: await rowsIn('account_events'),
    keys: await rowsIn('idempotency_keys'),
  });

  it('replays the response byte for byte and opens one account', async () => {
    const first = await open('"k-1"', { label: 'Savings' });
    const calls = customer.requests.length;
    const second = await open('k-1', { label: 'Savings' });

    expect(first.status).toBe(201);
    expect(repeatedPart(second)).toEqual(repeatedPart(first));
    expect([first, second].map(isReplay)).toEqual([false, true]);
    expect(customer.requests).toHaveLength(calls);
    expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
  });

  it('replays the response at another replica and after a restart', async () => {
    const first = await open('k-1');
    const elsewhere = await open('k-1', {}, replicas[1]);
    await account.stop();
    replicas[0] = await startReplica(database.url, { CUSTOMER_URL: customer.url });
    const later = await open('k-1', {}, replicas[0]);

    expect(repeatedPart(elsewhere)).toEqual(repeatedPart(first));
    expect(repeatedPart(later)).toEqual(repeatedPart(first));
    expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
  });

  it('replays the original response after the account has changed', async () => {
    const first = await open('k-1');
    await account.http().patch(String(first.headers['location'])).set('if-match', '*').send({ status: 'CLOSED' });

    expect(repeatedPart(await open('k-1'))).toEqual(repeatedPart(first));
  });

  it('opens two accounts without a key, and under two keys', async () => {
    await account.open('c-1001');
    await account.open('c-1001');
    await open('k-1');
    await open('k-2');

    expect(await stored()).toEqual({ accounts: 4, events: 4, keys: 2 });
  });

  it('opens one account for twenty concurrent requests at two replicas, with the same response for all', async () => {
    customer.hold();
    const calls = customer.requests.length;

    const opening = Array.from({ length: 20 }, (_, n) => open('k-1', {}, replicas[n % 2]).then((response) => response));
    // All of them have looked up the key.
    await eventually(() => expect(customer.requests).toHaveLength(calls + 20));
    customer.release();
    const responses = await Promise.all(opening);

    expect(new Set(responses.map((response) => JSON.stringify(repeatedPart(response)))).size).toBe(1);
    expect(responses[0]?.status).toBe(201);
    expect(responses.filter(isReplay)).toHaveLength(19);
    expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
  });

  it('rejects another request under the key', async () => {
    await open('k-1');

    const response = await open('k-1', { label: 'Savings' });

    expect(response.status).toBe(422);
    expect(response.body).toMatchObject({
      type: 'urn:breakwater:problem:idempotency-key-reused',
      detail: 'The idempotency key k-1 was used for another request. Use a new key for a new request.',
    });
    expect(isReplay(response)).toBe(false);
    expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
  });

  it('accepts one of two different requests that arrive under a key at once', async () => {
    customer.hold();
    const calls = customer.requests.length;

    const opening = Array.from({ length: 20 }, (_, n) => {
      const label = n < 10 ? 'Savings' : 'Holidays';
      return open('k-1', { label }, replicas[n % 2]).then(({ status }) => ({ label, status }));
    });
    await eventually(() => expect(customer.requests).toHaveLength(calls + 20));
    customer.release();
    const responses = await Promise.all(opening);

    const [row] = await inside.tables.selectFrom('accounts').select('label').execute();
    expect(responses.map(({ status }) => status)).toEqual(
      responses.map(({ label }) => (label === row?.label ? 201 : 422)),
    );
    expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
  });

  it('replays the response for an unknown customer, even if the customer exists now', async () => {
    customer.knowNoCustomer();
    const first = await open('k-1').set('x-request-id', 'r-1');
    customer.recover();
    const second = await open('k-1').set('x-request-id', 'r-2');

    expect(first.status).toBe(422);
    expect(first.body).toMatchObject({ type: 'urn:breakwater:problem:unknown-customer', requestId: 'r-1' });
    // The ids are those of this request in the logs.
    const traceId = expect.stringMatching(/^[0-9a-f]{32}$/) as string;
    expect(second.body).toEqual({ ...first.body, requestId: 'r-2', traceId });
    expect(second.headers['content-type']).toBe(first.headers['content-type']);
    expect([first, second].map(isReplay)).toEqual([false, true]);
    expect(await stored()).toEqual({ accounts: 0, events: 0, keys: 1 });
  });

  it('replays a pending account, which is queued once', async () => {
    customer.respondWith(500);
    const first = await open('k-1');
    customer.recover();
    const second = await open('k-1');

    expect(first.status).toBe(202);
    expect(repeatedPart(second)).toEqual(repeatedPart(first));
    expect(await rowsIn('pending_verifications')).toBe(1);
  });

  it('rejects an invalid key, and does nothing', async () => {
    const response = await open('"');

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:invalid-idempotency-key' });
    expect(await stored()).toEqual({ accounts: 0, events: 0, keys: 0 });
  });

  it('does not store the response to an invalid request', async () => {
    const refused = await open('k-1', { currency: 'euro' });
    const corrected = await open('k-1');

    expect([refused.status, corrected.status]).toEqual([400, 201]);
  });

  describe('when a transaction fails', () => {
    it('stores no key without the account', async () => {
      await inside.execute('alter table account.account_events rename to moved');
      const failed = await open('k-1');
      await inside.execute('alter table account.moved rename to account_events');
      const between = await stored();
      const repeated = await open('k-1');

      expect(failed.status).toBe(500);
      expect(between).toEqual({ accounts: 0, events: 0, keys: 0 });
      expect([repeated.status, isReplay(repeated)]).toEqual([201, false]);
    });

    it('stores no account without the key', async () => {
      await inside.execute('alter table account.idempotency_keys add constraint never check (false)');
      const failed = await open('k-1');
      await inside.execute('alter table account.idempotency_keys drop constraint never');
      const between = await stored();
      const repeated = await open('k-1');

      expect(failed.status).toBe(500);
      expect(between).toEqual({ accounts: 0, events: 0, keys: 0 });
      expect([repeated.status, isReplay(repeated)]).toEqual([201, false]);
    });

    it('stores no account without its history, without a key', async () => {
      await inside.execute('alter table account.account_events add constraint never check (false)');

      const failed = await account.open('c-1001');

      expect(failed.status).toBe(500);
      expect(await stored()).toEqual({ accounts: 0, events: 0, keys: 0 });
    });
  });

  describe('when the connection to the database breaks', () => {
    /** Retries until the pool has replaced its dead connections. */
    const openWithRetries = (key: string): Promise<Response> =>
      vi.waitFor(
        async () => {
          const response = await open(key);
          expect(response.status).not.toBe(503);
          return response;
        },
        { timeout: 15_000, interval: 20 },
      );

    it('opens one account for a request and its repetition, if nothing had been stored', async () => {
      customer.hold();
      const requested = customer.nextRequest();
      const opening = open('k-1').then((response) => response);
      await requested;
      account.route.inject({ kind: 'close' });
      customer.release();
      const failed = await opening;
      account.route.heal();
      const repeated = await openWithRetries('k-1');

      expect(failed.status).toBe(503);
      expect(failed.headers['retry-after']).toBe('1');
      expect([repeated.status, isReplay(repeated)]).toEqual([201, false]);
      expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
    });

    it('opens one account for a request and its repetition, if everything had been stored', async () => {
      // A commit waits for the lock that the test holds.
      await inside.execute(`
        create function account.wait() returns trigger language plpgsql as
          'begin perform pg_advisory_xact_lock(7); return null; end';
        create constraint trigger wait after insert on account.accounts
          deferrable initially deferred for each row execute function account.wait();`);
      const lock = await inside.tables.startTransaction().execute();
      onTestFinished(async () => void (lock.isRolledBack || (await lock.rollback().execute())));
      await lock.selectNoFrom(({ fn, val }) => fn('pg_advisory_xact_lock', [val(7)]).as('locked')).execute();
      const committing = async (): Promise<number> => {
        const waiting = inside.tables.withSchema('pg_catalog').withTables<{ pg_locks: Lock }>().selectFrom('pg_locks');
        const rows = await waiting
          .select('pid')
          .where('locktype', '=', 'advisory')
          .where('granted', '=', false)
          .execute();
        return rows.length;
      };

      const opening = open('k-1').then((response) => response);
      await eventually(async () => expect(await committing()).toBe(1));
      account.route.inject({ kind: 'close' });
      const failed = await opening;
      await lock.rollback().execute();
      await eventually(async () => expect(await rowsIn('accounts')).toBe(1));
      account.route.heal();
      const repeated = await openWithRetries('k-1');

      expect(failed.status).toBe(503);
      expect([repeated.status, isReplay(repeated)]).toEqual([201, true]);
      expect(await stored()).toEqual({ accounts: 1, events: 1, keys: 1 });
    });
  });

  describe('when the key has expired', () => {
    const age = (hours: number) =>
      inside.tables
        .updateTable('idempotency_keys')
        .set({ created_at: new Date(Date.now() - hours * 3_600_000) })
        .execute();

    it('opens another account and stores the new response', async () => {
      const first = await open('k-1');
      await age(23);
      const still = await open('k-1');
      await age(25);
      const other = await open('k-1', { label: 'Savings' });
      const replayed = await open('k-1', { label: 'Savings' });

      expect(repeatedPart(still)).toEqual(repeatedPart(first));
      expect(other.status).toBe(201);
      expect(other.body).not.toMatchObject({ id: first.body.id as string });
      expect(repeatedPart(replayed)).toEqual(repeatedPart(other));
      expect(await stored()).toEqual({ accounts: 2, events: 2, keys: 1 });
    });

    it('opens one other account for twenty concurrent requests', async () => {
      await open('k-1');
      await age(25);
      customer.hold();
      const calls = customer.requests.length;

      const opening = Array.from({ length: 20 }, (_, n) =>
        open('k-1', {}, replicas[n % 2]).then((response) => response),
      );
      await eventually(() => expect(customer.requests).toHaveLength(calls + 20));
      customer.release();
      const responses = await Promise.all(opening);

      expect(new Set(responses.map(({ body }) => body.id as string)).size).toBe(1);
      expect(await stored()).toEqual({ accounts: 2, events: 2, keys: 1 });
    });

    it('deletes expired keys only, in both replicas at once', async () => {
      const clocks = [new FakeClock(), new FakeClock()];
      const purging = await Promise.all(
        clocks.map((clock) => startReplica(database.url, { CUSTOMER_URL: customer.url }, clock)),
      );
      onTestFinished(async () => void (await Promise.all(purging.map((replica) => replica.stop()))));
      await inside.execute(`
        insert into account.idempotency_keys (key, fingerprint, response_status, response_body, created_at)
        select 'old-' || n, '', 201, '{}', now() - interval '25 hours' from generate_series(1, 2500) n`);
      await open('new');

      for (const clock of clocks) clock.advance(60_000);

      await eventually(async () => expect(await rowsIn('idempotency_keys')).toBe(1));
      expect(await inside.tables.selectFrom('idempotency_keys').select('key').execute()).toEqual([{ key: 'new' }]);
    });
  });
});

interface Lock {
  readonly pid: number;
  readonly locktype: string;
  readonly granted: boolean;
}
