import { attributeNames as names, errorText, errorTypeOf, isoTime } from '../observability.ts';
import type { AnyRetryEvent } from './retry.events.ts';
import { definePolicy } from '../policy-definition.ts';
import { Registry } from '../registry.ts';
import { retryBudgetDefinition } from './retry-budget.definition.ts';
import { retryOptions, type RetryOptions } from './retry.options.ts';
import { Retry, type RetryEnvironment } from './retry.ts';

export const retryDefinition = definePolicy({
  kind: 'retry',
  label: 'Retry',
  title: 'Retry',
  section: 'retry',
  inPipeline: true,
  options: retryOptions,
  file: {
    aliases: {
      maxRetryAttempts: 'maxAttempts',
      retryExceptionPredicate: 'retryOnException',
      resultPredicate: 'retryOnResult',
    },
    backoff: {
      wait: 'waitDuration',
      functions: ['intervalFunction', 'intervalBiFunction'],
      maxWait: 'exponentialMaxWaitDuration',
      mayCombine: true,
    },
    meaninglessOptions: ['consumeResultBeforeRetryAttempt', 'ignoreClassBindingExceptions'],
    meaninglessKeys: ['retryAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  /** Without a registry of budgets each budget has the default options. */
  completeEnvironment: (environment) => ({
    retryBudgets: new Registry(retryBudgetDefinition, {}, environment.clock && { clock: environment.clock }),
    ...environment,
  }),
  events: { RETRY: true, SUCCESS: true, ERROR: true, IGNORED_ERROR: true, RETRY_BUDGET_EXHAUSTED: true },
  meters: [
    // The counter of Resilience4j's Micrometer binding (`AbstractRetryMetrics`).
    {
      type: 'counter',
      name: 'resilience4j_retry_calls_total',
      help: 'Total number of calls, by how they ended and whether they were retried.',
      labels: ['kind'],
      read: ({ metrics }) => [
        [metrics.numberOfSuccessfulCallsWithoutRetryAttempt, { kind: 'successful_without_retry' }],
        [metrics.numberOfSuccessfulCallsWithRetryAttempt, { kind: 'successful_with_retry' }],
        [metrics.numberOfFailedCallsWithoutRetryAttempt, { kind: 'failed_without_retry' }],
        [metrics.numberOfFailedCallsWithRetryAttempt, { kind: 'failed_with_retry' }],
      ],
    },
    {
      type: 'eventCounter',
      name: 'breakwater_retry_attempts_total',
      help: 'Total number of further attempts: the load that retries add.',
      counts: { RETRY: {} },
    },
    {
      type: 'eventCounter',
      name: 'breakwater_retry_budget_exhausted_total',
      help: 'Total number of further attempts that the retry budget denied.',
      counts: { RETRY_BUDGET_EXHAUSTED: {} },
      appliesTo: ({ config }) => config.retryBudget !== undefined,
    },
  ],
  spanEvents: {
    policy: 'retry',
    events: {
      RETRY: {
        name: 'retry',
        attributes: ({ numberOfRetryAttempts, waitIntervalMs, lastError }) => ({
          // The number of failed attempts; the one after the wait is the next.
          [names.attempt]: numberOfRetryAttempts + 1,
          [names.waitMs]: waitIntervalMs,
          [names.errorType]: errorTypeOf(lastError),
        }),
      },
      ERROR: {
        name: 'gave_up',
        attributes: ({ numberOfRetryAttempts, lastError }) => ({
          [names.attempt]: numberOfRetryAttempts,
          [names.errorType]: errorTypeOf(lastError),
        }),
      },
      RETRY_BUDGET_EXHAUSTED: {
        name: 'budget_exhausted',
        attributes: ({ retryBudgetName }) => ({ [names.retryBudget]: retryBudgetName }),
      },
    },
  },
  actuator: { plural: 'retries', describeEvent: retryEvent },
  create: (name: string, options: RetryOptions, environment: RetryEnvironment) => new Retry(name, options, environment),
});

/** Resilience4j's `RetryEventDTO`. */
export interface RetryEventResponse {
  readonly retryName: string;
  readonly type: string;
  readonly creationTime: string;
  readonly errorMessage: string | null;
  readonly numberOfAttempts: number;
}

export function retryEvent(event: AnyRetryEvent): RetryEventResponse {
  const { retryName, type, creationTime, lastError, numberOfRetryAttempts } = event;
  return {
    retryName,
    type,
    creationTime: isoTime(creationTime),
    errorMessage: errorText(lastError),
    numberOfAttempts: numberOfRetryAttempts,
  };
}
