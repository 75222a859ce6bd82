import type { PolicyEvent } from '../events.ts';

interface RateLimiterEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly rateLimiterName: string;
  readonly numberOfPermits: number;
}

/** Permissions were granted. To a caller that had to wait: its wait is over. */
export type SuccessfulAcquireEvent = RateLimiterEvent<'SUCCESSFUL_ACQUIRE'>;

/** Permissions were refused, or the caller gave up its wait for them. */
export type FailedAcquireEvent = RateLimiterEvent<'FAILED_ACQUIRE'>;

/** The permissions of the period were taken away by hand. As in Resilience4j, the number is 0 or below. */
export type DrainedEvent = RateLimiterEvent<'DRAINED'>;

/** What a rate limiter tells, in Resilience4j's words. */
export type RateLimiterEvents = {
  readonly SUCCESSFUL_ACQUIRE: SuccessfulAcquireEvent;
  readonly FAILED_ACQUIRE: FailedAcquireEvent;
  readonly DRAINED: DrainedEvent;
};

export type AnyRateLimiterEvent = RateLimiterEvents[keyof RateLimiterEvents];
