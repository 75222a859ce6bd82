import { migrateAccount } from '@breakwater/account/testing';
import { createTestDatabase, startProcess } from '@breakwater/system-runner/testing';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { oneAttempt, startAccount, type RunningAccount, startWithStandIn } from './services.ts';
import type { StandInCustomer } from './stand-in-customer.ts';

const token = 'operator-token';

describe('/actuator', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeEach(async () => {
    const started = await startWithStandIn({ ACTUATOR_TOKEN: token, ...oneAttempt });
    ({ account, customer } = started);
    return started.stop;
  });

  const update = (updateState: string, authorization = `Bearer ${token}`) =>
    account.http().post('/actuator/circuitbreakers/customer').set('authorization', authorization).send({ updateState });

  const shown = async (path: string): Promise<unknown> => (await account.http().get(path)).body;

  it('shows the policies around customer, as Resilience4j does', async () => {
    expect(await shown('/actuator/circuitbreakers')).toEqual({
      circuitBreakers: {
        customer: expect.objectContaining({ state: 'CLOSED', failureRateThreshold: '50.0%' }) as object,
        reconciliation: expect.objectContaining({ state: 'CLOSED', failureRateThreshold: '50.0%' }) as object,
      },
    });
    expect(await shown('/actuator/timelimiters')).toEqual({ timeLimiters: ['customer'] });
    expect(await shown('/actuator/bulkheads')).toEqual({ bulkheads: ['customer', 'reconciliation'] });
  });

  it('shows the events', async () => {
    customer.respondWith(503);
    await account.open('c-1001');

    expect(await shown('/actuator/circuitbreakerevents/customer/ERROR')).toEqual({
      circuitBreakerEvents: [
        expect.objectContaining({
          circuitBreakerName: 'customer',
          type: 'ERROR',
          errorMessage: expect.stringContaining('customer responded with 503') as string,
        }),
      ],
    });
  });

  it('opens and closes the circuit breaker for a client with the token', async () => {
    const opened = await update('FORCE_OPEN');
    const whileOpen = await account.open('c-1001');
    const closed = await update('CLOSE');
    const whileClosed = await account.open('c-1001');

    expect(opened.body).toMatchObject({ circuitBreakerName: 'customer', currentState: 'FORCED_OPEN' });
    expect(closed.body).toMatchObject({ circuitBreakerName: 'customer', currentState: 'CLOSED' });
    expect([whileOpen.status, whileClosed.status]).toEqual([202, 201]);
    expect(customer.requests).toHaveLength(1);
  });

  it('changes nothing for a client with another token', async () => {
    const response = await update('FORCE_OPEN', 'Bearer let-me-turn-it');

    expect(response.status).toBe(401);
    expect(response.headers).toMatchObject({
      'www-authenticate': 'Bearer',
      'content-type': 'application/problem+json; charset=utf-8',
    });
    expect((await account.open('c-1001')).status).toBe(201);
  });

  it.each([{}, { ACTUATOR_TOKEN: '' }])('has no write endpoints with %j', async (environment) => {
    const closed = await startAccount({ CUSTOMER_URL: customer.url, ...environment });

    const response = await closed
      .http()
      .post('/actuator/circuitbreakers/customer')
      .set('authorization', 'Bearer ')
      .send({ updateState: 'FORCE_OPEN' });
    await closed.stop();

    expect(response.status).toBe(404);
  });
});

