import { migrateAccount } from '@breakwater/account/testing';
import { migrateCustomer } from '@breakwater/customer/testing';
import { type Database, withClient } from '@breakwater/system-runner/postgres';
import {
  createTestDatabase,
  StandInServers,
  startProcess,
  type TestedProcess,
} from '@breakwater/system-runner/testing';
import { get, type IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

function start(
  service: 'account' | 'customer',
  environment: Record<string, string>,
  entry: 'main' | 'lab/main' = 'main',
): TestedProcess {
  const started = startProcess(new URL(`../../../apps/${service}/dist/${entry}.js`, import.meta.url), environment);
  onTestFinished(() => started.kill('SIGKILL'));
  return started;
}

/** A proxy in front of customer that records the headers of requests. */
async function openProxy(target: string): Promise<{ url: string; requests: IncomingHttpHeaders[] }> {
  const requests: IncomingHttpHeaders[] = [];
  const servers = new StandInServers();
  onTestFinished(() => servers.stop());
  const url = await servers.start(({ url = '', headers }, response) => {
    requests.push(headers);
    get(target + url, { headers, agent: false }, (forwarded) => {
      response.writeHead(forwarded.statusCode ?? 502, forwarded.headers);
      forwarded.pipe(response);
    });
  });
  return { url, requests };
}

describe('account and customer as processes', () => {
  let database: Database;

  beforeAll(async () => {
    database = await createTestDatabase();
    await Promise.all([migrateAccount(database.url), migrateCustomer(database.url)]);
  });

  afterAll(() => database.drop());

  it('have opened all of their connections when they listen, since that takes seconds on a busy machine', async () => {
    const account = start('account', {
      DATABASE_URL: database.url,
      CUSTOMER_URL: 'http://127.0.0.1:1',
      INSTANCE_NAME: 'just-started',
    });
    await account.listening;

    const opened = await withClient(database.url, (client) =>
      client.query("select from pg_stat_activity where application_name = 'just-started'"),
    );

    expect(opened.rowCount).toBe(10);
  });

  it('log one request under one id and in one trace, from the gateway to the last service', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const customer = start('customer', { DATABASE_URL: database.url, CUSTOMER_LATENCY: '0ms' });
    const account = start('account', { DATABASE_URL: database.url, CUSTOMER_URL: await customer.listening });
    const url = await account.listening;

    const response = await fetch(`${url}/accounts`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-request-id': 'gate.1',
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
    for (const service of [account, customer]) service.kill('SIGTERM');
    const ended = await Promise.all([account.ended, customer.ended]);

    expect(response.status).toBe(201);
    expect(ended).toEqual([
      { code: 0, errors: '' },
      { code: 0, errors: '' },
    ]);
    const served = [...customer.log, ...account.log].filter(({ requestId }) => requestId === 'gate.1');
    expect(served.map(({ service, req, res }) => ({ service, req, res }))).toEqual([
      { service: 'customer', req: { method: 'GET', url: '/customers/c-1001' }, res: { statusCode: 200 } },
      { service: 'account', req: { method: 'POST', url: '/accounts' }, res: { statusCode: 201 } },
    ]);
    expect(served.map((line) => line['traceId'])).toEqual([traceId, traceId]);
    expect(new Set(served.map(({ spanId }) => spanId)).size).toBe(2);
  });

  it('continue the trace of a client, with a span for each service, and name it in problems', async () => {
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const clientSpan = 'b7ad6b7169203331';
    const trace = {
      traceparent: `00-${traceId}-${clientSpan}-01`,
      tracestate: 'congo=t61rcWkgMzE,rojo=00f067aa0ba902b7',
    };
    const customer = start('customer', { DATABASE_URL: database.url, CUSTOMER_LATENCY: '0ms' });
    const proxy = await openProxy(await customer.listening);
    const account = start('account', { DATABASE_URL: database.url, CUSTOMER_URL: proxy.url });

    const response = await fetch(`${await account.listening}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'gate.3', ...trace },
      body: JSON.stringify({ customerId: 'c-9999', currency: 'EUR' }),
    });
    const problem = (await response.json()) as object;
    for (const service of [account, customer]) service.kill('SIGTERM');
    await Promise.all([account.ended, customer.ended]);

    const completed = ({ log }: TestedProcess) => log.filter(({ requestId, res }) => requestId === 'gate.3' && res);
    const [[ofAccount], [ofCustomer]] = [completed(account), completed(customer)];
    const accountSpan = String(ofAccount?.['spanId']);
    expect(problem).toMatchObject({ status: 422, requestId: 'gate.3', traceId });
    expect(ofAccount).toMatchObject({ traceId, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string });
    expect(proxy.requests).toMatchObject([
      { traceparent: `00-${traceId}-${accountSpan}-01`, tracestate: trace.tracestate, 'x-request-id': 'gate.3' },
    ]);
    expect(ofCustomer).toMatchObject({ traceId });
    expect(new Set([clientSpan, accountSpan, ofCustomer?.['spanId']]).size).toBe(3);
  });

  it('log why a customer was left unverified, under the id of the request', async () => {
    const account = start('account', { DATABASE_URL: database.url, CUSTOMER_URL: 'http://127.0.0.1:9' });
    const url = await account.listening;

    await fetch(`${url}/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'gate.2' },
      body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
    });
    account.kill('SIGTERM');
    await account.ended;

    expect(account.log).toContainEqual(
      expect.objectContaining({
        level: 'warn',
        requestId: 'gate.2',
        traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
        customerId: 'c-1001',
        msg: 'customer left unverified',
        reason: expect.stringContaining('customer cannot be called') as string,
      }),
    );
  });

  it('write nothing to standard error during an experiment', async () => {
    const environment = { DATABASE_URL: database.url, CUSTOMER_URL: 'http://127.0.0.1:9', DEMO_MODE: 'true' };
    const account = start('account', environment, 'lab/main');
    const url = await account.listening;

    const response = await fetch(`${url}/experiments/customer-lookups`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ times: 100, breaker: 'count-slow' }),
    });
    const lines = (await response.text()).trimEnd().split('\n');
    account.kill('SIGTERM');

    expect(lines).toHaveLength(102);
    expect(await account.ended).toEqual({ code: 0, errors: '' });
  });

  it('report an invalid configuration', async () => {
    const environment = { DATABASE_URL: database.url, CUSTOMER_URL: 'customer', TIME_SCALE: '5' };
    const { ended } = start('account', environment, 'lab/main');

    const { code, errors } = await ended;

    expect(code).toBe(1);
    expect(errors).toBe(
      [
        'account cannot start: the configuration is not valid.',
        '  CUSTOMER_URL is "customer": must be one or more URLs such as http://localhost:3001, comma separated',
        '  TIME_SCALE is "5": must be 1 unless DEMO_MODE is true: circuit breakers outside of the demo run in real time',
        '',
      ].join('\n'),
    );
  });

  it('report an invalid circuit breaker', async () => {
    const { ended } = start('account', {
      DATABASE_URL: database.url,
      RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: 'ten',
    });

    const { code, errors } = await ended;

    expect(code).toBe(1);
    expect(errors).toMatch(/^account cannot start: .*\n.*slidingWindowSize.*ten/i);
    expect(errors).not.toMatch(/\n +at /);
  });
});
