import { circuitBreakerOptionRules } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { Random } from '../core/interval-function.ts';
import { type Backoff, withBackoff, withBackoffRules } from './backoff.ts';
import { healthExtraRules } from './health-extras.ts';
import type { PatternFormat } from './pattern-format.ts';

const backoff: Backoff = {
  wait: 'waitDurationInOpenState',
  functions: ['waitIntervalFunctionInOpenState'],
  maxWait: 'exponentialMaxWaitDurationInOpenState',
  defaultWaitMs: 60_000,
  mayCombine: false,
};

/**
 * How circuit breakers are written under `resilience4j.circuitbreaker`.
 *
 * @param random where randomized waits get their numbers from
 */
export function circuitBreakerFormat(random: Random): PatternFormat {
  const rules = withBackoffRules({ ...circuitBreakerOptionRules, ...healthExtraRules }, backoff);
  return {
    section: 'circuitbreaker',
    rules,
    extras: Object.keys(healthExtraRules),
    aliases: {
      recordFailurePredicate: 'recordException',
      ignoreExceptionPredicate: 'ignoreException',
      recordResultPredicate: 'recordResult',
    },
    meaninglessOptions: ['slidingWindowSynchronizationStrategy', 'ignoreClassBindingExceptions'],
    meaninglessKeys: ['circuitBreakerAspectOrder', 'enabled', 'metrics', 'tags'],
    toOptions: (own, resolved, findings) => withBackoff(own, resolved, findings, random, { backoff, rules }),
  };
}
