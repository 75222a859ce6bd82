import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistry } from '../core/policies.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { ConfigFileError } from './config-text.ts';
import { loadResilienceConfig } from './load-resilience-config.ts';
import { type ResilienceConfig } from './resilience-config.ts';

class HttpServerErrorException extends Error {}
class IOException extends Error {}
class BusinessException extends Error {}
const isFailure = () => true;
const isPending = (result: unknown) => result === 'PENDING';

describe("a Spring team's application.yml with all policies", () => {
  let config: ResilienceConfig;

  beforeAll(async () => {
    config = await loadResilienceConfig({
      files: [fileURLToPath(new URL('application.fixture.yml', import.meta.url))],
      env: {},
      errorTypes: { HttpServerErrorException, IOException, BusinessException },
      predicates: { RecordFailurePredicate: isFailure, 'com.acme.account.PendingPredicate': isPending },
      random: () => 0,
    });
  });

  it('configures circuit breakers', () => {
    const registry = createRegistry('circuitBreaker', config.circuitBreaker);

    expect(registry.getOrCreate('customer').config).toMatchObject({
      slidingWindowSize: 10,
      slowCallRateThreshold: 70,
      slowCallDurationThreshold: 800,
      recordExceptions: [HttpServerErrorException, TimeoutExceededError, IOException],
      ignoreExceptions: [BusinessException],
    });
    const { waitIntervalFunctionInOpenState: wait, recordException } = registry.getOrCreate('ledger').config;
    expect([1, 2, 5].map((attempt) => wait?.(attempt))).toStrictEqual([5_000, 10_000, 60_000]);
    expect(recordException).toBe(isFailure);
  });

  it('configures retries', () => {
    const registry = createRegistry('retry', config.retry);

    const { intervalFunction: wait, ...customer } = registry.getOrCreate('customer').config;
    expect(customer).toMatchObject({
      maxAttempts: 3,
      waitDuration: undefined,
      retryExceptions: [HttpServerErrorException, TimeoutExceededError, IOException],
      ignoreExceptions: [BusinessException],
    });
    expect([1, 2, 3, 9].map((attempt) => wait?.(attempt))).toStrictEqual([80, 160, 320, 1_000]);
    expect(registry.getOrCreate('ledger').config).toMatchObject({
      maxAttempts: 5,
      waitDuration: 500,
      retryOnResult: isPending,
      retryOnException: isFailure,
      failAfterMaxAttempts: true,
      eventConsumerBufferSize: 20,
    });
  });

  it('configures bulkheads, rate limiters and time limiters', () => {
    const bulkheads = createRegistry('bulkhead', config.bulkhead);
    const rateLimiters = createRegistry('rateLimiter', config.rateLimiter);
    const timeLimiters = createRegistry('timeLimiter', config.timeLimiter);

    expect(bulkheads.getOrCreate('customer').config).toMatchObject({ maxConcurrentCalls: 10, maxWaitDuration: 10 });
    expect(bulkheads.getOrCreate('other').config).toMatchObject({ maxConcurrentCalls: 100 });
    expect(rateLimiters.getOrCreate('ledger').config).toMatchObject({
      limitForPeriod: 6,
      limitRefreshPeriod: 500,
      timeoutDuration: 3_000,
    });
    expect(timeLimiters.getOrCreate('customer').config).toMatchObject({
      timeoutDuration: 2_000,
      cancelRunningFuture: false,
    });
    expect(timeLimiters.getOrCreate('ledger').config).toMatchObject({
      timeoutDuration: 1_500,
      cancelRunningFuture: true,
    });
  });

  it('contains the health options of each instance', () => {
    const { circuitBreaker, rateLimiter } = config.healthOptions;

    expect(circuitBreaker('customer')).toStrictEqual({
      registerHealthIndicator: true,
      allowHealthIndicatorToFail: true,
    });
    expect(circuitBreaker('ledger')).toStrictEqual({
      registerHealthIndicator: false,
      allowHealthIndicatorToFail: false,
    });
    expect(circuitBreaker('undefined anywhere').registerHealthIndicator).toBe(true);
    expect(rateLimiter('customer')).toMatchObject({ registerHealthIndicator: false });
    expect(rateLimiter('ledger')).toMatchObject({ registerHealthIndicator: true, allowHealthIndicatorToFail: true });
  });

  it('produces one warning with everything that has no effect', () => {
    const [warning = '', ...others] = config.warnings;

    expect(others).toStrictEqual([]);
    const lines = warning.split('\n').map((line) => line.replace(/^ {2}- \S+: resilience4j\./, ''));
    expect(lines).toStrictEqual([
      'Parts of the resilience configuration have no effect here:',
      'circuitbreaker.circuitBreakerAspectOrder',
      'retry.retryAspectOrder',
      'thread-pool-bulkhead (Node.js has no thread pools; a bulkhead limits the calls in flight)',
      'ratelimiter.instances.ledger.subscribeForEvents',
      'timelimiter.metrics',
    ]);
  });
});

describe('loadResilienceConfig', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resilience-'));
    await writeFile(join(folder, 'a.yml'), 'resilience4j.circuitbreaker.instances.customer: { slidingWindowSize: 1 }');
    await writeFile(
      join(folder, 'b.yml'),
      'resilience4j.circuitbreaker.instances.customer: { minimumNumberOfCalls: 2 }',
    );
  });

  afterAll(() => rm(folder, { recursive: true }));

  it('reads files in their order, then the environment', async () => {
    const files = ['a.yml', 'b.yml'].map((name) => join(folder, name));
    const env = { RESILIENCE4J_CIRCUITBREAKER_INSTANCES_CUSTOMER_SLIDINGWINDOWSIZE: '3' };

    const { circuitBreaker, warnings } = await loadResilienceConfig({ files, env });

    expect(circuitBreaker).toStrictEqual({
      configs: {},
      instances: { customer: { slidingWindowSize: 3, minimumNumberOfCalls: 2 } },
    });
    expect(warnings).toStrictEqual([]);
  });

  it('works without files', async () => {
    expect(await loadResilienceConfig({ env: {} })).toMatchObject({
      circuitBreaker: { configs: {}, instances: {} },
      retry: { configs: {}, instances: {} },
      pipelines: {},
      warnings: [],
    });
  });

  it('reads the environment of the process by default', async () => {
    expect(await loadResilienceConfig()).toMatchObject({ warnings: [] });
  });

  it('rejects a missing file', async () => {
    await expect(loadResilienceConfig({ files: [join(folder, 'c.yml')] })).rejects.toBeInstanceOf(ConfigFileError);
  });
});
