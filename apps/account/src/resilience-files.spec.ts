import { createRegistry, type PolicyRegistry } from '@breakwater/resilience';
import { loadResilienceConfig } from '@breakwater/resilience/config';
import { instancesInFiles, startUpWarnings } from '@breakwater/resilience/doctor';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { CustomerUnavailableError } from './customer/customer.client.ts';
import { customerPolicies } from './customer/customer.module.ts';

const packageFile = (file: string): URL => new URL(`../${file}`, import.meta.url);

const load = (...files: string[]) =>
  loadResilienceConfig({ files: files.map(packageFile), env: {}, ...customerPolicies([]) });

async function registryOf(...files: string[]): Promise<PolicyRegistry<'circuitBreaker'>> {
  const { circuitBreaker, warnings } = await load(...files);
  expect(warnings).toEqual([]);
  return createRegistry('circuitBreaker', circuitBreaker);
}

describe('resilience.yml', () => {
  it('declares the pipelines; the reconciler has a circuit breaker of its own', async () => {
    const { pipelines } = await load('resilience.yml');

    expect(pipelines).toEqual({
      customer: ['cachedFallback', 'retry', 'circuitBreaker', 'timeLimiter', 'bulkhead', 'endpointPool'],
      'customer-reconciliation': [
        'circuitBreaker:reconciliation',
        'timeLimiter:customer',
        'bulkhead:customer',
        'endpointPool:customer',
      ],
      reconciliation: ['bulkhead', 'rateLimiter'],
    });
  });

  it.each(['customer', 'reconciliation'])('configures the circuit breaker %s in front of customer', async (name) => {
    const registry = await registryOf('resilience.yml');

    expect(registry.names()).toEqual(['customer', 'reconciliation']);
    expect(registry.getOrCreate(name).config).toMatchObject({
      slidingWindowType: 'COUNT_BASED',
      slidingWindowSize: 10,
      minimumNumberOfCalls: 10,
      failureRateThreshold: 50,
      slowCallRateThreshold: 80,
      slowCallDurationThreshold: 1_000,
      waitDurationInOpenState: 10_000,
      permittedNumberOfCallsInHalfOpenState: 3,
    });
  });
});

describe('resilience.yml, for a permitted call', () => {
  it('limits its time and the calls in flight', async () => {
    const { timeLimiter, bulkhead } = await load('resilience.yml');

    expect(createRegistry('timeLimiter', timeLimiter).getOrCreate('customer').config.timeoutDuration).toBe(3_000);
    expect(createRegistry('bulkhead', bulkhead).getOrCreate('customer').config).toMatchObject({
      maxConcurrentCalls: 30,
      maxWaitDuration: 0,
    });
  });
});

describe('resilience.yml, for calls in addition to the first attempts of requests', () => {
  it('retries once, within a budget', async () => {
    const { retry, retryBudget } = await load('resilience.yml');
    const { config } = createRegistry('retry', retry, {
      retryBudgets: createRegistry('retryBudget', retryBudget),
    }).getOrCreate('customer');

    expect(config).toMatchObject({
      maxAttempts: 2,
      retryExceptions: [CustomerUnavailableError],
      retryBudget: 'customer',
    });
  });

  it('leaves part of the budget to requests, for any backlog of the reconciler', async () => {
    const { retryBudget, rateLimiter } = await load('resilience.yml');
    const { minRetriesPerSecond } = createRegistry('retryBudget', retryBudget).getOrCreate('customer').config;
    const pace = createRegistry('rateLimiter', rateLimiter).getOrCreate('reconciliation').config;

    expect((pace.limitForPeriod * 1_000) / pace.limitRefreshPeriod).toBe(8);
    expect(minRetriesPerSecond).toBe(10);
  });
});

describe('The doctor at the start', () => {
  const findings = async (...files: string[]) => {
    const { instances } = await instancesInFiles(
      files.map((file) => fileURLToPath(packageFile(file))),
      {},
    );
    return startUpWarnings(instances);
  };

  it('has no warning about resilience.yml', async () => {
    await expect(findings('resilience.yml')).resolves.toEqual([]);
  });

  it('has only the warning about resilience-demo.yml that is the subject of an experiment', async () => {
    await expect(findings('resilience.yml', 'resilience-demo.yml')).resolves.toEqual([
      expect.stringMatching(/^count-minimum-above-window: .*\(minimum-above-count-window\)$/),
    ]);
  });
});

describe('resilience-demo.yml', () => {
  const common = {
    slidingWindowSize: 10,
    failureRateThreshold: 70,
    waitDurationInOpenState: 10_000,
    permittedNumberOfCallsInHalfOpenState: 3,
  };
  const slow = { slowCallRateThreshold: 70, slowCallDurationThreshold: 1_000 };

  it.each([
    ['count-slow', { slidingWindowType: 'COUNT_BASED', minimumNumberOfCalls: 10, ...slow }],
    [
      'count-failures-only',
      {
        slidingWindowType: 'COUNT_BASED',
        minimumNumberOfCalls: 10,
        slowCallRateThreshold: 100,
        slowCallDurationThreshold: 60_000,
      },
    ],
    ['count-minimum-above-window', { slidingWindowType: 'COUNT_BASED', minimumNumberOfCalls: 100, ...slow }],
    ['time-minimum-5', { slidingWindowType: 'TIME_BASED', minimumNumberOfCalls: 5, ...slow }],
    ['time-minimum-6', { slidingWindowType: 'TIME_BASED', minimumNumberOfCalls: 6, ...slow }],
  ])('configures the experiment %s', async (name, particular) => {
    const registry = await registryOf('resilience.yml', 'resilience-demo.yml');

    expect(registry.getOrCreate(name).config).toMatchObject({ ...common, ...particular });
  });

  it('does not change the circuit breaker in front of customer', async () => {
    const plain = await registryOf('resilience.yml');
    const demo = await registryOf('resilience.yml', 'resilience-demo.yml');

    expect(demo.getOrCreate('customer').config).toEqual(plain.getOrCreate('customer').config);
    expect(demo.names()).toHaveLength(7);
  });
});
