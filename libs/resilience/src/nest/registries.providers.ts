import { type FactoryProvider, Logger, type Type } from '@nestjs/common';
import type { PatternName } from '../config/patterns.ts';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { AdaptiveConcurrencyLimiterRegistry } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.registry.ts';
import { BulkheadRegistry } from '../core/bulkhead/bulkhead.registry.ts';
import { CachedFallbackRegistry } from '../core/cached-fallback/cached-fallback.registry.ts';
import type { CircuitBreakerEngines } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { FallbackRegistry } from '../core/fallback/fallback.registry.ts';
import { HedgeRegistry } from '../core/hedge/hedge.registry.ts';
import type { Random } from '../core/interval-function.ts';
import { RateLimiterRegistry } from '../core/rate-limiter/rate-limiter.registry.ts';
import { RetryBudgetRegistry } from '../core/retry/retry-budget.registry.ts';
import { RetryRegistry } from '../core/retry/retry.registry.ts';
import { TimeLimiterRegistry } from '../core/time-limiter/time-limiter.registry.ts';
import { ConfigurationSource } from './configuration-source.ts';
import type { PatternRegistries } from './pattern-registries.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** The token of the configuration that the application started with. */
export const resilienceConfiguration = Symbol('ResilienceConfiguration');

/** The configuration, made of code, files and environment. */
const configurationProvider: FactoryProvider<ResilienceConfig> = {
  provide: resilienceConfiguration,
  inject: [ConfigurationSource],
  useFactory: async (source: ConfigurationSource) => {
    const config = await source.load();
    const logger = new Logger('ResilienceModule');
    for (const warning of config.warnings) logger.warn(warning);
    return config;
  },
};

/** What the policies of an application share. */
interface Environment {
  readonly clock: Clock;
  readonly random: Random;
  readonly engines: CircuitBreakerEngines;
  readonly retryBudgets: RetryBudgetRegistry;
}

type Make<R> = (config: ResilienceConfig, environment: Environment) => R;

const providers: { readonly [P in PatternName]: FactoryProvider<PatternRegistries[P]> } = {
  circuitBreaker: provider(
    CircuitBreakerRegistry,
    ({ circuitBreaker }, { clock, random, engines }) =>
      new CircuitBreakerRegistry(circuitBreaker, { clock, random, engines }),
  ),
  retry: provider(
    RetryRegistry,
    ({ retry }, { clock, retryBudgets }) => new RetryRegistry(retry, { clock, retryBudgets }),
  ),
  retryBudget: {
    provide: RetryBudgetRegistry,
    inject: [resilienceConfiguration, resilienceOptions],
    useFactory: ({ retryBudget }: ResilienceConfig, { clock = systemClock }: ResilienceModuleOptions) =>
      new RetryBudgetRegistry(retryBudget, { clock }),
  },
  rateLimiter: provider(
    RateLimiterRegistry,
    ({ rateLimiter }, { clock }) => new RateLimiterRegistry(rateLimiter, { clock }),
  ),
  timeLimiter: provider(
    TimeLimiterRegistry,
    ({ timeLimiter }, { clock }) => new TimeLimiterRegistry(timeLimiter, { clock }),
  ),
  bulkhead: provider(BulkheadRegistry, ({ bulkhead }, { clock }) => new BulkheadRegistry(bulkhead, { clock })),
  adaptiveConcurrencyLimiter: provider(
    AdaptiveConcurrencyLimiterRegistry,
    ({ adaptiveConcurrencyLimiter }, { clock }) =>
      new AdaptiveConcurrencyLimiterRegistry(adaptiveConcurrencyLimiter, { clock }),
  ),
  hedge: provider(
    HedgeRegistry,
    ({ hedge }, { clock, retryBudgets }) => new HedgeRegistry(hedge, { clock, retryBudgets }),
  ),
  fallback: provider(FallbackRegistry, ({ fallback }, { clock }) => new FallbackRegistry(fallback, { clock })),
  cachedFallback: provider(
    CachedFallbackRegistry,
    ({ cachedFallback }, { clock }) => new CachedFallbackRegistry(cachedFallback, { clock }),
  ),
};

/** The classes of the registries, which are their tokens. */
export const registryTokens = Object.fromEntries(
  Object.entries(providers).map(([pattern, { provide }]) => [pattern, provide]),
) as { readonly [P in PatternName]: Type<PatternRegistries[P]> };

/** The configuration, and a registry of each pattern by its class. */
export const registryProviders: readonly FactoryProvider[] = [configurationProvider, ...Object.values(providers)];

function provider<R>(token: Type<R>, make: Make<R>): FactoryProvider<R> {
  return {
    provide: token,
    inject: [resilienceConfiguration, resilienceOptions, RetryBudgetRegistry],
    useFactory: (config: ResilienceConfig, options: ResilienceModuleOptions, retryBudgets: RetryBudgetRegistry) => {
      const { clock = systemClock, random = Math.random, engines = {} } = options;
      return make(config, { clock, random, engines, retryBudgets });
    },
  };
}
