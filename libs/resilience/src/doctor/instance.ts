import {
  type BulkheadConfig,
  type BulkheadOptions,
  resolveBulkheadOptions,
} from '../core/bulkhead/bulkhead.options.ts';
import {
  type CircuitBreakerConfig,
  type CircuitBreakerOptions,
  resolveCircuitBreakerOptions,
} from '../core/circuit-breaker/circuit-breaker.options.ts';
import {
  type RateLimiterConfig,
  type RateLimiterOptions,
  resolveRateLimiterOptions,
} from '../core/rate-limiter/rate-limiter.options.ts';
import type { RetryBudgetConfig } from '../core/retry/retry-budget.options.ts';
import { type RetryConfig, type RetryOptions, resolveRetryOptions } from '../core/retry/retry.options.ts';
import {
  resolveTimeLimiterOptions,
  type TimeLimiterConfig,
  type TimeLimiterOptions,
} from '../core/time-limiter/time-limiter.options.ts';

/** The patterns that the doctor knows, in the default order of a pipeline, outermost first. */
export const patterns = ['retry', 'circuitBreaker', 'rateLimiter', 'timeLimiter', 'bulkhead'] as const;

export type Pattern = (typeof patterns)[number];

/** What one dependency is protected with: the resolved options of each pattern that it has. */
export interface Instance {
  readonly name: string;
  readonly circuitBreaker?: CircuitBreakerConfig | undefined;
  readonly retry?: RetryConfig | undefined;
  readonly timeLimiter?: TimeLimiterConfig | undefined;
  readonly bulkhead?: BulkheadConfig | undefined;
  readonly rateLimiter?: RateLimiterConfig | undefined;
  /** The budget that the retry names; its defaults when it is left out. */
  readonly retryBudget?: RetryBudgetConfig | undefined;
  /** Outermost first. By default that of a pipeline: retry, circuit breaker, rate limiter, time limiter, bulkhead. */
  readonly order?: readonly Pattern[] | undefined;
}

/** The same with options as they are given, each of which may be left out. */
export interface InstanceOptions {
  readonly circuitBreaker?: CircuitBreakerOptions | undefined;
  readonly retry?: RetryOptions | undefined;
  readonly timeLimiter?: TimeLimiterOptions | undefined;
  readonly bulkhead?: BulkheadOptions | undefined;
  readonly rateLimiter?: RateLimiterOptions | undefined;
  readonly order?: readonly Pattern[] | undefined;
}

/**
 * An instance of options as they are given.
 *
 * @throws InvalidOptionsError listing every fault of the first pattern that has one
 */
export function describeInstance(name: string, options: InstanceOptions): Instance {
  const { circuitBreaker, retry, timeLimiter, bulkhead, rateLimiter, order } = options;
  return {
    name,
    circuitBreaker: circuitBreaker && resolveCircuitBreakerOptions(`CircuitBreaker '${name}'`, circuitBreaker),
    retry: retry && resolveRetryOptions(`Retry '${name}'`, retry),
    timeLimiter: timeLimiter && resolveTimeLimiterOptions(`TimeLimiter '${name}'`, timeLimiter),
    bulkhead: bulkhead && resolveBulkheadOptions(`Bulkhead '${name}'`, bulkhead),
    rateLimiter: rateLimiter && resolveRateLimiterOptions(`RateLimiter '${name}'`, rateLimiter),
    order,
  };
}

/** The registry of a pattern, or anything else that lists its policies. */
interface Policies<C> {
  all(): readonly { readonly name: string; readonly config: C }[];
}

/** The registries of a running application; those that it does not have are left out. */
export interface PolicyRegistries {
  readonly circuitBreaker?: Policies<CircuitBreakerConfig> | undefined;
  readonly retry?: Policies<RetryConfig> | undefined;
  readonly timeLimiter?: Policies<TimeLimiterConfig> | undefined;
  readonly bulkhead?: Policies<BulkheadConfig> | undefined;
  readonly rateLimiter?: Policies<RateLimiterConfig> | undefined;
}

/** What the registries hold, put together by name: policies of the same name protect the same dependency. */
export function instancesOf(registries: PolicyRegistries): readonly Instance[] {
  const instances = new Map<string, Instance>();
  for (const pattern of patterns) {
    for (const { name, config } of registries[pattern]?.all() ?? []) {
      instances.set(name, { ...(instances.get(name) ?? { name }), [pattern]: config });
    }
  }
  return [...instances.values()];
}

/** The patterns that an instance has, outermost first. */
export function orderOf(instance: Instance): readonly Pattern[] {
  return (instance.order ?? patterns).filter((pattern) => instance[pattern] !== undefined);
}

/** Whether the instance has both, and `outer` is around `inner`. */
export function isAround(instance: Instance, outer: Pattern, inner: Pattern): boolean {
  const order = orderOf(instance);
  return order.includes(outer) && order.indexOf(outer) < order.indexOf(inner);
}
