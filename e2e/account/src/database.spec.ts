import { migrateAccount } from '@breakwater/account/testing';
import { migrateCustomer } from '@breakwater/customer/testing';
import { createDatabase } from '@breakwater/system-runner/postgres';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { startAccount, type RunningAccount } from './running-account.ts';
import { StandInCustomer } from './stand-in-customer.ts';

describe('account without its database', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeAll(async () => {
    customer = await StandInCustomer.start();
    account = await startAccount({ CUSTOMER_URL: customer.url });
  });

  afterAll(async () => {
    customer.stop();
    await account.stop();
  });

  it('answers 503 and is not ready while the database is away, and recovers', async () => {
    const ask = async () => {
      const [created, ready, live] = await Promise.all([
        account.open('c-1001'),
        account.http().get('/health/ready'),
        account.http().get('/health/live'),
      ]);
      return { created: created.status, ready: ready.status, live: live.status };
    };

    const before = await ask();
    account.route.disconnect();
    const severed = await ask();
    const problem = await account.open('c-1001');
    account.route.reconnect();

    expect(before).toEqual({ created: 201, ready: 200, live: 200 });
    expect(severed).toEqual({ created: 503, ready: 503, live: 200 });
    expect(problem.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(problem.body).toMatchObject({ type: 'urn:breakwater:problem:database-unavailable', status: 503 });
    await vi.waitFor(async () => expect(await ask()).toEqual(before), { timeout: 15_000, interval: 20 });
  });

  it('does not hold its own database against customer', async () => {
    account.route.disconnect();
    onTestFinished(() => account.route.reconnect());

    const { status } = await account.open('c-1001');
    const ready = await account.http().get('/health/ready');

    expect(status).toBe(503);
    expect(ready.body).toMatchObject({ details: { customer: { status: 'up', circuitBreaker: 'CLOSED' } } });
  });
});

describe('migrating', () => {
  it('gives each service its own schema of one database, whoever comes first', async () => {
    const database = await createDatabase(inject('databaseServerUrl'));
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
    ]);
  });
});
