import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../core/errors.ts';
import { diagnose } from './diagnose.ts';
import { orderOf } from './instance.ts';
import { instancesInFiles } from './instances-in-files.ts';

describe('The instances in a configuration file', () => {
  let folder: string;
  const read = async (text: string, env = {}) => {
    const path = join(folder, 'resilience.yml');
    await writeFile(path, text);
    return instancesInFiles([path], env);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'doctor-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('are put together by name, resolved, with all their patterns and in their order', async () => {
    const { instances, warnings } = await read(`
      resilience4j:
        circuitbreaker:
          configs: { default: { slidingWindowSize: 20 } }
          instances: { customer: { minimum-number-of-calls: 5 }, ledger: {} }
        retry:
          instances: { customer: { maxAttempts: 4, waitDuration: 1s, retryBudget: shared } }
        retrybudget:
          instances: { shared: { retryRatio: 0.1 } }
        timelimiter:
          instances: { customer: { timeoutDuration: 2s } }
        bulkhead:
          instances: { customer: { maxConcurrentCalls: 7 } }
        ratelimiter:
          instances: { mail: { limitForPeriod: 3, limitRefreshPeriod: 1s } }
        pipelines:
          ledger:
          customer: [timeLimiter, retry, circuitBreaker]
    `);

    expect(warnings).toEqual([]);
    expect(instances.map(({ name }) => name).toSorted()).toEqual(['customer', 'ledger', 'mail']);
    const customer = instances.find(({ name }) => name === 'customer');
    expect(customer).toMatchObject({
      circuitBreaker: { slidingWindowSize: 20, minimumNumberOfCalls: 5, failureRateThreshold: 50 },
      retry: { maxAttempts: 4, waitDuration: 1_000 },
      retryBudget: { retryRatio: 0.1 },
      timeLimiter: { timeoutDuration: 2_000 },
      bulkhead: { maxConcurrentCalls: 7 },
    });
    expect(orderOf(customer!)).toEqual(['timeLimiter', 'retry', 'circuitBreaker']);
  });

  it('are one called default when there is nothing but what instances would build on', async () => {
    const { instances } = await read('resilience4j.circuitbreaker.configs.default: { slidingWindowSize: 7 }');

    expect(instances).toMatchObject([{ name: 'default', circuitBreaker: { slidingWindowSize: 7 } }]);
  });

  it('may name classes and predicates of the application', async () => {
    const { instances, warnings } = await read(`
      resilience4j.circuitbreaker.instances:
        customer:
          recordExceptions: [java.io.IOException, com.acme.CustomerDown]
          ignoreExceptions: com.acme.Rejected, com.acme.Refused
        ledger:
          recordFailurePredicate: com.acme.IsOutage
          ignore-exception-predicate: com.acme.IsHarmless
          recordResultPredicate: com.acme.IsBad
    `);

    const [customer, ledger] = instances;
    expect(customer?.circuitBreaker?.recordExceptions.map(({ name }) => name)).toEqual([
      'java.io.IOException',
      'com.acme.CustomerDown',
    ]);
    expect(customer?.circuitBreaker?.ignoreExceptions).toHaveLength(2);
    expect(ledger?.circuitBreaker?.recordException?.(new Error('any'))).toBe(true);
    expect(ledger?.circuitBreaker?.ignoreException?.(new Error('any'))).toBe(false);
    expect(ledger?.circuitBreaker?.recordResult?.('any')).toBe(false);
    expect(warnings).toEqual([expect.stringContaining('com.acme.IsOutage, com.acme.IsHarmless, com.acme.IsBad')]);
  });

  it('that ignore by name what they record are found out', async () => {
    const { instances } = await read(`
      resilience4j.circuitbreaker.instances.customer:
        { recordExceptions: com.acme.Down, ignoreExceptions: com.acme.Down }
    `);

    expect(diagnose(instances).map(({ code }) => code)).toContain('threshold-never-reached');
  });

  it('obey the environment', async () => {
    const env = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '3', SIZE: '4' };
    const { instances } = await read(
      'resilience4j.circuitbreaker.instances.customer.minimumNumberOfCalls: ${SIZE}',
      env,
    );

    expect(instances).toMatchObject([{ circuitBreaker: { slidingWindowSize: 3, minimumNumberOfCalls: 4 } }]);
  });

  it('that do not load are refused with every fault', async () => {
    const reading = read(`
      resilience4j:
        circuitbreaker.instances.customer: { failureRateThreshold: 150 }
        retry.instances.customer: { maxAttempts: 0 }
    `);

    await expect(reading).rejects.toThrow(InvalidOptionsError);
    await expect(reading).rejects.toThrow(/failureRateThreshold is 150.*\n.*maxAttempts is 0/);
  });
});
