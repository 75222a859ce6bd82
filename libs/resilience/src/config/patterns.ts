import type { AdaptiveConcurrencyLimiterOptions } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.options.ts';
import type { BulkheadOptions } from '../core/bulkhead/bulkhead.options.ts';
import type { CachedFallbackOptions } from '../core/cached-fallback/cached-fallback.options.ts';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { FallbackOptions } from '../core/fallback/fallback.options.ts';
import type { HedgeOptions } from '../core/hedge/hedge.options.ts';
import type { RateLimiterOptions } from '../core/rate-limiter/rate-limiter.options.ts';
import type { RegistryDefinitions } from '../core/registry.ts';
import type { RetryBudgetOptions } from '../core/retry/retry-budget.options.ts';
import type { RetryOptions } from '../core/retry/retry.options.ts';
import type { TimeLimiterOptions } from '../core/time-limiter/time-limiter.options.ts';

/** The options of every pattern, by what code calls it. */
export interface PatternOptions {
  readonly circuitBreaker: CircuitBreakerOptions;
  readonly retry: RetryOptions;
  readonly retryBudget: RetryBudgetOptions;
  readonly rateLimiter: RateLimiterOptions;
  readonly timeLimiter: TimeLimiterOptions;
  readonly bulkhead: BulkheadOptions;
  readonly adaptiveConcurrencyLimiter: AdaptiveConcurrencyLimiterOptions;
  readonly hedge: HedgeOptions;
  readonly fallback: FallbackOptions;
  readonly cachedFallback: CachedFallbackOptions;
}

export type PatternName = keyof PatternOptions;

/** What the registry of each pattern is made of. */
export type PatternDefinitions = { readonly [P in PatternName]: RegistryDefinitions<PatternOptions[P]> };

/** Each pattern once. */
export const patternNames = Object.freeze([
  'circuitBreaker',
  'retry',
  'retryBudget',
  'rateLimiter',
  'timeLimiter',
  'bulkhead',
  'adaptiveConcurrencyLimiter',
  'hedge',
  'fallback',
  'cachedFallback',
] as const) satisfies readonly PatternName[];
