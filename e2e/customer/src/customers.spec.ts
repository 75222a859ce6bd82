import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

describe('GET /customers/:id', () => {
  let customer: RunningCustomer;

  beforeAll(async () => {
    customer = await startCustomer({ INSTANCE_NAME: 'customer-1' });
  });

  afterAll(() => customer.stop());

  it('returns the customer', async () => {
    const response = await customer.http().get('/customers/c-1001');

    expect(response.status).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-instance': 'customer-1',
    });
    expect(response.body).toEqual({
      id: 'c-1001',
      name: 'Ada Adeyemi',
      email: 'ada.adeyemi@example.com',
      status: 'ACTIVE',
      createdAt: '2024-01-01T09:00:00.000Z',
    });
  });

  it('finds the customers up to c-1100', async () => {
    const responses = await Promise.all(['c-1100', 'c-1101'].map((id) => customer.http().get(`/customers/${id}`)));

    expect(responses.map(({ status }) => status)).toEqual([200, 404]);
  });

  it('returns 404 for an unknown customer', async () => {
    const response = await customer.http().get('/customers/c-9999').set('x-request-id', 'r-1');

    expect(response.status).toBe(404);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.body).toEqual({
      type: 'urn:breakwater:problem:customer-not-found',
      title: 'Customer not found',
      status: 404,
      detail: 'There is no customer c-9999.',
      instance: '/customers/c-9999',
      requestId: 'r-1',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
  });

  it.each(['C-1001', 'c_1001', '%20', "c'--", 'x'.repeat(65)])('returns 400 for the invalid id %s', async (id) => {
    const response = await customer.http().get(`/customers/${id}`);

    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({
      type: 'urn:breakwater:problem:invalid-request',
      errors: [{ parameter: 'id', detail: expect.stringContaining('such as c-1001') as string }],
    });
  });

  it('returns the request id', async () => {
    const response = await customer.http().get('/customers/c-1001').set('x-request-id', 'gate.1');

    expect(response.headers['x-request-id']).toBe('gate.1');
  });
});
