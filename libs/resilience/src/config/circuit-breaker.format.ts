import { circuitBreakerOptionRules } from '../core/circuit-breaker/circuit-breaker.options.ts';
import type { Random } from '../core/interval-function.ts';
import { replacing } from '../core/options.ts';
import { openStateWaitRules, withOpenStateWait } from './open-state-wait.ts';
import type { PatternFormat } from './pattern-format.ts';

const { waitIntervalFunctionInOpenState } = circuitBreakerOptionRules;

/**
 * How circuit breakers are written under `resilience4j.circuitbreaker`.
 *
 * @param random where randomized waits get their numbers from
 */
export function circuitBreakerFormat(random: Random): PatternFormat {
  return {
    section: 'circuitbreaker',
    rules: {
      ...circuitBreakerOptionRules,
      ...openStateWaitRules,
      waitIntervalFunctionInOpenState: replacing(waitIntervalFunctionInOpenState, [
        ...(waitIntervalFunctionInOpenState.replaces ?? []),
        'enableExponentialBackoff',
        'enableRandomizedWait',
      ]),
    },
    aliases: {
      recordFailurePredicate: 'recordException',
      ignoreExceptionPredicate: 'ignoreException',
      recordResultPredicate: 'recordResult',
    },
    meaninglessOptions: [
      'registerHealthIndicator',
      'allowHealthIndicatorToFail',
      'slidingWindowSynchronizationStrategy',
      'ignoreClassBindingExceptions',
    ],
    meaninglessKeys: ['circuitBreakerAspectOrder', 'enabled', 'metrics', 'tags'],
    toOptions: (own, resolved, findings) => withOpenStateWait(own, resolved, findings, random),
  };
}
