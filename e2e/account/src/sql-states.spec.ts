import { migrateAccount } from '@breakwater/account/testing';
import { withClient } from '@breakwater/system-runner/postgres';
import { createTestDatabase } from '@breakwater/system-runner/testing';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { eventually, startReplica, type RunningAccount } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const execute = (url: string, sql: string) => withClient(url, async (client) => (await client.query(sql)).rowCount);

async function startOn(databaseUrl: string): Promise<RunningAccount> {
  await migrateAccount(databaseUrl);
  const customer = await StandInCustomer.start();
  const account = await startReplica(databaseUrl, { CUSTOMER_URL: customer.url });
  onTestFinished(async () => {
    await customer.stop();
    await account.stop();
  });
  return account;
}

describe('a character that the database cannot store', () => {
  it('is named by field with 422, and nothing is stored', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const account = await startOn(database.url);
    // As a database with the encoding LATIN1 would, with which the service does not start.
    await execute(
      database.url,
      `create function account.store() returns trigger language plpgsql as $$
        begin
          perform convert_to(new.label, 'LATIN1');
          return new;
        end $$;
      create trigger store before insert on account.accounts for each row execute function account.store()`,
    );
    const open = (label: string) => account.open('c-1001', { label });

    const plain = await open('日本');
    const keyed = await open('日本').set('idempotency-key', 'k-1');
    const storedRows = await execute(
      database.url,
      'select from account.accounts union all select from account.idempotency_keys',
    );
    const corrected = await open('Épargne').set('idempotency-key', 'k-1');

    for (const { status, body } of [plain, keyed]) {
      expect(status).toBe(422);
      expect(body).toMatchObject({
        type: 'urn:breakwater:problem:unstorable-text',
        errors: [{ pointer: '#/label', detail: 'has the character U+65E5, which the database cannot store' }],
      });
    }
    expect(storedRows).toBe(0);
    expect([corrected.status, corrected.body]).toEqual([201, expect.objectContaining({ label: 'Épargne' })]);
  });
});

describe('account on a database whose transactions are serializable', () => {
  it('closes an account once for ten concurrent requests, and no response is 5xx', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await execute(
      database.url,
      `alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_isolation = serializable`,
    );
    const account = await startOn(database.url);
    const { body } = await account.open('c-1001').expect(201);
    const { id } = body as { id: string };
    // The first closing takes so long that all others wait for it.
    await execute(
      database.url,
      `create function account.wait() returns trigger language plpgsql as 'begin perform pg_sleep(0.5); return new; end';
      create trigger wait before update on account.accounts for each row execute function account.wait()`,
    );

    const closings = await Promise.all(
      Array.from({ length: 10 }, () =>
        account.http().patch(`/accounts/${id}`).set('if-match', '"1"').send({ status: 'CLOSED' }),
      ),
    );

    expect(closings.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      200,
      ...Array<number>(9).fill(412),
    ]);
  });
});

describe('an idempotency key that another transaction is writing', () => {
  it('gets 409 with Retry-After when the wait for its lock ends, and works afterwards', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const account = await startOn(database.url);
    const open = () => account.open('c-1001').set('idempotency-key', 'k-1');

    const waited = await withClient(database.url, async (client) => {
      await client.query('begin');
      await client.query(
        "insert into account.idempotency_keys (key, fingerprint, response_status, response_body) values ('k-1', '', 201, '{}')",
      );
      return open();
    });
    const afterwards = await open();

    expect(waited.status).toBe(409);
    expect(waited.headers['retry-after']).toBe('1');
    expect(waited.body).toMatchObject({ type: 'urn:breakwater:problem:idempotency-key-in-use', status: 409 });
    expect(afterwards.status).toBe(201);
  });

  it('is waited for a second in all, also when the request before this one fails after a part of it', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const account = await startOn(database.url);
    const open = () => account.open('c-1001').set('idempotency-key', 'k-1');
    const insert = `
      insert into account.idempotency_keys (key, fingerprint, response_status, response_body) values ('k-1', '', 201, '{}')`;

    const ended: string[] = [];
    const responses = await withClient(database.url, async (client) => {
      await client.query('begin');
      await client.query(insert);
      const requests = [open(), open()].map((request) => request.then((response) => response));
      // Either of the two may be the one that waits for the other.
      for (const request of requests) void request.then(({ status }) => status === 409 && ended.push('the request'));
      const waiting = await eventually(async () => {
        const { rows } = await client.query<{ pid: number }>(
          'select pid from pg_locks where not granted and pg_backend_pid() = any (pg_blocking_pids(pid))',
        );
        expect(rows).toHaveLength(1);
        return rows[0]?.pid;
      }, 5);
      await delay(500);
      await client.query('select pg_terminate_backend($1)', [waiting]);
      // A wait for the key that starts now and lasts a second.
      const reference = execute(database.url, `set lock_timeout = '1s'; ${insert}`).catch(() => {});
      await reference.then(() => ended.push('the reference'));
      return Promise.all(requests);
    });

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([409, 503]));
    expect(ended).toEqual(['the request', 'the reference']);
  });
});

