import { type Attributes, trace } from '@opentelemetry/api';
import type { AdaptiveConcurrencyLimiter } from '../../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
import type { Bulkhead } from '../../core/bulkhead/bulkhead.ts';
import type { CachedFallback } from '../../core/cached-fallback/cached-fallback.ts';
import type { StateTransitionEvent } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import type { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import type { Unsubscribe } from '../../core/events.ts';
import type { Fallback } from '../../core/fallback/fallback.ts';
import { type FollowableRegistry, followRegistry } from '../../core/follow-registry.ts';
import type { Hedge } from '../../core/hedge/hedge.ts';
import type { RateLimiter } from '../../core/rate-limiter/rate-limiter.ts';
import type { Retry } from '../../core/retry/retry.ts';
import type { TimeLimiter } from '../../core/time-limiter/time-limiter.ts';
import { attributeNames as names } from './attribute-names.ts';
import { errorTypeOf } from './error-type.ts';
import { resilienceTracer } from './tracer.ts';

type Told<P extends { readonly name: string; readonly on: unknown }> = FollowableRegistry<Pick<P, 'name' | 'on'>>;

/** What is to be told about. Each may be left out. */
export interface InstrumentedRegistries {
  readonly circuitBreakerRegistry?: FollowableRegistry<
    Pick<CircuitBreaker, 'name' | 'on' | 'state' | 'metrics' | 'remainingMs'>
  >;
  readonly retryRegistry?: Told<Retry>;
  readonly bulkheadRegistry?: Told<Bulkhead>;
  readonly rateLimiterRegistry?: Told<RateLimiter>;
  readonly timeLimiterRegistry?: Told<TimeLimiter>;
  readonly hedgeRegistry?: Told<Hedge>;
  readonly adaptiveConcurrencyLimiterRegistry?: Told<AdaptiveConcurrencyLimiter>;
  readonly fallbackRegistry?: Told<Fallback>;
  readonly cachedFallbackRegistry?: Told<CachedFallback>;
}

/**
 * Adds what policies do to a call as events to the span that is active then: refusals, retries, time-outs, hedged attempts,
 * fallbacks and state transitions. A transition that no span under way has caused (a timer did, or a health probe) gets a
 * span of its own, since it concerns every call after it.
 *
 * Nothing is listened to that happens with every call, and without an OpenTelemetry SDK there is no active span and nothing
 * is made. Names and attributes are in `attributeNames`.
 *
 * @param registries whose instances, present and future, are told about
 * @returns what ends it
 *
 * @example
 * instrument({ circuitBreakerRegistry, retryRegistry });
 */
export function instrument(registries: InstrumentedRegistries): Unsubscribe {
  const stops = [
    follow(registries.circuitBreakerRegistry, (breaker) => [
      breaker.on('STATE_TRANSITION', (event) => tellTransition(breaker, event)),
      breaker.on('NOT_PERMITTED', () =>
        tell('circuitbreaker', breaker.name, 'not_permitted', () => ({
          [names.state]: breaker.state,
          [names.retryAfterMs]: breaker.remainingMs,
        })),
      ),
    ]),
    follow(registries.retryRegistry, (retry) => [
      retry.on('RETRY', ({ numberOfRetryAttempts, waitIntervalMs, lastError }) =>
        tell('retry', retry.name, 'retry', () => ({
          // The number of failed attempts; the one that the wait leads to is the next.
          [names.attempt]: numberOfRetryAttempts + 1,
          [names.waitMs]: waitIntervalMs,
          [names.errorType]: errorTypeOf(lastError),
        })),
      ),
      retry.on('ERROR', ({ numberOfRetryAttempts, lastError }) =>
        tell('retry', retry.name, 'gave_up', () => ({
          [names.attempt]: numberOfRetryAttempts,
          [names.errorType]: errorTypeOf(lastError),
        })),
      ),
      retry.on('RETRY_BUDGET_EXHAUSTED', ({ retryBudgetName }) =>
        tell('retry', retry.name, 'budget_exhausted', () => ({ [names.retryBudget]: retryBudgetName })),
      ),
    ]),
    follow(registries.bulkheadRegistry, (bulkhead) => [
      bulkhead.on('CALL_REJECTED', () => tell('bulkhead', bulkhead.name, 'rejected')),
    ]),
    follow(registries.rateLimiterRegistry, (rateLimiter) => [
      rateLimiter.on('FAILED_ACQUIRE', () => tell('ratelimiter', rateLimiter.name, 'rejected')),
    ]),
    follow(registries.adaptiveConcurrencyLimiterRegistry, (limiter) => [
      limiter.on('CALL_REJECTED', ({ limit }) =>
        tell('adaptive_concurrency_limiter', limiter.name, 'rejected', () => ({ [names.limit]: limit })),
      ),
    ]),
    follow(registries.timeLimiterRegistry, (timeLimiter) => [
      timeLimiter.on('TIMEOUT', ({ timeoutMs, limitedBy }) =>
        tell('timelimiter', timeLimiter.name, 'timeout', () => ({
          [names.timeoutMs]: timeoutMs,
          [names.limitedBy]: limitedBy,
        })),
      ),
    ]),
    follow(registries.hedgeRegistry, (hedge) => [
      hedge.on('HEDGE', ({ attempt, delayMs }) =>
        tell('hedge', hedge.name, 'hedge', () => ({ [names.attempt]: attempt, [names.waitMs]: delayMs })),
      ),
      hedge.on('RETRY_BUDGET_EXHAUSTED', ({ retryBudgetName }) =>
        tell('hedge', hedge.name, 'budget_exhausted', () => ({ [names.retryBudget]: retryBudgetName })),
      ),
    ]),
    follow(registries.fallbackRegistry, (fallback) => [
      fallback.on('FALLBACK', ({ handlerIndex, handlerName, error }) =>
        tell('fallback', fallback.name, 'fallback', () => ({
          [names.handler]: handlerName ?? String(handlerIndex),
          [names.errorType]: errorTypeOf(error),
        })),
      ),
      fallback.on('FALLBACK_FAILED', ({ handlerIndex, handlerName, fallbackError }) =>
        tell('fallback', fallback.name, 'fallback_failed', () => ({
          [names.handler]: handlerName ?? String(handlerIndex),
          [names.errorType]: errorTypeOf(fallbackError),
        })),
      ),
    ]),
    follow(registries.cachedFallbackRegistry, (fallback) => [
      // Never the key: it may be an id or personal data.
      fallback.on('SERVED', ({ ageMs, error }) =>
        tell('cached_fallback', fallback.name, 'served', () => ({
          [names.ageMs]: ageMs,
          [names.errorType]: errorTypeOf(error),
        })),
      ),
    ]),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function follow<P>(
  registry: FollowableRegistry<P> | undefined,
  listen: (policy: P) => readonly Unsubscribe[],
): Unsubscribe {
  if (registry === undefined) return () => {};
  return followRegistry(registry, (policy) => {
    const unsubscribes = listen(policy);
    return () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
    };
  });
}

/** Attributes are made only if somebody records them. @returns whether somebody does */
function tell(policy: string, name: string, what: string, attributes: () => Attributes = () => ({})): boolean {
  const span = trace.getActiveSpan();
  if (span === undefined || !span.isRecording()) return false;
  span.addEvent(`breakwater.${policy}.${what}`, { [names.policy]: policy, [names.name]: name, ...attributes() });
  return true;
}

function tellTransition(
  breaker: Pick<CircuitBreaker, 'name' | 'metrics' | 'remainingMs'>,
  { fromState, toState }: StateTransitionEvent,
): void {
  const attributes = (): Attributes => ({
    [names.fromState]: fromState,
    [names.toState]: toState,
    // OPEN still has the window that opened it; other states have begun an empty one.
    ...(toState === 'OPEN' && numbersOf(breaker)),
  });
  if (tell('circuitbreaker', breaker.name, 'state_transition', attributes)) return;
  resilienceTracer()
    .startSpan('breakwater.circuitbreaker.state_transition', {
      root: true,
      attributes: { [names.policy]: 'circuitbreaker', [names.name]: breaker.name, ...attributes() },
    })
    .end();
}

function numbersOf({ metrics, remainingMs }: Pick<CircuitBreaker, 'metrics' | 'remainingMs'>): Attributes {
  return {
    [names.failureRate]: metrics.failureRate,
    [names.slowCallRate]: metrics.slowCallRate,
    [names.bufferedCalls]: metrics.bufferedCalls,
    [names.waitMs]: remainingMs,
  };
}
