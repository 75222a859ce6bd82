import type { BulkheadConfig } from '../core/bulkhead/bulkhead.options.ts';
import type { CircuitBreakerConfig } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { RateLimiterConfig } from '../core/rate-limiter/rate-limiter.options.ts';
import type { RetryConfig } from '../core/retry/retry.options.ts';
import type { TimeLimiterConfig } from '../core/time-limiter/time-limiter.options.ts';
import { count, figure, span } from './figures.ts';
import { type Instance, orderOf, type Pattern } from './instance.ts';
import { callsBeforeHalfOpenVerdict, callsBeforeVerdict } from './judged-calls.ts';
import { openWaitMs } from './open-wait.ts';

/** What the configuration of an instance does, in a paragraph. */
export function explain(instance: Instance): string {
  const order = orderOf(instance);
  if (order.length === 0) return 'Nothing protects it.';
  const calls = order.reduceRight((inner, pattern) => `${pattern}(${inner})`, 'call');
  return [
    ...(order.length > 1 ? [`The order is ${calls}.`] : []),
    ...order.map((pattern) => sentences(instance, pattern)),
  ]
    .filter((text) => text !== '')
    .join(' ');
}

function sentences(instance: Instance, pattern: Pattern): string {
  const { circuitBreaker, retry, timeLimiter, bulkhead, rateLimiter } = instance;
  switch (pattern) {
    case 'retry':
      return retry === undefined ? '' : explainRetry(retry);
    case 'circuitBreaker':
      return circuitBreaker === undefined ? '' : explainCircuitBreaker(circuitBreaker);
    case 'rateLimiter':
      return rateLimiter === undefined ? '' : explainRateLimiter(rateLimiter);
    case 'timeLimiter':
      return timeLimiter === undefined ? '' : explainTimeLimiter(timeLimiter);
    case 'bulkhead':
      return bulkhead === undefined ? '' : explainBulkhead(bulkhead);
  }
}

function explainCircuitBreaker(config: CircuitBreakerConfig): string {
  return [explainWindow(config), explainThresholds(config), explainOpen(config), explainHalfOpen(config)].join(' ');
}

function explainWindow(config: CircuitBreakerConfig): string {
  const size = config.slidingWindowSize;
  const window = config.slidingWindowType === 'COUNT_BASED' ? count(size, 'call') : count(size, 'second');
  return `The circuit breaker judges the last ${window}, from ${count(callsBeforeVerdict(config), 'call')} on.`;
}

function explainThresholds(config: CircuitBreakerConfig): string {
  const { failureRateThreshold, slowCallRateThreshold, slowCallDurationThreshold, combinedRateThreshold } = config;
  const joint =
    combinedRateThreshold === undefined ? '' : `, or ${figure(combinedRateThreshold)} % were one or the other`;
  return (
    `It opens when ${figure(failureRateThreshold)} % of them failed, or ${figure(slowCallRateThreshold)} % took longer ` +
    `than ${span(slowCallDurationThreshold)}${joint}.`
  );
}

function explainOpen(config: CircuitBreakerConfig): string {
  const varies = config.waitIntervalFunctionInOpenState !== undefined;
  const jitter = config.waitJitterFactor === 0 ? '' : ` and up to ${figure(config.waitJitterFactor * 100)} % longer`;
  const end = config.automaticTransitionFromOpenToHalfOpenEnabled ? 'then a timer' : 'then the next call';
  const probe = config.healthProbe === undefined ? '' : `, or a good answer of the health probe before that,`;
  return (
    `OPEN refuses every call for ${span(openWaitMs(config))}${varies ? ' the first time' : ''}${jitter}; ${end}${probe} ` +
    'begins HALF_OPEN.'
  );
}

function explainHalfOpen(config: CircuitBreakerConfig): string {
  const { maxWaitDurationInHalfOpenState: maxWaitMs, rampUpSteps } = config;
  const permitted = config.permittedNumberOfCallsInHalfOpenState;
  const needed = callsBeforeHalfOpenVerdict(config);
  const after = needed === permitted ? '' : `, of which ${needed} decide`;
  const limit =
    maxWaitMs === 0
      ? 'there is no limit to how long that takes'
      : `after ${span(maxWaitMs)} it goes to ${config.transitionToStateAfterWaitDuration} all the same`;
  const closing =
    rampUpSteps.length === 0
      ? 'closes'
      : `lets ${rampUpSteps.map(figure).join(' %, ')} % of the calls through, then closes,`;
  return `There ${count(permitted, 'call')} on trial may pass${after}: it ${closing} unless they reach a threshold; ${limit}.`;
}

function explainRetry(config: RetryConfig): string {
  const { maxAttempts, waitDuration, retryBudget } = config;
  if (maxAttempts === 1) return 'A call is not repeated.';
  const waits =
    waitDuration === undefined ? 'after waits that a function says' : `with ${span(waitDuration)} between two attempts`;
  const budget = retryBudget === undefined ? '' : `, as far as the budget '${retryBudget}' allows`;
  return `A call that fails is made up to ${maxAttempts} times, ${waits}${budget}.`;
}

function explainTimeLimiter({ timeoutDuration, cancelRunningFuture }: TimeLimiterConfig): string {
  const work = cancelRunningFuture ? 'aborted' : 'left to run';
  return `A call that takes longer than ${span(timeoutDuration)} ends with an error, and its work is ${work}.`;
}

function explainBulkhead({ maxConcurrentCalls, maxWaitDuration }: BulkheadConfig): string {
  const beyond = maxWaitDuration === 0 ? 'are refused at once' : `wait up to ${span(maxWaitDuration)} for a place`;
  return `At most ${count(maxConcurrentCalls, 'call')} may be under way at once; further ones ${beyond}.`;
}

function explainRateLimiter({ limitForPeriod, limitRefreshPeriod, timeoutDuration }: RateLimiterConfig): string {
  const beyond = timeoutDuration === 0 ? 'are refused at once' : `wait up to ${span(timeoutDuration)} for their turn`;
  return `At most ${count(limitForPeriod, 'call')} may begin in ${span(limitRefreshPeriod)}; further ones ${beyond}.`;
}
