import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { BulkheadRegistry } from '../core/bulkhead/bulkhead.registry.ts';
import { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';
import { RateLimiterRegistry } from '../core/rate-limiter/rate-limiter.registry.ts';
import { RetryRegistry } from '../core/retry/retry.registry.ts';
import { TimeLimiterRegistry } from '../core/time-limiter/time-limiter.registry.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';
import { loadResilienceConfig } from './load-resilience-config.ts';
import type { ResilienceConfig } from './resilience-config.ts';

class HttpServerErrorException extends Error {}
class IOException extends Error {}
class BusinessException extends Error {}
const isFailure = () => true;
const isPending = (result: unknown) => result === 'PENDING';

describe("a Spring team's application.yml with all patterns", () => {
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

  it('gives its circuit breakers', () => {
    const registry = new CircuitBreakerRegistry(config.circuitBreaker);

    expect(registry.circuitBreaker('customer').config).toMatchObject({
      slidingWindowSize: 10,
      slowCallRateThreshold: 70,
      slowCallDurationThreshold: 800,
      recordExceptions: [HttpServerErrorException, TimeoutExceededError, IOException],
      ignoreExceptions: [BusinessException],
    });
    const { waitIntervalFunctionInOpenState: wait, recordException } = registry.circuitBreaker('ledger').config;
    expect([1, 2, 5].map((attempt) => wait?.(attempt))).toStrictEqual([5_000, 10_000, 60_000]);
    expect(recordException).toBe(isFailure);
  });

  it('gives its retries', () => {
    const registry = new RetryRegistry(config.retry);

    const { intervalFunction: wait, ...customer } = registry.retry('customer').config;
    expect(customer).toMatchObject({
      maxAttempts: 3,
      waitDuration: undefined,
      retryExceptions: [HttpServerErrorException, TimeoutExceededError, IOException],
      ignoreExceptions: [BusinessException],
    });
    expect([1, 2, 3, 9].map((attempt) => wait?.(attempt))).toStrictEqual([80, 160, 320, 1_000]);
    expect(registry.retry('ledger').config).toMatchObject({
      maxAttempts: 5,
      waitDuration: 500,
      retryOnResult: isPending,
      retryOnException: isFailure,
      failAfterMaxAttempts: true,
      eventConsumerBufferSize: 20,
    });
  });

  it('gives its bulkheads, rate limiters and time limiters', () => {
    const bulkheads = new BulkheadRegistry(config.bulkhead);
    const rateLimiters = new RateLimiterRegistry(config.rateLimiter);
    const timeLimiters = new TimeLimiterRegistry(config.timeLimiter);

    expect(bulkheads.bulkhead('customer').config).toMatchObject({ maxConcurrentCalls: 10, maxWaitDuration: 10 });
    expect(bulkheads.bulkhead('other').config).toMatchObject({ maxConcurrentCalls: 100 });
    expect(rateLimiters.rateLimiter('ledger').config).toMatchObject({
      limitForPeriod: 6,
      limitRefreshPeriod: 500,
      timeoutDuration: 3_000,
    });
    expect(timeLimiters.timeLimiter('customer').config).toMatchObject({
      timeoutDuration: 2_000,
      cancelRunningFuture: false,
    });
    expect(timeLimiters.timeLimiter('ledger').config).toMatchObject({
      timeoutDuration: 1_500,
      cancelRunningFuture: true,
    });
  });

  it('says of each instance whether it is shown among the details of health', () => {
    const { circuitBreaker, rateLimiter } = config.extras;

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

  it('is told once of what has no effect here', () => {
    const [warning = '', ...others] = config.warnings;

    expect(others).toStrictEqual([]);
    const lines = warning.split('\n').map((line) => line.replace(/^ {2}- \S+: resilience4j\./, ''));
    expect(lines).toStrictEqual([
      'Parts of the resilience configuration have no effect here:',
      'circuitbreaker.circuitBreakerAspectOrder',
      'retry.retryAspectOrder',
      'thread-pool-bulkhead (there are no thread pools here; a bulkhead limits the calls under way)',
      'ratelimiter.instances.ledger.subscribeForEvents',
      'timelimiter.metrics',
    ]);
  });
});
