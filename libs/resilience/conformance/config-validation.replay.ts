import { bulkheadOptions } from '../src/core/bulkhead/bulkhead.options.ts';
import { circuitBreakerOptions } from '../src/core/circuit-breaker/circuit-breaker.options.ts';
import { IntervalFunction, InvalidOptionsError } from '../src/core/index.ts';
import { rateLimiterOptions } from '../src/core/rate-limiter/rate-limiter.options.ts';
import { retryOptions } from '../src/core/retry/retry.options.ts';
import type { Difference } from './traces.ts';

/** One setting of an otherwise default configuration; a line of `config-validation.jsonl`. */
export interface ConfigValidationTrace {
  readonly id: string;
  readonly pattern: string;
  readonly setting: string;
  readonly value: unknown;
  readonly accepted: boolean;
}

/** Checks that a setting is accepted or rejected as by Resilience4j. */
export function replayConfigValidation(trace: ConfigValidationTrace): Difference | undefined {
  const { id, pattern, setting, value, accepted } = trace;
  const actual = accepts(`${pattern} ${setting}`, value);
  if (actual === accepted) return undefined;
  return {
    trace: `${id} (${pattern}: ${setting} ${JSON.stringify(value)})`,
    step: 1,
    what: 'acceptance',
    expected: accepted,
    actual,
  };
}

function accepts(setting: string, value: unknown): boolean {
  const configure = settings[setting];
  if (configure === undefined) throw new Error(`The setting '${setting}' of a trace is unknown.`);
  try {
    configure(value as never);
    return true;
  } catch (error) {
    if (error instanceof InvalidOptionsError) return false;
    throw error;
  }
}

const circuitBreaker = (options: object) => void circuitBreakerOptions.resolve('conformance', options);
const retry = (options: object) => void retryOptions.resolve('conformance', options);
const rateLimiter = (options: object) => void rateLimiterOptions.resolve('conformance', options);
const bulkhead = (options: object) => void bulkheadOptions.resolve('conformance', options);

const nanosecond = 1e-6;

const settings: Readonly<Record<string, (value: never) => void>> = {
  'circuit-breaker failureRateThreshold': (failureRateThreshold) => circuitBreaker({ failureRateThreshold }),
  'circuit-breaker slowCallRateThreshold': (slowCallRateThreshold) => circuitBreaker({ slowCallRateThreshold }),
  'circuit-breaker slidingWindowSize': (slidingWindowSize) => circuitBreaker({ slidingWindowSize }),
  'circuit-breaker minimumNumberOfCalls': (minimumNumberOfCalls) => circuitBreaker({ minimumNumberOfCalls }),
  'circuit-breaker permittedNumberOfCallsInHalfOpenState': (permittedNumberOfCallsInHalfOpenState) =>
    circuitBreaker({ permittedNumberOfCallsInHalfOpenState }),
  'circuit-breaker waitDurationInOpenStateMs': (waitDurationInOpenState) => circuitBreaker({ waitDurationInOpenState }),
  'circuit-breaker slowCallDurationThresholdMs': (slowCallDurationThreshold) =>
    circuitBreaker({ slowCallDurationThreshold }),
  'circuit-breaker maxWaitDurationInHalfOpenStateMs': (maxWaitDurationInHalfOpenState) =>
    circuitBreaker({ maxWaitDurationInHalfOpenState }),
  'circuit-breaker transitionToStateAfterWaitDuration': (transitionToStateAfterWaitDuration) =>
    circuitBreaker({ transitionToStateAfterWaitDuration }),
  'circuit-breaker waitDurationInOpenStateMs and waitIntervalInOpenState together': () =>
    circuitBreaker({ waitDurationInOpenState: 1_000, waitIntervalFunctionInOpenState: IntervalFunction.of(1_000) }),
  'retry maxAttempts': (maxAttempts) => retry({ maxAttempts }),
  'retry waitDurationMs': (waitDuration) => retry({ waitDuration }),
  'retry fixedIntervalMs': (interval) => void IntervalFunction.of(interval),
  'retry exponentialInitialMs (without cap)': (initial) => void IntervalFunction.ofExponentialBackoff(initial),
  'retry exponentialMaxMs': (max) => void IntervalFunction.ofExponentialBackoff(undefined, undefined, max),
  'retry randomizationFactor': (factor) => void IntervalFunction.ofRandomized(undefined, factor),
  'rate-limiter limitForPeriod': (limitForPeriod) => rateLimiter({ limitForPeriod }),
  'rate-limiter limitRefreshPeriodNanos': (nanos) => rateLimiter({ limitRefreshPeriod: nanos * nanosecond }),
  'rate-limiter timeoutDurationNanos': (nanos) => rateLimiter({ timeoutDuration: nanos * nanosecond }),
  'bulkhead maxConcurrentCalls': (maxConcurrentCalls) => bulkhead({ maxConcurrentCalls }),
  'bulkhead maxWaitDurationMs': (maxWaitDuration) => bulkhead({ maxWaitDuration }),
};
