import { adaptiveConcurrencyLimiterOptionRules } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.options.ts';
import { bulkheadOptionRules } from '../core/bulkhead/bulkhead.options.ts';
import { cachedFallbackOptionRules } from '../core/cached-fallback/cached-fallback.options.ts';
import { fallbackOptionRules } from '../core/fallback/fallback.options.ts';
import { hedgeOptionRules } from '../core/hedge/hedge.options.ts';
import type { Random } from '../core/interval-function.ts';
import { rateLimiterOptionRules } from '../core/rate-limiter/rate-limiter.options.ts';
import { retryBudgetOptionRules } from '../core/retry/retry-budget.options.ts';
import { timeLimiterOptionRules } from '../core/time-limiter/time-limiter.options.ts';
import { circuitBreakerFormat } from './circuit-breaker.format.ts';
import { healthExtraRules } from './health-extras.ts';
import type { PatternFormat } from './pattern-format.ts';
import type { PatternName } from './patterns.ts';
import { retryFormat } from './retry.format.ts';

/**
 * How every pattern is written. Those that Resilience4j does not have are written beside its own, in the same way.
 *
 * @param random where randomized waits get their numbers from
 */
export function patternFormats(random: Random): Readonly<Record<PatternName, PatternFormat>> {
  return {
    circuitBreaker: circuitBreakerFormat(random),
    retry: retryFormat(random),
    retryBudget: plainFormat('retrybudget', retryBudgetOptionRules),
    rateLimiter: plainFormat(
      'ratelimiter',
      { ...rateLimiterOptionRules, ...healthExtraRules },
      {
        extras: Object.keys(healthExtraRules),
        // Events are always kept, for whoever asks for them.
        meaninglessOptions: ['subscribeForEvents', 'writableStackTraceEnabled'],
        meaninglessKeys: ['rateLimiterAspectOrder', 'enabled', 'metrics', 'tags'],
      },
    ),
    timeLimiter: plainFormat('timelimiter', timeLimiterOptionRules, {
      meaninglessKeys: ['timeLimiterAspectOrder', 'enabled', 'metrics', 'tags'],
    }),
    bulkhead: plainFormat('bulkhead', bulkheadOptionRules, {
      meaninglessOptions: ['writableStackTraceEnabled', 'fairCallHandlingEnabled'],
      meaninglessKeys: ['bulkheadAspectOrder', 'enabled', 'metrics', 'tags'],
    }),
    adaptiveConcurrencyLimiter: plainFormat('adaptiveconcurrencylimiter', adaptiveConcurrencyLimiterOptionRules),
    hedge: plainFormat('hedge', hedgeOptionRules),
    fallback: plainFormat('fallback', fallbackOptionRules, { meaninglessKeys: ['fallbackAspectOrder'] }),
    cachedFallback: plainFormat('cachedfallback', cachedFallbackOptionRules),
  };
}

/** A pattern whose options are written as they are. */
function plainFormat(
  section: string,
  rules: PatternFormat['rules'],
  beside: Partial<Pick<PatternFormat, 'extras' | 'meaninglessOptions' | 'meaninglessKeys'>> = {},
): PatternFormat {
  return {
    section,
    rules,
    extras: [],
    aliases: {},
    meaninglessOptions: [],
    meaninglessKeys: [],
    ...beside,
    toOptions: (own) => own,
  };
}
