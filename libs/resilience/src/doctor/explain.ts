import type { BulkheadConfig } from '../core/bulkhead/bulkhead.options.ts';
import type { CircuitBreakerConfig } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { OptionRules } from '../core/options.ts';
import { type PipelineKind, policies, type PolicyOf } from '../core/policies.ts';
import type { PolicyDefinition, PolicyTable } from '../core/policy-definition.ts';
import type { RateLimiterConfig } from '../core/rate-limiter/rate-limiter.options.ts';
import type { RetryConfig } from '../core/retry/retry.options.ts';
import type { TimeLimiterConfig } from '../core/time-limiter/time-limiter.options.ts';
import { callsBeforeEvaluation, count, figure, openWaitMs, span, trialCallsBeforeEvaluation } from './figures.ts';
import { type Instance, orderOf } from './instance.ts';

/** Describes what the configuration of an instance does, in a paragraph. */
export function explain(instance: Instance, table: PolicyTable = policies): string {
  const order = orderOf(instance, table);
  if (order.length === 0) return 'No policy protects it.';
  const calls = order.reduceRight((inner, kind) => `${kind}(${inner})`, 'call');
  const sentences = order.map((kind) => explainPolicy(instance, kind, table));
  return [...(order.length > 1 ? [`The order is ${calls}.`] : []), ...sentences].join(' ');
}

/** Policies with a text of their own; of the others the options are listed. */
const explanations: { readonly [K in PipelineKind]?: (config: PolicyOf<K>['config']) => string } = {
  circuitBreaker: explainCircuitBreaker,
  retry: explainRetry,
  rateLimiter: explainRateLimiter,
  deadline: explainDeadline,
  timeLimiter: explainTimeLimiter,
  bulkhead: explainBulkhead,
};

function explainPolicy(instance: Instance, kind: PipelineKind, table: PolicyTable): string {
  const definition = table.find((candidate) => candidate.kind === kind);
  const own = explanations[kind] as ((config: object) => string) | undefined;
  return own === undefined ? listOptions(instance[kind], definition) : own(instance[kind] ?? {});
}

/** Lists the options of a policy that differ from their defaults. */
function listOptions(config: object | undefined, definition: PolicyDefinition | undefined): string {
  const rules: OptionRules = definition?.options.rules ?? {};
  const options = Object.entries(config ?? {}).flatMap(([option, value]: [string, unknown]) => {
    const rule = rules[option];
    if (rule === undefined || value === undefined || shown(value) === shown(rule.defaultValue)) return [];
    return [`${option} ${rule.kind === 'duration' ? span(value as number) : shown(value)}`];
  });
  return `${definition?.title}: ${options.length === 0 ? 'default options' : options.join(', ')}.`;
}

/** The value of an option as in code. */
function shown(value: unknown): string {
  if (typeof value === 'function') return value.name === '' ? 'a function' : value.name;
  if (typeof value === 'string') return `'${value}'`;
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[ ${value.map(shown).join(', ')} ]`;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
}

function explainCircuitBreaker(config: CircuitBreakerConfig): string {
  return [explainWindow(config), explainThresholds(config), explainOpen(config), explainHalfOpen(config)].join(' ');
}

function explainWindow(config: CircuitBreakerConfig): string {
  const size = config.slidingWindowSize;
  const window = config.slidingWindowType === 'COUNT_BASED' ? count(size, 'call') : count(size, 'second');
  return `The circuit breaker evaluates the last ${window}, from ${count(callsBeforeEvaluation(config), 'call')} on.`;
}

function explainThresholds(config: CircuitBreakerConfig): string {
  const { failureRateThreshold, slowCallRateThreshold, slowCallDurationThreshold, combinedRateThreshold } = config;
  const combined =
    combinedRateThreshold === undefined ? '' : `, or ${figure(combinedRateThreshold)} % failed or were slow`;
  return (
    `It opens when ${figure(failureRateThreshold)} % of them failed, or ${figure(slowCallRateThreshold)} % took longer ` +
    `than ${span(slowCallDurationThreshold)}${combined}.`
  );
}

function explainOpen(config: CircuitBreakerConfig): string {
  const varies = config.waitIntervalFunctionInOpenState !== undefined;
  const jitter = config.waitJitterFactor === 0 ? '' : ` and up to ${figure(config.waitJitterFactor * 100)} % longer`;
  const trigger = config.automaticTransitionFromOpenToHalfOpenEnabled ? 'a timer' : 'the next call';
  const probe = config.healthProbe === undefined ? '' : `, or an earlier successful health probe,`;
  return (
    `OPEN refuses every call for ${span(openWaitMs(config))}${varies ? ' the first time' : ''}${jitter}; then ` +
    `${trigger}${probe} starts HALF_OPEN.`
  );
}

function explainHalfOpen(config: CircuitBreakerConfig): string {
  const { maxWaitDurationInHalfOpenState: maxWaitMs, rampUpSteps } = config;
  const permitted = config.permittedNumberOfCallsInHalfOpenState;
  const needed = trialCallsBeforeEvaluation(config);
  const deciding = needed === permitted ? '' : `, of which ${needed} decide`;
  const limit =
    maxWaitMs === 0
      ? 'its duration is not limited'
      : `after ${span(maxWaitMs)} it changes to ${config.transitionToStateAfterWaitDuration} in any case`;
  const closing =
    rampUpSteps.length === 0
      ? 'closes'
      : `permits ${rampUpSteps.map(figure).join(' %, ')} % of the calls, then closes,`;
  return `It permits ${count(permitted, 'trial call')}${deciding}, and ${closing} unless they reach a threshold; ${limit}.`;
}

function explainRetry(config: RetryConfig): string {
  const { maxAttempts, waitDuration, retryBudget, classification } = config;
  if (maxAttempts === 1) return 'A call is not repeated.';
  const waits =
    waitDuration === undefined ? 'after waits that a function computes' : `${span(waitDuration)} after each attempt`;
  const budget = retryBudget === undefined ? '' : `, as far as the budget '${retryBudget}' permits`;
  const calls =
    classification === undefined
      ? 'A call that fails'
      : `A call that may be repeated and fails (classification ${classification})`;
  return `${calls} is made up to ${maxAttempts} times, ${waits}${budget}.`;
}

function explainDeadline({ timeoutDuration, cancelRunningFuture }: TimeLimiterConfig): string {
  const work = cancelRunningFuture ? 'is aborted' : 'continues';
  return `A call with all its attempts and waits ends with an error after ${span(timeoutDuration)}, and its work ${work}.`;
}

function explainTimeLimiter({ timeoutDuration, cancelRunningFuture }: TimeLimiterConfig): string {
  const work = cancelRunningFuture ? 'is aborted' : 'continues';
  return `A call that takes longer than ${span(timeoutDuration)} ends with an error, and its work ${work}.`;
}

function explainBulkhead({ maxConcurrentCalls, maxWaitDuration }: BulkheadConfig): string {
  const others = maxWaitDuration === 0 ? 'are refused at once' : `wait up to ${span(maxWaitDuration)} for a permit`;
  return `At most ${count(maxConcurrentCalls, 'call')} may be in flight; further ones ${others}.`;
}

function explainRateLimiter({ limitForPeriod, limitRefreshPeriod, timeoutDuration }: RateLimiterConfig): string {
  const others = timeoutDuration === 0 ? 'are refused at once' : `wait up to ${span(timeoutDuration)} for a permit`;
  return `At most ${count(limitForPeriod, 'call')} may start in ${span(limitRefreshPeriod)}; further ones ${others}.`;
}
