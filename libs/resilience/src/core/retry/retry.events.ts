import type { PolicyEvent } from '../events.ts';

interface RetryEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly retryName: string;
  /** The number of failed attempts so far, from 1. */
  readonly numberOfRetryAttempts: number;
  /** The last error thrown by an attempt; `undefined` when none threw. */
  readonly lastError: unknown;
}

/** Another attempt will be made. `lastError` is the error of the last attempt; `undefined` when it returned a value. */
export interface RetryOnRetryEvent extends RetryEvent<'RETRY'> {
  /** The wait before the next attempt, in milliseconds. */
  readonly waitIntervalMs: number;
}

/** The call succeeded after at least one retry. A call that succeeds at the first attempt emits no event. */
export type RetryOnSuccessEvent = RetryEvent<'SUCCESS'>;

/** The call failed: the last attempt failed, and there is no further one. */
export type RetryOnErrorEvent = RetryEvent<'ERROR'>;

/**
 * The call ended with an error that is not retried, or the caller aborted it; `lastError` is the error or the reason of
 * the abort. `numberOfRetryAttempts` is always 0, as in Resilience4j.
 */
export type RetryOnIgnoredErrorEvent = RetryEvent<'IGNORED_ERROR'>;

/** The retry budget had no retry left for another attempt. ERROR follows. Not an event of Resilience4j. */
export interface RetryBudgetExhaustedEvent extends RetryEvent<'RETRY_BUDGET_EXHAUSTED'> {
  readonly retryBudgetName: string;
}

/** The events of a retry, with Resilience4j's names. */
export type RetryEvents = {
  readonly RETRY: RetryOnRetryEvent;
  readonly SUCCESS: RetryOnSuccessEvent;
  readonly ERROR: RetryOnErrorEvent;
  readonly IGNORED_ERROR: RetryOnIgnoredErrorEvent;
  readonly RETRY_BUDGET_EXHAUSTED: RetryBudgetExhaustedEvent;
};

export type AnyRetryEvent = RetryEvents[keyof RetryEvents];
