import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InvalidOptionsError } from '../core/errors.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { pipeline } from '../core/pipeline.ts';
import { createRegistry, policies } from '../core/policies.ts';
import { diagnose, startUpWarnings } from './diagnose.ts';
import { explain } from './explain.ts';
import { describeInstance, instancesOf, isAround, orderOf } from './instance.ts';
import { instancesInFiles } from './instances-in-files.ts';

describe('instancesInFiles', () => {
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

  it('combines the policies of files by name, in the order of pipelines', async () => {
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

  it('returns an instance called default if the file defines only that configuration', async () => {
    const { instances } = await read('resilience4j.circuitbreaker.configs.default: { slidingWindowSize: 7 }');

    expect(instances).toMatchObject([{ name: 'default', circuitBreaker: { slidingWindowSize: 7 } }]);
  });

  it('contains the policies of a standard pipeline, whose defaults need no warning', async () => {
    const { instances, warnings } = await read('resilience4j.pipelines.payments: standard');

    const [payments] = instances;
    expect(payments).toMatchObject({
      name: 'payments',
      order: ['deadline', 'retry', 'circuitBreaker', 'timeLimiter', 'bulkhead'],
      deadline: { timeoutDuration: 30_000 },
      circuitBreaker: { classification: 'http' },
    });
    expect(explain(payments!)).toContain('A call with all its attempts and waits ends with an error after 30 s');
    expect(startUpWarnings(instances)).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('accepts names of classes and predicates of the application', async () => {
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

  it('finds errors that are both recorded and ignored by name', async () => {
    const { instances } = await read(`
      resilience4j.circuitbreaker.instances.customer:
        { recordExceptions: com.acme.Down, ignoreExceptions: com.acme.Down }
    `);

    expect(diagnose(instances).map(({ code }) => code)).toContain('threshold-never-reached');
  });

  it('reads the environment', async () => {
    const env = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '3', SIZE: '4' };
    const { instances } = await read(
      'resilience4j.circuitbreaker.instances.customer.minimumNumberOfCalls: ${SIZE}',
      env,
    );

    expect(instances).toMatchObject([{ circuitBreaker: { slidingWindowSize: 3, minimumNumberOfCalls: 4 } }]);
  });

  it('reports every fault', async () => {
    const reading = read(`
      resilience4j:
        circuitbreaker.instances.customer: { failureRateThreshold: 150 }
        retry.instances.customer: { maxAttempts: 0 }
    `);

    await expect(reading).rejects.toThrow(InvalidOptionsError);
    await expect(reading).rejects.toThrow(/failureRateThreshold is 150.*\n.*maxAttempts is 0/);
  });
});

describe('instancesOf', () => {
  it('leaves partitions out, which have the options of the instance that they are part of', () => {
    const circuitBreaker = createRegistry('circuitBreaker');
    circuitBreaker.getOrCreate('customer');
    circuitBreaker.partition('customer', 'a');

    expect(instancesOf({ circuitBreaker }).map(({ name }) => name)).toEqual(['customer']);
  });

  it('combines the policies of registries by name', () => {
    const circuitBreaker = createRegistry('circuitBreaker');
    const retry = createRegistry('retry');
    circuitBreaker.getOrCreate('customer', { slidingWindowSize: 7 });
    retry.getOrCreate('customer', { maxAttempts: 5 });
    retry.getOrCreate('ledger');

    const instances = instancesOf({ circuitBreaker, retry });

    expect(instances).toMatchObject([
      { name: 'customer', retry: { maxAttempts: 5 }, circuitBreaker: { slidingWindowSize: 7 } },
      { name: 'ledger', retry: { maxAttempts: 3 } },
    ]);
  });

  it('orders the policies of an instance like the pipeline of the same name', () => {
    const circuitBreaker = createRegistry('circuitBreaker');
    const retry = createRegistry('retry');
    const members = [circuitBreaker.getOrCreate('customer'), retry.getOrCreate('customer')];
    retry.getOrCreate('ledger');
    const pipelines = new PipelineRegistry([pipeline('customer', members)]);

    const [customer, ledger] = instancesOf({ circuitBreaker, retry }, policies, pipelines);

    expect(customer?.order).toStrictEqual(['circuitBreaker', 'retry']);
    expect(ledger).not.toHaveProperty('order');
  });
});

describe('orderOf and isAround', () => {
  const instance = describeInstance('customer', { retry: {}, circuitBreaker: {}, bulkhead: {} });

  it('use the default order without policies that an instance does not have', () => {
    expect(orderOf(instance)).toEqual(['retry', 'circuitBreaker', 'bulkhead']);
    expect(isAround(instance, 'retry', 'circuitBreaker')).toBe(true);
    expect(isAround(instance, 'circuitBreaker', 'retry')).toBe(false);
    expect(isAround(instance, 'retry', 'timeLimiter')).toBe(false);
    expect(isAround(instance, 'timeLimiter', 'retry')).toBe(false);
  });

  it('use the order of the instance, which may lack policies', () => {
    const ordered = { ...instance, order: ['circuitBreaker', 'retry'] as const };

    expect(isAround(ordered, 'circuitBreaker', 'retry')).toBe(true);
    expect(isAround(ordered, 'retry', 'bulkhead')).toBe(false);
  });
});
