import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

describe('a customer service with a latency of five minutes and callers with shorter deadlines', () => {
  let customer: RunningCustomer;

  beforeAll(async () => {
    customer = await startCustomer({ CUSTOMER_LATENCY: '5m' });
  });

  afterAll(() => customer.stop());

  const find = (timeoutMs: string) =>
    customer.http().get('/customers/c-1001').set('x-request-timeout-ms', timeoutMs).set('x-request-id', 'r-1');

  it.each(['60', '0'])('stops its work and returns 504 when the deadline of %s ms has passed', async (timeoutMs) => {
    const response = await find(timeoutMs);

    expect(response.status).toBe(504);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.body).toEqual({
      type: 'urn:breakwater:problem:deadline-exceeded',
      title: 'Not answered in time',
      status: 504,
      detail: 'The deadline of the request has passed.',
      instance: '/customers/c-1001',
      requestId: 'r-1',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
  });

  it('counts the requests in its metrics', async () => {
    await find('0');

    const { text } = await customer.http().get('/metrics');

    expect(text).toContain('http_server_requests_active{method="GET",uri="/customers/{id}"} 0');
    expect(text).toMatch(
      /^http_server_requests_seconds_count\{method="GET",uri="\/customers\/\{id\}",status="504",outcome="SERVER_ERROR",exception="DeadlineExceededError"\} [1-9]/m,
    );
  });
});
