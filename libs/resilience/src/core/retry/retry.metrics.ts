/** The counters of a retry, with Resilience4j's names. They only increase. */
export interface RetryMetrics {
  readonly numberOfSuccessfulCallsWithoutRetryAttempt: number;
  readonly numberOfSuccessfulCallsWithRetryAttempt: number;
  /** Calls that failed after one attempt: with an error that is not retried, or because the retry stopped early. */
  readonly numberOfFailedCallsWithoutRetryAttempt: number;
  /** Calls whose last permitted attempt failed. With `maxAttempts` 1 that is the first attempt. */
  readonly numberOfFailedCallsWithRetryAttempt: number;
  /** Attempts and completed calls. A rejected value of the last attempt counts twice, as in Resilience4j. */
  readonly numberOfTotalCalls: number;
}

/** The counters in a form that can be changed. */
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
