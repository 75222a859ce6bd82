import type { RetryBudget } from '../../core/retry/retry-budget.ts';
import type { RetryEvents } from '../../core/retry/retry.events.ts';
import type { Retry } from '../../core/retry/retry.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedRetryEvents = ['RETRY', 'RETRY_BUDGET_EXHAUSTED'] as const;

/** What the meters look at. */
export type MeteredRetry = Pick<Retry, 'name' | 'config' | 'metrics' | 'on'>;

/** What Resilience4j's Micrometer binding (`AbstractRetryMetrics`) shows, and then what is ours. */
export const retryMeters: readonly Meter<CountedEvents<MeteredRetry, RetryEvents>>[] = [
  {
    type: 'counter',
    name: 'resilience4j_retry_calls_total',
    help: 'Total number of calls, by how they ended and whether they were retried.',
    labels: ['kind'],
    read: ({ policy: { metrics } }) => [
      [metrics.numberOfSuccessfulCallsWithoutRetryAttempt, { kind: 'successful_without_retry' }],
      [metrics.numberOfSuccessfulCallsWithRetryAttempt, { kind: 'successful_with_retry' }],
      [metrics.numberOfFailedCallsWithoutRetryAttempt, { kind: 'failed_without_retry' }],
      [metrics.numberOfFailedCallsWithRetryAttempt, { kind: 'failed_with_retry' }],
    ],
  },
  {
    type: 'counter',
    name: 'breakwater_retry_attempts_total',
    help: 'Total number of further attempts: the load that retries add.',
    read: (retry) => [[retry.of('RETRY')]],
  },
  {
    type: 'counter',
    name: 'breakwater_retry_budget_exhausted_total',
    help: 'Total number of further attempts that the retry budget denied.',
    read: (retry) => (retry.policy.config.retryBudget === undefined ? [] : [[retry.of('RETRY_BUDGET_EXHAUSTED')]]),
  },
];

/** A budget is shared by retries and hedges, and has a name of its own. */
export const retryBudgetMeters: readonly Meter<Pick<RetryBudget, 'name' | 'balance'>>[] = [
  {
    type: 'gauge',
    name: 'breakwater_retry_budget_balance',
    help: 'How many further attempts the retry budget would grant now.',
    read: ({ balance }) => [[balance]],
  },
];
