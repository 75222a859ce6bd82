import type { PolicyEvent } from '../events.ts';

interface RetryEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly retryName: string;
  /** How many attempts had failed by then; 1 after the first. */
  readonly numberOfRetryAttempts: number;
  /** The last error thrown by an attempt; `undefined` when none threw. */
  readonly lastError: unknown;
}

/** Another attempt will be made. `lastError` is that of the attempt just ended; `undefined` when it returned a value. */
export interface RetryOnRetryEvent extends RetryEvent<'RETRY'> {
  /** How long until then, in milliseconds. */
  readonly waitIntervalMs: number;
}

/** The call ended well, after at least one retry. A call that needs none is not told. */
export type RetryOnSuccessEvent = RetryEvent<'SUCCESS'>;

/** The last attempt failed, and no other is made. */
export type RetryOnErrorEvent = RetryEvent<'ERROR'>;

/**
 * An error ended the call that is not to be retried, or the caller gave up; `lastError` says which.
 * `numberOfRetryAttempts` is 0 here, whatever happened before, as in Resilience4j.
 */
export type RetryOnIgnoredErrorEvent = RetryEvent<'IGNORED_ERROR'>;

/** The retry budget had nothing left for another attempt. ERROR follows. Ours, not Resilience4j's. */
export interface RetryBudgetExhaustedEvent extends RetryEvent<'RETRY_BUDGET_EXHAUSTED'> {
  readonly retryBudgetName: string;
}

/** What a retry tells, in Resilience4j's words. */
export type RetryEvents = {
  readonly RETRY: RetryOnRetryEvent;
  readonly SUCCESS: RetryOnSuccessEvent;
  readonly ERROR: RetryOnErrorEvent;
  readonly IGNORED_ERROR: RetryOnIgnoredErrorEvent;
  readonly RETRY_BUDGET_EXHAUSTED: RetryBudgetExhaustedEvent;
};

export type AnyRetryEvent = RetryEvents[keyof RetryEvents];
