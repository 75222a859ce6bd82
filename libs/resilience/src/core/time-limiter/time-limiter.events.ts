import type { PolicyEvent } from '../events.ts';

interface TimeLimiterEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly timeLimiterName: string;
}

/** What limited a call: the `timeoutDuration` of the time limiter, or an earlier deadline of the caller. */
export type TimeLimit = 'timeoutDuration' | 'deadline';

/** A call succeeded in time. */
export type TimeLimiterSuccessEvent = TimeLimiterEvent<'SUCCESS'>;

/** A call failed in time. */
export interface TimeLimiterErrorEvent extends TimeLimiterEvent<'ERROR'> {
  readonly error: unknown;
}

/** A call did not end in time, or was not started because no time was left. */
export interface TimeLimiterTimeoutEvent extends TimeLimiterEvent<'TIMEOUT'> {
  /** How long the call was allowed to take, in milliseconds; 0 when it was not started. */
  readonly timeoutMs: number;
  readonly limitedBy: TimeLimit;
}

/** The events of a time limiter, with Resilience4j's names. A call that its caller aborts emits none. */
export type TimeLimiterEvents = {
  readonly SUCCESS: TimeLimiterSuccessEvent;
  readonly ERROR: TimeLimiterErrorEvent;
  readonly TIMEOUT: TimeLimiterTimeoutEvent;
};

export type AnyTimeLimiterEvent = TimeLimiterEvents[keyof TimeLimiterEvents];