describe('the telemetry of calls to customer', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeEach(async () => {
    const started = await startWithStandIn(oneAttempt);
    ({ account, customer } = started);
    return started.stop;
  });

  const openTimes = async (times: number, customerId = 'c-1001'): Promise<void> => {
    for (let n = 1; n <= times; n += 1) await account.open(customerId);
  };

  const metrics = async (path: string): Promise<string[]> => (await account.http().get(path)).text.split('\n');

  it.each(['/metrics', '/actuator/prometheus'])(
    'is at %s, with the metric names of Resilience4j and Spring',
    async (path) => {
      await openTimes(2);
      customer.respondWith(503);
      // A customer without a stale value.
      await openTimes(5, 'c-1002');

      const whileClosed = await metrics(path);
      await openTimes(5, 'c-1002');
      const onceOpen = await metrics(path);

      expect(whileClosed).toEqual(
        expect.arrayContaining([
          'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="successful",application="account"} 2',
          'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed",application="account"} 5',
          'resilience4j_circuitbreaker_state{name="customer",state="closed",application="account"} 1',
          'resilience4j_circuitbreaker_state{name="customer",state="open",application="account"} 0',
          'resilience4j_circuitbreaker_failure_rate{name="customer",application="account"} -1',
          'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted",application="account"} 0',
          'http_server_requests_seconds_count{method="POST",uri="/accounts",status="201",outcome="SUCCESS",exception="none"} 2',
          'http_server_requests_seconds_count{method="POST",uri="/accounts",status="202",outcome="SUCCESS",exception="none"} 5',
        ]),
      );
      expect(onceOpen).toEqual(
        expect.arrayContaining([
          'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed",application="account"} 8',
          'resilience4j_circuitbreaker_state{name="customer",state="closed",application="account"} 0',
          'resilience4j_circuitbreaker_state{name="customer",state="open",application="account"} 1',
          'resilience4j_circuitbreaker_failure_rate{name="customer",application="account"} 80',
          'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted",application="account"} 2',
          'http_server_requests_seconds_count{method="POST",uri="/accounts",status="202",outcome="SUCCESS",exception="none"} 10',
        ]),
      );
    },
  );

  it('counts 0 for responses and state transitions before the first of them, so that panels show 0', async () => {
    const atStart = await metrics('/metrics');

    const transitions = atStart.filter((line) => line.startsWith('breakwater_circuitbreaker_transitions_total{'));
    expect(transitions.filter((line) => line.includes('name="customer"'))).toHaveLength(4);
    expect(transitions.filter((line) => line.includes('name="reconciliation"'))).toHaveLength(4);
    expect(transitions.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    expect(atStart).toEqual(
      expect.arrayContaining([
        'http_server_requests_seconds_count{method="POST",uri="/accounts",status="201",outcome="SUCCESS",exception="none"} 0',
        'http_server_requests_seconds_count{method="POST",uri="/accounts",status="202",outcome="SUCCESS",exception="none"} 0',
        'breakwater_cached_fallback_calls_total{name="customer",kind="served",application="account"} 0',
        'account_verifications_total{result="active"} 0',
      ]),
    );
  });

  it('includes the state of the database connections', async () => {
    await openTimes(1);

    expect(await metrics('/metrics')).toEqual(
      expect.arrayContaining(['pg_pool_connections 1', 'pg_pool_connections_idle 1', 'pg_pool_connections_pending 0']),
    );
  });

  it('includes a log line for each state transition, with the numbers that caused it', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    const entryPoint = new URL('../../../apps/account/dist/main.js', import.meta.url);
    const process = startProcess(entryPoint, {
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      // A call of the reconciler would be recorded too, and has no request id.
      RECONCILIATION_INTERVAL: '1h',
      ...oneAttempt,
    });
    onTestFinished(() => process.kill('SIGKILL'));
    const url = await process.listening;
    customer.respondWith(503);

    for (let n = 1; n <= 11; n += 1) {
      await fetch(`${url}/accounts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': `gate.${n}` },
        body: JSON.stringify({ customerId: 'c-1001', currency: 'EUR' }),
      });
    }
    process.kill('SIGTERM');

    expect(await process.ended).toEqual({ code: 0, errors: '' });
    expect(process.log.filter(({ context }) => context === 'CircuitBreaker')).toEqual([
      expect.objectContaining({
        level: 'warn',
        service: 'account',
        requestId: 'gate.10',
        circuitBreaker: 'customer',
        fromState: 'CLOSED',
        toState: 'OPEN',
        failureRate: 100,
        failureRateThreshold: 50,
        failedCalls: 10,
        msg: expect.stringMatching(
          /^CircuitBreaker 'customer' went from CLOSED to OPEN: 100 % of calls failed/,
        ) as string,
      }),
    ]);
  });
});

/** The configuration of the service, with another threshold. */
async function fileWith(failureRateThreshold: number): Promise<string> {
  const own = await readFile(new URL('../../../apps/account/resilience.yml', import.meta.url), 'utf8');
  const changed = own.replace('failureRateThreshold: 50', `failureRateThreshold: ${failureRateThreshold}`);
  expect(changed).not.toBe(own);
  return changed;
}

/** Writes a version of the ConfigMap as the kubelet does: into a folder of its own, to which a link is then moved. */
async function mount(folder: string, version: string, text: string): Promise<void> {
  await mkdir(join(folder, version));
  await writeFile(join(folder, version, 'resilience.yml'), text);
  await symlink(version, join(folder, 'data_tmp'));
  await rename(join(folder, 'data_tmp'), join(folder, '..data'));
}

it('RESILIENCE_CONFIG replaces the configuration, and each later version of the file is loaded', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'resilience-config-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await mount(folder, '..1', await fileWith(40));
  await symlink(join('..data', 'resilience.yml'), join(folder, 'resilience.yml'));
  const account = await startAccount({ RESILIENCE_CONFIG: join(folder, 'resilience.yml') });
  onTestFinished(() => account.stop());
  const { http } = account;
  const threshold = async (): Promise<string> => {
    const { body } = await http().get('/actuator/circuitbreakers');
    return (body as { circuitBreakers: Record<string, { failureRateThreshold: string }> }).circuitBreakers['customer']!
      .failureRateThreshold;
  };

  expect(await threshold()).toBe('40.0%');
  await mount(folder, '..2', await fileWith(30));

  await vi.waitFor(async () => expect(await threshold()).toBe('30.0%'), { timeout: 20_000, interval: 200 });
});
