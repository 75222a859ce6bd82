import { migrateAccount } from '@breakwater/account/testing';
import { FaultProxy } from '@breakwater/system-runner/network';
import { startLocalPostgres, withClient } from '@breakwater/system-runner/postgres';
import { hasPgBouncer, startPgBouncer } from '@breakwater/system-runner/testing';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { eventually, startReplica } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const execute = (url: string, sql: string) => withClient(url, async (client) => (await client.query(sql)).rowCount);

if (!hasPgBouncer) process.stderr.write('NOT CHECKED: a failover behind PgBouncer, because it is not installed.\n');

/** The address of the primary, with PgBouncer in front of it or not. */
async function addressOf(databaseUrl: string, behindPgBouncer: boolean): Promise<{ url: string; route: FaultProxy }> {
  const route = await FaultProxy.open(databaseUrl);
  onTestFinished(() => route.close());
  if (!behindPgBouncer) return { url: route.url, route };
  // By default it connects again 15 s after a failure.
  const bouncer = await startPgBouncer(route.url, { server_login_retry: '1' });
  onTestFinished(() => bouncer.stop());
  return { url: bouncer.url, route };
}

it.each([['', false], ...(hasPgBouncer ? [[' behind PgBouncer', true] as const] : [])] as const)(
  'a failover%s costs responses with 503 only, and 5 s after the change all is well',
  async (_, behindPgBouncer) => {
    const primary = await startLocalPostgres();
    onTestFinished(() => primary.stop());
    await migrateAccount(primary.url);
    const standby = await primary.startStandby();
    onTestFinished(() => standby.stop());
    // A commit waits for the standby, which then has every acknowledged account.
    await execute(primary.url, "alter system set synchronous_standby_names = '*'");
    await execute(primary.url, 'select pg_reload_conf()');
    await eventually(async () =>
      expect(await execute(primary.url, "select from pg_stat_replication where sync_state = 'sync'")).toBe(1),
    );
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const { url, route } = await addressOf(primary.url, behindPgBouncer);
    const account = await startReplica(url, { CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());

    const end = new AbortController();
    onTestFinished(() => end.abort());
    const responses: { at: number; status: number; retryAfter: unknown; ready: number; location: unknown }[] = [];
    const sendRequests = async (): Promise<void> => {
      while (!end.signal.aborted) {
        const [{ status, headers }, ready] = await Promise.all([
          account.open('c-1001'),
          account.http().get('/health/ready'),
        ]);
        const { 'retry-after': retryAfter, location } = headers as Record<string, unknown>;
        responses.push({ at: performance.now(), status, retryAfter, location, ready: ready.status });
        await delay(100);
      }
    };
    const opened = () => responses.filter(({ status }) => status === 201);
    const metric = async () => /^pg_pool_writable .*$/m.exec((await account.http().get('/metrics')).text)?.[0];
    const traffic = Promise.all([sendRequests(), sendRequests()]);
    await eventually(() => expect(opened().length).toBeGreaterThan(5));

    const healthy = responses.length;
    // The primary crashes and comes back as a standby, at the address that account still has.
    await primary.halt();
    await writeFile(path.join(primary.directory, 'data/standby.signal'), '');
    await primary.resume();
    await eventually(async () => expect(await metric()).toBe('pg_pool_writable 0'));
    // All ten connections lead to the old primary.
    await Promise.all(Array.from({ length: 20 }, () => account.http().get('/accounts').expect(200)));
    await execute(standby.url, 'select pg_promote()');
    const before = responses.length;
    route.redirect(standby.url);
    const changedAt = performance.now();
    await vi.waitFor(() => expect(responses.at(-1)?.status).toBe(201), { timeout: 5_000, interval: 20 });
    await delay(Math.max(0, changedAt + 5_000 - performance.now()));
    const settled = responses.length;
    const burst = await Promise.all(Array.from({ length: 20 }, () => account.open('c-1001')));
    end.abort();
    await traffic;
    const locations = opened().map(({ location }) => String(location));
    const stored = await withClient(standby.url, async (client) => {
      const { rows } = await client.query<{ id: string }>('select id from account.accounts');
      return new Set(rows.map(({ id }) => `/accounts/${id}`));
    });

    for (const { status, retryAfter } of responses)
      expect([
        [201, undefined],
        [503, '1'],
      ]).toContainEqual([status, retryAfter]);
    // Also while the primary is down: a replica that has been ready refuses requests itself.
    expect(responses.slice(healthy).filter(({ ready }) => ready !== 200)).toEqual([]);
    expect(before).toBeGreaterThan(0);
    expect(burst.filter(({ status }) => status !== 201)).toEqual([]);
    expect(responses.slice(settled).filter(({ status }) => status !== 201)).toEqual([]);
    expect(locations.filter((location) => !stored.has(location))).toEqual([]);
    expect(await eventually(metric)).toBe('pg_pool_writable 1');
  },
);
