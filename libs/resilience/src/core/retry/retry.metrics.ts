/** What a retry counts, with Resilience4j's names. All counters only grow. */
export interface RetryMetrics {
  readonly numberOfSuccessfulCallsWithoutRetryAttempt: number;
  readonly numberOfSuccessfulCallsWithRetryAttempt: number;
  /** Calls that ended with an error that is not to be retried, or that were denied their first retry. */
  readonly numberOfFailedCallsWithoutRetryAttempt: number;
  /** Calls whose last permitted attempt failed; with `maxAttempts` 1 that is the first. */
  readonly numberOfFailedCallsWithRetryAttempt: number;
  /** Attempts and completions: a rejected value of the last attempt counts twice, as in Resilience4j. */
  readonly numberOfTotalCalls: number;
}

/** The counters while they are counted. */
export type RetryCounters = { -readonly [Name in keyof RetryMetrics]: number };

export function makeRetryCounters(): RetryCounters {
  return {
    numberOfSuccessfulCallsWithoutRetryAttempt: 0,
    numberOfSuccessfulCallsWithRetryAttempt: 0,
    numberOfFailedCallsWithoutRetryAttempt: 0,
    numberOfFailedCallsWithRetryAttempt: 0,
    numberOfTotalCalls: 0,
  };
}
