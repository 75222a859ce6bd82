import { bulkheadOptions } from '../../core/bulkhead/bulkhead.options.ts';
import { circuitBreakerOptions } from '../../core/circuit-breaker/circuit-breaker.options.ts';
import { retryBudgetOptions } from '../../core/retry/retry-budget.options.ts';
import { timeLimiterOptions } from '../../core/time-limiter/time-limiter.options.ts';
import { count, figure, perSecond, span } from '../figures.ts';
import type { Instance } from '../instance.ts';
import { capacityOf, type StormModel } from './storm-model.ts';

/** An instance and the model of its dependency. */
export interface Protected {
  readonly instance: Instance;
  readonly model: StormModel;
}

/** A single change, e.g. a retry budget. */
export interface Change {
  /** What to do, as a sentence without its full stop. */
  readonly words: string;
  readonly apply: (before: Protected) => Protected;
}

/**
 * The changes to try, the nearest first: those that a healthy dependency does not notice, then those that limit calls, then
 * those in the dependency itself.
 */
export function changesFor(before: Protected): readonly Change[] {
  return [budgets, breakers, timeouts, bulkheads, attempts, queueBounds, abandonedWork].flatMap((of) => of(before));
}

const nameOfBudget = 'storm';

function budgets({ instance: { retry, retryBudget } }: Protected): readonly Change[] {
  if (retry === undefined || retry.maxAttempts === 1) return [];
  const tried = [
    { retryRatio: 0.2, minRetriesPerSecond: 10 },
    { retryRatio: 0.2, minRetriesPerSecond: 1 },
    { retryRatio: 0.1, minRetriesPerSecond: 0 },
  ].filter(
    ({ retryRatio, minRetriesPerSecond }) =>
      retry.retryBudget === undefined ||
      retryRatio < (retryBudget?.retryRatio ?? 0.2) ||
      minRetriesPerSecond < (retryBudget?.minRetriesPerSecond ?? 10),
  );
  return tried.map((options) => ({
    words:
      `give the retry a retryBudget with retryRatio ${options.retryRatio} and minRetriesPerSecond ` +
      `${options.minRetriesPerSecond}`,
    apply: ({ instance, model }) => ({
      model,
      instance: {
        ...instance,
        retry: { ...retry, retryBudget: nameOfBudget },
        retryBudget: retryBudgetOptions.resolve('The retry budget', options),
      },
    }),
  }));
}

function breakers({ instance: { circuitBreaker, timeLimiter } }: Protected): readonly Change[] {
  const slowCallDurationThreshold = timeLimiter === undefined ? 1_000 : timeLimiter.timeoutDuration / 2;
  const window = { slidingWindowType: 'TIME_BASED', slidingWindowSize: 10, minimumNumberOfCalls: 20 } as const;
  const isThere = circuitBreaker?.minimumNumberOfCalls === 20 && circuitBreaker.slidingWindowType === 'TIME_BASED';
  if (isThere) return [];
  const options = circuitBreakerOptions.resolve('The circuit breaker', {
    ...window,
    slowCallDurationThreshold,
    waitDurationInOpenState: 10_000,
    maxWaitDurationInHalfOpenState: 10_000,
  });
  return [
    {
      words:
        `${circuitBreaker === undefined ? 'add a circuit breaker' : 'change the circuit breaker to one'} that evaluates ` +
        `10 seconds from 20 calls on, with slowCallDurationThreshold ${span(slowCallDurationThreshold)} and ` +
        `waitDurationInOpenState 10 s`,
      apply: ({ instance, model }) => ({ model, instance: { ...instance, circuitBreaker: options } }),
    },
  ];
}

function timeouts({ instance: { timeLimiter }, model }: Protected): readonly Change[] {
  const { serviceTimeMs } = model;
  const tried =
    timeLimiter === undefined
      ? [20 * serviceTimeMs, 8 * serviceTimeMs]
      : [timeLimiter.timeoutDuration / 2, timeLimiter.timeoutDuration / 4];
  return tried
    .filter((timeoutDuration) => timeoutDuration >= 4 * serviceTimeMs)
    .map((timeoutDuration) => ({
      words: `${timeLimiter === undefined ? 'add a time limiter with' : 'shorten'} timeoutDuration to ${span(timeoutDuration)}`,
      apply: ({ instance, model }) => {
        const before = timeLimiter ?? timeLimiterOptions.resolve('The time limiter', {});
        return { model, instance: { ...instance, timeLimiter: { ...before, timeoutDuration } } };
      },
    }));
}

function bulkheads({ instance: { bulkhead }, model: { workers, replicas, clients } }: Protected): readonly Change[] {
  return [2, 1]
    .map((times) => Math.max(1, Math.floor((times * workers * replicas) / clients)))
    .filter((maxConcurrentCalls) => maxConcurrentCalls < (bulkhead?.maxConcurrentCalls ?? Number.POSITIVE_INFINITY))
    .map((maxConcurrentCalls) => ({
      words:
        `${bulkhead === undefined ? 'add a bulkhead' : 'change the bulkhead to one'} with maxConcurrentCalls ` +
        `${maxConcurrentCalls} in each of ${count(clients, 'client')}`,
      apply: ({ instance, model }) => ({
        model,
        instance: { ...instance, bulkhead: bulkheadOptions.resolve('The bulkhead', { maxConcurrentCalls }) },
      }),
    }));
}

function attempts({ instance: { retry } }: Protected): readonly Change[] {
  if (retry === undefined || retry.maxAttempts === 1) return [];
  return [
    {
      words: 'set maxAttempts to 1',
      apply: ({ instance, model }) => ({ model, instance: { ...instance, retry: { ...retry, maxAttempts: 1 } } }),
    },
  ];
}

function queueBounds({ instance: { timeLimiter }, model }: Protected): readonly Change[] {
  const waitMs = (timeLimiter?.timeoutDuration ?? model.deadlineMs) / 2;
  const queue = Math.max(1, Math.floor((capacityOf(model) / model.replicas / 1_000) * waitMs));
  if (queue >= model.queue) return [];
  const sum = `${perSecond(capacityOf(model) / model.replicas)} × ${span(waitMs)} = ${figure(queue)}`;
  return [
    {
      words: `bound the queue of each replica to ${count(queue, 'call')}, which wait at most half the timeout: ${sum}`,
      apply: ({ instance, model }) => ({ instance, model: { ...model, queue } }),
    },
  ];
}

function abandonedWork({ model }: Protected): readonly Change[] {
  if (model.abandonedWork === 'dropped') return [];
  return [
    {
      words: 'let the dependency drop work whose caller has left',
      apply: ({ instance, model }) => ({ instance, model: { ...model, abandonedWork: 'dropped' } }),
    },
  ];
}
