import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningAccount, type RunningCustomer, startAccount, startCustomer } from './services.ts';

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const timestamp = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

describe('accounts, with a healthy customer service', () => {
  let customers: RunningCustomer[];
  let account: RunningAccount;

  beforeAll(async () => {
    customers = await Promise.all([startCustomer(), startCustomer()]);
    account = await startAccount({
      CUSTOMER_URL: customers.map(({ url }) => url).join(','),
      INSTANCE_NAME: 'account-1',
    });
  });

  afterAll(() => Promise.all([account.stop(), ...customers.map((customer) => customer.stop())]));

  describe('POST /accounts', () => {
    it('opens an account for an existing customer', async () => {
      const response = await account.open('c-1001', { label: 'Savings' });

      expect(response.status).toBe(201);
      expect(response.body).toEqual({
        id: expect.stringMatching(uuidV7) as string,
        customerId: 'c-1001',
        currency: 'EUR',
        label: 'Savings',
        balance: { amount: 0, currency: 'EUR' },
        status: 'ACTIVE',
        version: 1,
        verifiedAt: expect.stringMatching(timestamp) as string,
        verifiedBy: 'CUSTOMER',
        createdAt: expect.stringMatching(timestamp) as string,
        updatedAt: response.body.createdAt as string,
      });
      expect(response.headers['etag']).toBe('"1"');
      expect(response.headers['location']).toBe(`/accounts/${response.body.id}`);
      expect(response.headers['x-instance']).toBe('account-1');
    });

    it('needs no label', async () => {
      const response = await account.open('c-1100', { currency: 'JPY' });

      expect(response.body).toMatchObject({ label: null, balance: { amount: 0, currency: 'JPY' } });
    });

    it('opens no account for an unknown customer', async () => {
      const response = await account.open('c-9999').set('x-request-id', 'r-1');

      expect(response.status).toBe(422);
      expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(response.headers).not.toHaveProperty('location');
      expect(response.body).toEqual({
        type: 'urn:breakwater:problem:unknown-customer',
        title: 'Unknown customer',
        status: 422,
        detail: 'There is no customer c-9999; no account has been opened.',
        instance: '/accounts',
        requestId: 'r-1',
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        customerId: 'c-9999',
      });
    });

    it('lists every fault of a request', async () => {
      const response = await account.open('C 1', { currency: 'euro', label: '', balance: 5 });

      expect(response.status).toBe(400);
      expect(response.body).toMatchObject({
        type: 'urn:breakwater:problem:invalid-request',
        errors: [
          { pointer: '#/customerId', detail: 'must be the id of a customer, such as c-1001' },
          { pointer: '#/currency', detail: 'must be a currency code of ISO 4217, such as EUR' },
          { pointer: '#/label', detail: 'must have at least 1 character' },
          { pointer: '#/balance', detail: 'is not a field of this operation' },
        ],
      });
    });

    it('rejects a body that is not JSON', async () => {
      const response = await account.http().post('/accounts').type('json').send('{"customerId":');

      expect(response.status).toBe(400);
      expect(response.body).toMatchObject({
        type: 'urn:breakwater:problem:bad-request',
        title: 'Bad Request',
        instance: '/accounts',
      });
    });
  });

  describe('GET /accounts/:id', () => {
    it('finds an account by its location', async () => {
      const created = await account.open('c-1002', { label: 'a ‘quoted’ label \\ 🏦' });

      const found = await account.http().get(String(created.headers['location']));

      expect(found.status).toBe(200);
      expect(found.body).toEqual(created.body);
      expect(found.headers['etag']).toBe(created.headers['etag']);
    });

    it('responds with 404 for an unknown account', async () => {
      const id = '00000000-0000-4000-8000-000000000000';

      const response = await account.http().get(`/accounts/${id}`);

      expect(response.status).toBe(404);
      expect(response.body).toMatchObject({
        type: 'urn:breakwater:problem:account-not-found',
        title: 'Account not found',
        detail: `There is no account ${id}.`,
      });
    });

    it('responds with 400 for an id that is not a UUID', async () => {
      const response = await account.http().get('/accounts/1');

      expect(response.status).toBe(400);
      expect(response.body).toMatchObject({ errors: [{ parameter: 'id', detail: 'must be a UUID' }] });
    });
  });

  it('is ready, with the states of the circuit breakers as details', async () => {
    const response = await account.http().get('/health/ready');

    expect(response.status).toBe(200);
    const closed = {
      status: 'UP',
      details: {
        state: 'CLOSED',
        failureRate: '-1.0%',
        failureRateThreshold: '50.0%',
        slowCallRate: '-1.0%',
        slowCallRateThreshold: '80.0%',
        bufferedCalls: expect.any(Number) as number,
        failedCalls: 0,
        slowCalls: expect.any(Number) as number,
        slowFailedCalls: 0,
        notPermittedCalls: 0,
      },
    };
    const indicators = {
      database: { status: 'up' },
      circuitBreakers: {
        status: 'up',
        details: { customer: closed, reconciliation: closed },
      },
    };
    expect(response.body).toEqual({ status: 'ok', info: indicators, error: {}, details: indicators });
  });

  it.each([
    ['get', '/experiments/breakers'],
    ['post', '/experiments/customer-lookups'],
  ] as const)('has no %s %s outside of the lab entry', async (method, path) => {
    const response = await account.http()[method](path).send();

    expect(response.status).toBe(404);
    expect(response.body).toMatchObject({ type: 'urn:breakwater:problem:not-found', title: 'Not Found' });
  });
});
