import type { PolicyEvent } from '../events.ts';

interface RateLimiterEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly rateLimiterName: string;
  readonly numberOfPermits: number;
}

/** Permissions were granted, at once or after a wait. */
export type SuccessfulAcquireEvent = RateLimiterEvent<'SUCCESSFUL_ACQUIRE'>;

/** Permissions were refused, or the caller aborted while it waited for them. */
export type FailedAcquireEvent = RateLimiterEvent<'FAILED_ACQUIRE'>;

/** `drainPermissions` removed the permissions of the period. As in Resilience4j, `numberOfPermits` is 0 or negative. */
export type DrainedEvent = RateLimiterEvent<'DRAINED'>;

/** The events of a rate limiter, with Resilience4j's names. */
export type RateLimiterEvents = {
  readonly SUCCESSFUL_ACQUIRE: SuccessfulAcquireEvent;
  readonly FAILED_ACQUIRE: FailedAcquireEvent;
  readonly DRAINED: DrainedEvent;
};

export type AnyRateLimiterEvent = RateLimiterEvents[keyof RateLimiterEvents];
