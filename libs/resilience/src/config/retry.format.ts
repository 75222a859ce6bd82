import type { Random } from '../core/interval-function.ts';
import { retryOptionRules } from '../core/retry/retry.options.ts';
import { type Backoff, withBackoff, withBackoffRules } from './backoff.ts';
import type { PatternFormat } from './pattern-format.ts';

const backoff: Backoff = {
  wait: 'waitDuration',
  functions: ['intervalFunction', 'intervalBiFunction'],
  maxWait: 'exponentialMaxWaitDuration',
  defaultWaitMs: 500,
  mayCombine: true,
};

/**
 * How retries are written under `resilience4j.retry`.
 *
 * @param random where randomized waits get their numbers from
 */
export function retryFormat(random: Random): PatternFormat {
  const rules = withBackoffRules(retryOptionRules, backoff);
  return {
    section: 'retry',
    rules,
    extras: [],
    aliases: {
      maxRetryAttempts: 'maxAttempts',
      retryExceptionPredicate: 'retryOnException',
      resultPredicate: 'retryOnResult',
    },
    meaninglessOptions: ['consumeResultBeforeRetryAttempt', 'ignoreClassBindingExceptions'],
    meaninglessKeys: ['retryAspectOrder', 'enabled', 'metrics', 'tags'],
    toOptions: (own, resolved, findings) => withBackoff(own, resolved, findings, random, { backoff, rules }),
  };
}
