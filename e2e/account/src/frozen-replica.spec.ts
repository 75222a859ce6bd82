import { migrateAccount } from '@breakwater/account/testing';
import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { expect, it, onTestFinished } from 'vitest';
import { eventually, startReplica } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const keys = ['k-1', 'k-2', 'k-3', 'k-4', 'k-5'];

interface Observed {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: unknown;
  readonly ms: number;
}

it('a replica that is stopped while it opens five accounts holds no lock that another one needs', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  await migrateAccount(database.url);
  const customer = await StandInCustomer.start();
  onTestFinished(() => customer.stop());
  const environment = { DATABASE_URL: database.url, CUSTOMER_URL: customer.url, RECONCILIATION_INTERVAL: '1h' };
  const frozen = startProcess(new URL('../../../apps/account/dist/main.js', import.meta.url), environment);
  onTestFinished(() => frozen.kill('SIGKILL'));
  const frozenUrl = await frozen.listening;
  const account = await startReplica(database.url, environment);
  onTestFinished(() => account.stop());

  const send = async (url: string, path: string, key?: string): Promise<Observed> => {
    const startedAt = performance.now();
    const response = await fetch(`${url}${path}`, {
      ...(key === undefined ? {} : { method: 'POST', body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }) }),
      headers: {
        'content-type': 'application/json',
        ...(key === undefined || key === '' ? {} : { 'idempotency-key': key }),
      },
    });
    const { type } = (await response.json()) as { type?: unknown };
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter, type, ms: performance.now() - startedAt };
  };

  // Each of the five openings takes 1.5 s, with its key already written. Its transaction does not wait for the stopped replica.
  const atFrozen = await withClient(database.url, async (client) => {
    await client.query(`
      create sequence account.openings;
      create function account.wait() returns trigger language plpgsql as
        'begin if nextval(''account.openings'') <= ${keys.length} then perform pg_sleep(1.5); end if; return null; end';
      create trigger wait after insert on account.accounts for each row execute function account.wait();`);
    const sent = keys.map((key) => send(frozenUrl, '/accounts', key));
    await eventually(async () => {
      const { rowCount } = await client.query("select from pg_stat_activity where wait_event = 'PgSleep'");
      expect(rowCount).toBe(keys.length);
    }, 5);
    frozen.kill('SIGSTOP');
    return sent;
  });

  const keyed: Observed[] = [];
  const others: Observed[] = [];
  const startedAt = performance.now();
  const end = new AbortController();
  const retryUntilOpened = async (key: string): Promise<void> => {
    let status = 0;
    while (status !== 201 && performance.now() - startedAt < 15_000) {
      const observed = await send(account.url, '/accounts', key);
      ({ status } = observed);
      keyed.push(observed);
    }
  };
  const serveOthers = async (path: string, key?: string): Promise<void> => {
    while (!end.signal.aborted) others.push(await send(account.url, path, key));
  };
  const serving = [serveOthers('/accounts'), serveOthers('/accounts', ''), serveOthers('/health/ready')];
  await Promise.all(Array.from({ length: 15 }, (_, n) => retryUntilOpened(keys[n % 5] ?? '')));
  const openedAfterMs = performance.now() - startedAt;
  end.abort();
  await Promise.all(serving);
  frozen.kill('SIGCONT');
  const late = await Promise.all(atFrozen);

  expect(openedAfterMs).toBeLessThan(8_000);
  expect(keyed.filter(({ status }) => status === 201)).toHaveLength(15);
  const refused = keyed.filter(({ status }) => status !== 201);
  for (const { status, retryAfter, type } of refused) {
    expect({ status, retryAfter, type }).toEqual({
      status: 409,
      retryAfter: '1',
      type: 'urn:breakwater:problem:idempotency-key-in-use',
    });
  }
  // A busy machine adds seconds to the one that a request waits for its key; sql-states.spec.ts compares the wait with another one.
  expect(Math.max(...keyed.map(({ ms }) => ms))).toBeLessThan(5_000);
  expect(others.filter(({ status }) => status !== 200 && status !== 201)).toEqual([]);
  expect(others.map(({ ms }) => ms).toSorted((a, b) => a - b)[others.length >> 1]).toBeLessThan(500);
  // The stopped replica finds what has been stored, or reports that its time is over.
  for (const { status } of late) expect([201, 503]).toContain(status);
  const stored = await withClient(database.url, async (client) => {
    const { rows } = await client.query<{ key: string; accounts: number }>(`
      select key, (select count(*)::int from account.accounts where id::text = response_body ->> 'id') as accounts
      from account.idempotency_keys order by key`);
    return rows;
  });
  expect(stored).toEqual(keys.map((key) => ({ key, accounts: 1 })));
});
