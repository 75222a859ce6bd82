import { migrateAccount } from '@breakwater/account/testing';
import { createCustomerService, migrateCustomer } from '@breakwater/customer/testing';
import { FakeClock } from '@breakwater/resilience/testing';
import { startLocalPostgres, withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { letTimePass, readAccounts } from './pending-accounts.ts';
import { startReplica, type RunningAccount, startWithStandIn } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

describe('account without its database', () => {
  let account: RunningAccount;

  beforeAll(async () => {
    const started = await startWithStandIn();
    account = started.account;
    return started.stop;
  });

  it('stays ready and responds with 503 itself while the database is unavailable, and recovers without a restart', async () => {
    const statuses = async () => {
      const [created, ready, live] = await Promise.all([
        account.open('c-1001'),
        account.http().get('/health/ready'),
        account.http().get('/health/live'),
      ]);
      return { created: created.status, ready: ready.status, live: live.status };
    };

    const before = await statuses();
    account.route.inject({ kind: 'close' });
    const severed = await statuses();
    const problem = await account.open('c-1001');
    const readiness = await account.http().get('/health/ready');
    account.route.heal();

    expect(before).toEqual({ created: 201, ready: 200, live: 200 });
    expect(severed).toEqual({ created: 503, ready: 200, live: 200 });
    expect(readiness.body).toMatchObject({ status: 'degraded', details: { database: { status: 'degraded' } } });
    expect(problem.headers['retry-after']).toBe('1');
    expect(problem.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problem.body).toMatchObject({ type: 'urn:breakwater:problem:database-unavailable', status: 503 });
    await vi.waitFor(async () => expect(await statuses()).toEqual(before), { timeout: 15_000, interval: 20 });
  });

  it('does not record the failure of its own database as one of customer', async () => {
    account.route.inject({ kind: 'close' });
    onTestFinished(() => account.route.heal());

    const { status } = await account.open('c-1001');
    const ready = await account.http().get('/health/ready');

    expect(status).toBe(503);
    expect(ready.body).toMatchObject({
      details: { circuitBreakers: { status: 'up', details: { customer: { details: { state: 'CLOSED' } } } } },
    });
  });
});

describe('account while PostgreSQL is frozen: connected, but without any response', () => {
  const timed = async (request: PromiseLike<Response>) => {
    const startedAt = performance.now();
    const { status, headers, body } = await request;
    return {
      status,
      retryAfter: headers['retry-after'] as unknown,
      type: (body as { type?: unknown }).type,
      ms: performance.now() - startedAt,
    };
  };

  it('responds with 503 within 3 s, or within the deadline of the request, and recovers', async () => {
    const server = await startLocalPostgres();
    onTestFinished(() => server.stop());
    await migrateAccount(server.url);
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = await startReplica(server.url, { CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());
    onTestFinished(() => server.thaw());
    const { headers } = await account.open('c-1001').expect(201);
    const location = String(headers['location']);
    await account.http().get('/health/ready').expect(200);
    // Twenty requests open all ten connections.
    await Promise.all(Array.from({ length: 20 }, () => account.http().get('/accounts')));
    const requests = () => [
      account.open('c-1001'),
      account.open('c-1001').set('idempotency-key', 'k-1'),
      account.http().get('/accounts'),
      account.http().get(location),
      account.http().get(`${location}/history`),
      account.http().patch(location).set('if-match', '"1"').send({ status: 'CLOSED' }),
    ];

    await server.freeze();
    const responses = await Promise.all([...requests(), ...requests(), ...requests()].map(timed));
    const hurried = await Promise.all(requests().map((request) => timed(request.set('x-request-timeout-ms', '1000'))));
    const ready = await account.http().get('/health/ready');
    server.thaw();

    expect([ready.status, ready.body]).toMatchObject([200, { details: { database: { status: 'degraded' } } }]);
    for (const { status, retryAfter, type, ms } of [...responses, ...hurried]) {
      expect({ status, retryAfter, type }).toEqual({
        status: 503,
        retryAfter: '1',
        type: 'urn:breakwater:problem:database-unavailable',
      });
      expect(ms).toBeLessThan(3_500);
    }
    for (const { ms } of hurried) expect(ms).toBeLessThan(1_500);
    await vi.waitFor(async () => expect((await account.open('c-1001')).status).toBe(201), { timeout: 5_000 });
  });

  it('shuts down within seconds, also during a round of reconciliation', async () => {
    const { account, stop } = await startWithStandIn({ RECONCILIATION_INTERVAL: '20ms' });
    await account.http().get('/accounts').expect(200);

    account.route.inject({ kind: 'stall' });
    await delay(500);
    const startedAt = performance.now();
    await stop();

    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('the migrations', () => {
  it('give each service its own schema of one database, in any order', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());

    const applied = await Promise.all([
      migrateAccount(database.url),
      migrateCustomer(database.url),
      migrateAccount(database.url),
      migrateCustomer(database.url),
    ]);

    expect(applied.flat().toSorted()).toEqual([
      '0001-create-accounts',
      '0001-create-customers',
      '0002-follow-an-account',
      '0003-set-verifications-aside',
      '0004-remember-traces',
    ]);
  });
});

type Service = 'account' | 'customer';

/** Both services on one database, each with a role that has the privileges of its migrations. */
async function setUp() {
  const database = await createTestDatabase();
  const logins = {} as Record<Service, string>;
  for (const service of ['customer', 'account'] as const) {
    const role = `test_${service}_${randomBytes(6).toString('hex')}`;
    await execute(database.url, `create role ${role} login password 's3cret'`);
    const migration = startProcess(new URL(`../../../apps/${service}/dist/migrate.js`, import.meta.url), {
      DATABASE_URL: database.url,
      DATABASE_SERVICE_ROLE: role,
    });
    expect(await migration.ended).toEqual({ code: 0, errors: '' });
    const login = new URL(database.url);
    login.username = role;
    login.password = 's3cret';
    logins[service] = login.href;
  }
  const dispose = async () => {
    await database.drop();
    for (const login of Object.values(logins))
      await execute(inject('databaseServerUrl'), `drop role ${new URL(login).username}`);
  };
  return { ownerUrl: database.url, logins, dispose };
}

const execute = (url: string, sql: string) => withClient(url, async (client) => (await client.query(sql)).rowCount);

describe('the services, with the database roles of their migrations', () => {
  let ownerUrl: string;
  let logins: Readonly<Record<Service, string>>;
  let dispose: () => Promise<void>;

  beforeAll(async () => {
    ({ ownerUrl, logins, dispose } = await setUp());
  });

  afterAll(() => dispose());

  const startCustomer = async () => {
    const customer = await createCustomerService({ DATABASE_URL: logins.customer, CUSTOMER_LATENCY: '0ms' });
    await customer.listen(0, '127.0.0.1');
    onTestFinished(() => customer.close());
    return customer.getUrl();
  };

  const startAs = async (customerUrl: string, clock?: FakeClock): Promise<RunningAccount> => {
    const environment = { CUSTOMER_URL: customerUrl, RECONCILIATION_INTERVAL: '20ms' };
    const account = await startReplica(logins.account, environment, clock);
    onTestFinished(() => account.stop());
    return account;
  };

  const unreachable = 'http://127.0.0.1:9';

  it('serve every request of a client', async () => {
    const account = await startAs(await startCustomer());
    const open = (label: string) => account.open('c-1001', { label }).set('idempotency-key', 'k-1');

    const opened = await open('Savings');
    const replayed = await open('Savings');
    const reused = await open('Others');
    await execute(ownerUrl, "update account.idempotency_keys set created_at = created_at - interval '25 hours'");
    const renewed = await open('Others');
    const { id } = opened.body as { id: string };
    const closed = await account.http().patch(`/accounts/${id}`).set('if-match', '"1"').send({ status: 'CLOSED' });
    const reads = await Promise.all(
      [`/accounts/${id}`, `/accounts/${id}/history`, '/accounts?status=CLOSED', '/health/ready', '/metrics'].map(
        async (path) => (await account.http().get(path)).status,
      ),
    );

    expect([opened, replayed, reused, renewed, closed].map(({ status }) => status)).toEqual([201, 201, 422, 201, 200]);
    expect(replayed.body).toEqual(opened.body);
    expect(reads).toEqual([200, 200, 200, 200, 200]);
  });

  it('verify pending accounts', async () => {
    const alone = await startAs(unreachable);
    const { status } = await alone.open('c-1002');
    const account = await startAs(await startCustomer());

    await vi.waitFor(
      async () => {
        await letTimePass(ownerUrl, '1 minute');
        const accounts = await readAccounts(ownerUrl);
        expect(accounts.find(({ customerId }) => customerId === 'c-1002')).toMatchObject({ status: 'ACTIVE' });
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(status).toBe(202);
    expect((await account.http().get('/accounts?customerId=c-1002')).status).toBe(200);
  });

  it('purge expired keys', async () => {
    const clock = new FakeClock();
    const account = await startAs(await startCustomer(), clock);
    await account.open('c-1003').set('idempotency-key', 'k-3').expect(201);
    await execute(ownerUrl, "update account.idempotency_keys set created_at = created_at - interval '25 hours'");

    await vi.waitFor(
      async () => {
        clock.advance(60_000);
        expect(await execute(ownerUrl, 'select from account.idempotency_keys')).toBe(0);
      },
      { timeout: 10_000 },
    );
  });

  it.each([
    ['account', 'drop table account.accounts'],
    ['account', 'truncate account.accounts'],
    ['account', 'delete from account.accounts'],
    ['account', 'delete from account.account_events'],
    ['account', "update account.account_events set reason = 'another'"],
    ['account', 'alter table account.accounts add column note text'],
    ['account', 'create table account.notes (id int)'],
    ['account', 'create schema notes'],
    ['account', 'delete from account.kysely_migration'],
    ['account', 'drop schema account cascade'],
    ['account', 'select from customer.customers'],
    ['account', 'create role another'],
    ['customer', "update customer.customers set status = 'CLOSED'"],
    ['customer', 'delete from customer.customers'],
    ['customer', 'truncate customer.customers'],
    ['customer', 'drop table customer.customers'],
    ['customer', 'select from account.accounts'],
  ] as const)('%s cannot %s', async (service, statement) => {
    await expect(execute(logins[service], statement)).rejects.toThrow(/permission denied|must be owner/);
  });
});
