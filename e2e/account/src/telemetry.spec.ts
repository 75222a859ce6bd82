import { migrateAccount } from '@breakwater/account/testing';
import { startProcess } from '@breakwater/service-kit/testing';
import { createDatabase } from '@breakwater/system-runner/postgres';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { oneAttempt, startAccount, type RunningAccount } from './running-account.ts';
import { StandInCustomer } from './stand-in-customer.ts';

describe('what account tells about its calls to customer', () => {
  let customer: StandInCustomer;
  let account: RunningAccount;

  beforeEach(async () => {
    customer = await StandInCustomer.start();
    account = await startAccount({ CUSTOMER_URL: customer.url, ...oneAttempt });
  });

  afterEach(async () => {
    customer.stop();
    await account.stop();
  });

  const openTimes = async (times: number, customerId = 'c-1001'): Promise<void> => {
    for (let n = 1; n <= times; n += 1) await account.open(customerId);
  };

  const metrics = async (path: string): Promise<string[]> => (await account.http().get(path)).text.split('\n');

  it.each(['/metrics', '/actuator/prometheus'])(
    'is at %s, in the words of Resilience4j and of Spring',
    async (path) => {
      await openTimes(2);
      customer.answerWith(503);
      // Somebody of whom no good answer is remembered.
      await openTimes(5, 'c-1002');

      const whileClosed = await metrics(path);
      await openTimes(5, 'c-1002');
      const onceOpen = await metrics(path);

      expect(whileClosed).toEqual(
        expect.arrayContaining([
          'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="successful"} 2',
          'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed"} 5',
          'resilience4j_circuitbreaker_state{name="customer",state="closed"} 1',
          'resilience4j_circuitbreaker_state{name="customer",state="open"} 0',
          'resilience4j_circuitbreaker_failure_rate{name="customer"} -1',
          'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted"} 0',
          'http_server_requests_seconds_count{method="POST",uri="/accounts",status="201",outcome="SUCCESS",exception="none"} 2',
          'http_server_requests_seconds_count{method="POST",uri="/accounts",status="202",outcome="SUCCESS",exception="none"} 5',
        ]),
      );
      expect(onceOpen).toEqual(
        expect.arrayContaining([
          'resilience4j_circuitbreaker_calls_seconds_count{name="customer",kind="failed"} 8',
          'resilience4j_circuitbreaker_state{name="customer",state="closed"} 0',
          'resilience4j_circuitbreaker_state{name="customer",state="open"} 1',
          'resilience4j_circuitbreaker_failure_rate{name="customer"} 80',
          'resilience4j_circuitbreaker_not_permitted_calls_total{name="customer",kind="not_permitted"} 2',
          'http_server_requests_seconds_count{method="POST",uri="/accounts",status="202",outcome="SUCCESS",exception="none"} 10',
        ]),
      );
    },
  );

  it('comes with the state of the database connections', async () => {
    await openTimes(1);

    expect(await metrics('/metrics')).toEqual(
      expect.arrayContaining(['pg_pool_connections 1', 'pg_pool_connections_idle 1', 'pg_pool_connections_pending 0']),
    );
  });

  it('is one line in the log for each state transition, with the numbers that caused it', async () => {
    const database = await createDatabase(inject('databaseServerUrl'));
    onTestFinished(() => database.drop());
    await migrateAccount(database.url);
    const entryPoint = new URL('../../../apps/account/dist/main.js', import.meta.url);
    const process = startProcess(entryPoint, {
      DATABASE_URL: database.url,
      CUSTOMER_URL: customer.url,
      ...oneAttempt,
    });
    onTestFinished(() => process.kill('SIGKILL'));
    const url = await process.listening;
    customer.answerWith(503);

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
