import type { PolicyEvent } from '../events.ts';

interface TimeLimiterEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly timeLimiterName: string;
}

/** What ended a call's time: the time limiter's own `timeoutDuration`, or an earlier deadline of the caller. */
export type TimeLimit = 'timeoutDuration' | 'deadline';

/** A call returned in time. */
export type TimeLimiterSuccessEvent = TimeLimiterEvent<'SUCCESS'>;

/** A call failed in time. */
export interface TimeLimiterErrorEvent extends TimeLimiterEvent<'ERROR'> {
  readonly error: unknown;
}

/** A call did not end in time, or was not started because no time was left. */
export interface TimeLimiterTimeoutEvent extends TimeLimiterEvent<'TIMEOUT'> {
  /** How long the call had, in milliseconds; 0 when it was not started. */
  readonly timeoutMs: number;
  readonly limitedBy: TimeLimit;
}

/** What a time limiter tells, in Resilience4j's words. A call that its caller gave up is none of these. */
export type TimeLimiterEvents = {
  readonly SUCCESS: TimeLimiterSuccessEvent;
  readonly ERROR: TimeLimiterErrorEvent;
  readonly TIMEOUT: TimeLimiterTimeoutEvent;
};

export type AnyTimeLimiterEvent = TimeLimiterEvents[keyof TimeLimiterEvents];
