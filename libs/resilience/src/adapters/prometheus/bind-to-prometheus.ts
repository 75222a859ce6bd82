import { register } from 'prom-client';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { EventMap, Unsubscribe } from '../../core/events.ts';
import { type FollowableRegistry, followRegistry } from '../../core/follow-registry.ts';
import type { RetryBudget } from '../../core/retry/retry-budget.ts';
import {
  adaptiveConcurrencyLimiterMeters,
  countedAdaptiveConcurrencyLimiterEvents,
  type MeteredAdaptiveConcurrencyLimiter,
} from './adaptive-concurrency-limiter.meters.ts';
import { bulkheadMeters, countedBulkheadEvents, type MeteredBulkhead } from './bulkhead.meters.ts';
import {
  circuitBreakerCalls,
  CircuitBreakerInstance,
  circuitBreakerMeters,
  type MeteredBreaker,
} from './circuit-breaker.meters.ts';
import { CountedEvents, type EventSource } from './counted-events.ts';
import {
  cachedFallbackMeters,
  countedCachedFallbackEvents,
  countedFallbackEvents,
  fallbackMeters,
  type MeteredCachedFallback,
  type MeteredFallback,
} from './fallback.meters.ts';
import { countedHedgeEvents, hedgeMeters, type MeteredHedge } from './hedge.meters.ts';
import { type Labels, type Meter, Meters, type PrometheusRegistry } from './meters.ts';
import { percentileHistogramBuckets } from './percentile-histogram-buckets.ts';
import { countedRateLimiterEvents, type MeteredRateLimiter, rateLimiterMeters } from './rate-limiter.meters.ts';
import { countedRetryEvents, type MeteredRetry, retryBudgetMeters, retryMeters } from './retry.meters.ts';
import { countedTimeLimiterEvents, type MeteredTimeLimiter, timeLimiterMeters } from './time-limiter.meters.ts';

/** What is to be shown. Each may be left out, and then has no metrics. */
export interface BoundRegistries {
  readonly circuitBreakerRegistry?: FollowableRegistry<MeteredBreaker>;
  readonly retryRegistry?: FollowableRegistry<MeteredRetry>;
  readonly retryBudgetRegistry?: FollowableRegistry<Pick<RetryBudget, 'name' | 'balance'>>;
  readonly bulkheadRegistry?: FollowableRegistry<MeteredBulkhead>;
  readonly rateLimiterRegistry?: FollowableRegistry<MeteredRateLimiter>;
  readonly timeLimiterRegistry?: FollowableRegistry<MeteredTimeLimiter>;
  readonly hedgeRegistry?: FollowableRegistry<MeteredHedge>;
  readonly adaptiveConcurrencyLimiterRegistry?: FollowableRegistry<MeteredAdaptiveConcurrencyLimiter>;
  readonly fallbackRegistry?: FollowableRegistry<MeteredFallback>;
  readonly cachedFallbackRegistry?: FollowableRegistry<MeteredCachedFallback>;
}

/** How it is to be shown. */
export interface PrometheusOptions {
  /**
   * Labels of every series, e.g. `{ application: 'account' }`, by which dashboards for Spring Boot choose, or
   * `{ group: 'none' }`, which Spring Cloud CircuitBreaker adds. None by default.
   */
  readonly extraLabels?: Labels;
  /**
   * The upper bounds of the histogram of call durations, in seconds, rising. By default those of Micrometer's
   * `percentiles-histogram`, 68 from 1 ms to 30 s. An empty list leaves the number and the sum of durations.
   */
  readonly callDurationBuckets?: readonly number[];
  /** By which the longest call is forgotten; it must be that of the circuit breakers. Real time by default. */
  readonly clock?: Clock;
}

/**
 * Shows what policies do as metrics for Prometheus, with the names, labels and units that Resilience4j's Micrometer binding
 * has there, so that dashboards and alerts made for it show them without an edit. What Resilience4j does not have is named
 * `breakwater_…`.
 *
 * Instances that registries are given later get their series then; the series of an instance that is removed go with it.
 * Counting begins with the binding.
 *
 * @param registries whose instances are shown
 * @param prometheusRegistry where the metrics are collected; prom-client's `register` by default
 * @returns what takes all of it back
 * @throws Error from prom-client when a metric of such a name is there already, as after a second binding; nothing is bound
 *
 * @example
 * bindToPrometheus({ circuitBreakerRegistry, retryRegistry }, register, { extraLabels: { application: 'account' } });
 */
export function bindToPrometheus(
  registries: BoundRegistries,
  prometheusRegistry: PrometheusRegistry = register,
  options: PrometheusOptions = {},
): Unsubscribe {
  const meters = new Meters(prometheusRegistry, options.extraLabels ?? {});
  const unbinds: Unsubscribe[] = [];
  const unbind: Unsubscribe = () => {
    for (const end of unbinds.splice(0)) end();
    meters.removeAll();
  };
  const counted = <P extends EventSource<M>, M extends EventMap>(
    registry: FollowableRegistry<P> | undefined,
    definitions: readonly Meter<CountedEvents<P, M>>[],
    types: readonly (keyof M)[],
  ): void => void unbinds.push(bind(meters, registry, definitions, (policy) => new CountedEvents<P, M>(policy, types)));

  try {
    unbinds.push(bindCircuitBreakers(meters, registries.circuitBreakerRegistry, options));
    counted(registries.retryRegistry, retryMeters, countedRetryEvents);
    counted(registries.bulkheadRegistry, bulkheadMeters, countedBulkheadEvents);
    counted(registries.rateLimiterRegistry, rateLimiterMeters, countedRateLimiterEvents);
    counted(registries.timeLimiterRegistry, timeLimiterMeters, countedTimeLimiterEvents);
    counted(registries.hedgeRegistry, hedgeMeters, countedHedgeEvents);
    counted(
      registries.adaptiveConcurrencyLimiterRegistry,
      adaptiveConcurrencyLimiterMeters,
      countedAdaptiveConcurrencyLimiterEvents,
    );
    counted(registries.fallbackRegistry, fallbackMeters, countedFallbackEvents);
    counted(registries.cachedFallbackRegistry, cachedFallbackMeters, countedCachedFallbackEvents);
    unbinds.push(bind(meters, registries.retryBudgetRegistry, retryBudgetMeters, (budget) => budget));
  } catch (error) {
    unbind();
    throw error;
  }
  return unbind;
}

function bindCircuitBreakers(
  meters: Meters,
  registry: FollowableRegistry<MeteredBreaker> | undefined,
  { callDurationBuckets = percentileHistogramBuckets, clock = systemClock }: PrometheusOptions,
): Unsubscribe {
  if (registry === undefined) return () => {};
  const { name, help, labels } = circuitBreakerCalls;
  const durations = meters.addDurations(name, help, callDurationBuckets, labels);
  return bind(
    meters,
    registry,
    circuitBreakerMeters,
    (breaker) => new CircuitBreakerInstance(breaker, durations, clock),
  );
}

/** An instance as meters see it. */
interface Instance {
  readonly name: string;
  end?(): void;
}

function bind<P, E extends Instance>(
  meters: Meters,
  registry: FollowableRegistry<P> | undefined,
  definitions: readonly Meter<E>[],
  observe: (policy: P) => E,
): Unsubscribe {
  if (registry === undefined) return () => {};
  const instances = new Set<E>();
  for (const definition of definitions) meters.add(definition, instances);
  return followRegistry(registry, (policy) => {
    const instance = observe(policy);
    instances.add(instance);
    return () => {
      instance.end?.();
      instances.delete(instance);
    };
  });
}
