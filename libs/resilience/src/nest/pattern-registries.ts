import type { AdaptiveConcurrencyLimiterRegistry } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.registry.ts';
import type { BulkheadRegistry } from '../core/bulkhead/bulkhead.registry.ts';
import type { CachedFallbackRegistry } from '../core/cached-fallback/cached-fallback.registry.ts';
import type { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';
import type { FallbackRegistry } from '../core/fallback/fallback.registry.ts';
import type { HedgeRegistry } from '../core/hedge/hedge.registry.ts';
import type { RateLimiterRegistry } from '../core/rate-limiter/rate-limiter.registry.ts';
import type { RetryBudgetRegistry } from '../core/retry/retry-budget.registry.ts';
import type { RetryRegistry } from '../core/retry/retry.registry.ts';
import type { TimeLimiterRegistry } from '../core/time-limiter/time-limiter.registry.ts';

/** The registries of all patterns. */
export interface PatternRegistries {
  readonly circuitBreaker: CircuitBreakerRegistry;
  readonly retry: RetryRegistry;
  readonly retryBudget: RetryBudgetRegistry;
  readonly rateLimiter: RateLimiterRegistry;
  readonly timeLimiter: TimeLimiterRegistry;
  readonly bulkhead: BulkheadRegistry;
  readonly adaptiveConcurrencyLimiter: AdaptiveConcurrencyLimiterRegistry;
  readonly hedge: HedgeRegistry;
  readonly fallback: FallbackRegistry;
  readonly cachedFallback: CachedFallbackRegistry;
}
