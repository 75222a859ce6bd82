import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCustomer, type RunningCustomer } from './running-customer.ts';

describe('a customer service that would take five minutes, asked by somebody who does not wait that long', () => {
  let customer: RunningCustomer;

  beforeAll(async () => {
    customer = await startCustomer({ CUSTOMER_LATENCY: '5m' });
  });

  afterAll(() => customer.stop());

  const ask = (timeoutMs: string) =>
    customer.http().get('/customers/c-1001').set('x-request-timeout-ms', timeoutMs).set('x-request-id', 'r-1');

  it.each(['60', '0'])('stops working and answers 504 when the %s ms that it was given are over', async (timeoutMs) => {
    const response = await ask(timeoutMs);

    expect(response.status).toBe(504);
    expect(response.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(response.body).toEqual({
      type: 'urn:breakwater:problem:deadline-exceeded',
      title: 'Not answered in time',
      status: 504,
      detail: 'The time that x-request-timeout-ms gave is over.',
      instance: '/customers/c-1001',
      requestId: 'r-1',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    });
  });

  it('shows it in its metrics', async () => {
    await ask('0');

    const { text } = await customer.http().get('/metrics');

    expect(text).toContain('http_server_requests_active{method="GET",uri="/customers/{id}"} 0');
    expect(text).toMatch(
      /^http_server_requests_seconds_count\{method="GET",uri="\/customers\/\{id\}",status="504",outcome="SERVER_ERROR",exception="DeadlinePassedError"\} [1-9]/m,
    );
  });
});