describe('an idempotency key that two transactions hold one after the other', () => {
  it('is waited for a second in all, and not for a second for each of them', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const account = await startOn(database.url);
    const open = () => account.open('c-1001').set('idempotency-key', 'k-1');

    const ended: string[] = [];
    const [response, afterwards] = await withClient(database.url, (first) =>
      withClient(database.url, async (second) => {
        // A request that inserts a key waits for the first one, and then for the second one.
        await first.query(`
          create function account.wait() returns trigger language plpgsql as
            'begin perform pg_advisory_lock_shared(7), pg_advisory_unlock_shared(7); return new; end';
          create trigger wait before insert on account.idempotency_keys for each row execute function account.wait()`);
        await second.query('begin');
        await second.query(`
          insert into account.idempotency_keys (key, fingerprint, response_status, response_body)
          values ('k-1', '', 201, '{}')`);
        await first.query('select pg_advisory_lock(7), pg_advisory_lock(8)');
        const sent = open().then((response) => {
          ended.push('the request');
          return response;
        });
        await eventually(async () => {
          const { rowCount } = await first.query("select from pg_locks where locktype = 'advisory' and not granted");
          expect(rowCount).toBe(1);
        }, 5);
        await delay(600);
        await first.query('select pg_advisory_unlock(7)');
        // A wait that starts now, and lasts longer than what is left of the second.
        const reference = execute(database.url, "set lock_timeout = '700ms'; select pg_advisory_lock(8)").catch(
          () => {},
        );
        await reference.then(() => ended.push('the reference'));
        const response = await sent;
        await second.query('rollback');
        return [response, await open()] as const;
      }),
    );

    expect([response.status, response.headers['retry-after']]).toEqual([409, '1']);
    expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:idempotency-key-in-use' });
    expect(ended).toEqual(['the request', 'the reference']);
    expect(afterwards.status).toBe(201);
  });

  it('gets 201 and not 409 when no lock, but a slow disk delays its transaction', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const account = await startOn(database.url);
    // Longer than the wait for a key, and shorter than that for the database.
    await execute(
      database.url,
      `create function account.wait() returns trigger language plpgsql as
        'begin perform pg_sleep(1.5); return new; end';
      create trigger wait before insert on account.idempotency_keys for each row execute function account.wait()`,
    );

    const { status } = await account.open('c-1001').set('idempotency-key', 'k-1');

    expect(status).toBe(201);
  });
});

describe('account while its database is read-only (keycloak#22422, npgsql/efcore.pg#1306)', () => {
  it('responds with 503 to writes, stays ready, shows a metric, and recovers within 5 s under traffic', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const account = await startOn(database.url);
    const name = new URL(database.url).pathname.slice(1);
    const administrate = (sql: string) => execute(inject('databaseServerUrl'), sql);
    const readAll = () => Promise.all(Array.from({ length: 10 }, () => account.http().get('/accounts')));
    const metric = async () => /^pg_pool_writable .*$/m.exec((await account.http().get('/metrics')).text)?.[0];
    const first = await account.open('c-1001');
    const before = await metric();

    await administrate(`alter database ${name} set default_transaction_read_only = on`);
    // A failover ends the connections. The pool opens ten that cannot write.
    await administrate(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    await eventually(async () =>
      expect((await readAll()).map(({ status }) => status)).toEqual(Array<number>(10).fill(200)),
    );
    const writes = await Promise.all([
      account.open('c-1001'),
      account.open('c-1001').set('idempotency-key', 'k-1'),
      account.http().patch(String(first.headers['location'])).set('if-match', '"1"').send({ status: 'CLOSED' }),
    ]);
    const ready = await account.http().get('/health/ready');
    const during = await eventually(async () => {
      const shown = await metric();
      expect(shown).toBe('pg_pool_writable 0');
      return shown;
    });
    await readAll();

    await administrate(`alter database ${name} reset default_transaction_read_only`);
    const resetAt = performance.now();
    await vi.waitFor(async () => expect((await account.open('c-1001')).status).toBe(201), {
      timeout: 5_000,
      interval: 200,
    });
    const recoveredAfterMs = performance.now() - resetAt;
    const others = await Promise.all(Array.from({ length: 10 }, () => account.open('c-1001')));

    for (const { status, headers, body } of writes) {
      expect(status).toBe(503);
      expect(headers['retry-after']).toBe('1');
      expect(body).toMatchObject({ type: 'urn:breakwater:problem:database-unavailable' });
    }
    expect(ready.status).toBe(200);
    expect([before, during]).toEqual(['pg_pool_writable 1', 'pg_pool_writable 0']);
    expect(recoveredAfterMs).toBeLessThan(5_000);
    expect(others.map(({ status }) => status)).toEqual(Array<number>(10).fill(201));
    await eventually(async () => expect(await metric()).toBe('pg_pool_writable 1'));
  });
});
