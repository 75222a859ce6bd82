import { withClient } from '@breakwater/system-runner/postgres';
import type { ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import { becomeActive, insertPending, readAccounts, readQueue } from './pending-accounts.ts';
import { eventually, tolerant, startAccount, startCustomer } from './services.ts';
import { StandInCustomer } from './stand-in-customer.ts';

const customerId = 'c-1001';

describe('a closed customer', () => {
  it('gets no account, with a problem of its own, and a pending account is rejected', async () => {
    const customer = await startCustomer();
    onTestFinished(() => customer.stop());
    const account = await startAccount({ ...tolerant, CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());
    await withClient(customer.databaseUrl, (client) =>
      client.query(`update customer.customers set status = 'CLOSED' where id = $1`, [customerId]),
    );

    const first = await account.open(customerId).set('idempotency-key', 'k-1');
    const repeated = await account.open(customerId).set('idempotency-key', 'k-1');
    await insertPending(account.databaseUrl, [customerId]);
    await eventually(async () => expect(await readQueue(account.databaseUrl)).toEqual([]));

    expect(first.status).toBe(422);
    expect(first.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(first.body).toMatchObject({
      type: 'urn:breakwater:problem:customer-closed',
      title: 'Customer closed',
      detail: 'Customer c-1001 is closed; no account has been opened.',
      customerId,
    });
    expect(repeated.headers['idempotency-replayed']).toBe('true');
    expect(await readAccounts(account.databaseUrl)).toMatchObject([
      { customerId, status: 'REJECTED', history: ['PENDING_VERIFICATION->REJECTED: the customer is closed'] },
    ]);
  });
});

const sending =
  (body: unknown, contentType = 'application/json') =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': contentType }).end(JSON.stringify(body));
  };

describe('a response with status 200', () => {
  it.each([
    ['of another customer', sending({ id: 'c-1002', status: 'ACTIVE' })],
    ['with an unknown status', sending({ id: customerId, status: 'SUSPENDED' })],
    ['without a status', sending({ id: customerId })],
    ['with the media type of HTML', sending({ id: customerId, status: 'ACTIVE' }, 'text/html')],
  ])('%s opens no active account', async (_, respond) => {
    const customer = await StandInCustomer.start();
    onTestFinished(() => customer.stop());
    const account = await startAccount({ ...tolerant, CUSTOMER_URL: customer.url });
    onTestFinished(() => account.stop());

    customer.respondAs(respond);
    const response = await account.open(customerId).set('idempotency-key', 'k-1');
    await eventually(async () => expect((await readQueue(account.databaseUrl))[0]?.attempts).toBeGreaterThan(0));
    const before = await readAccounts(account.databaseUrl);
    customer.recover();

    expect(response.status).toBe(202);
    expect(before).toMatchObject([{ customerId, status: 'PENDING_VERIFICATION' }]);
    await becomeActive(account);
  });
});
