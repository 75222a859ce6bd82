import type { PolicyEvent } from '../events.ts';

interface AdaptiveConcurrencyLimiterEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly adaptiveConcurrencyLimiterName: string;
}

/** The limit was raised or lowered. */
export interface LimitChangedEvent extends AdaptiveConcurrencyLimiterEvent<'LIMIT_CHANGED'> {
  readonly oldLimit: number;
  readonly newLimit: number;
}

/** A call was admitted. */
export interface ConcurrencyCallPermittedEvent extends AdaptiveConcurrencyLimiterEvent<'CALL_PERMITTED'> {
  /** How many calls are under way, this one included. */
  readonly inFlight: number;
}

/** A call was refused. */
export interface ConcurrencyCallRejectedEvent extends AdaptiveConcurrencyLimiterEvent<'CALL_REJECTED'> {
  readonly limit: number;
  readonly inFlight: number;
}

/**
 * What a call that has ended says about load: that the dependency could take it, that it could not (the call failed or
 * timed out), or nothing.
 */
export type SampleOutcome = 'SUCCESS' | 'DROPPED' | 'IGNORED';

/** An admitted call ended. */
export interface ConcurrencyCallFinishedEvent extends AdaptiveConcurrencyLimiterEvent<'CALL_FINISHED'> {
  readonly elapsedDurationMs: number;
  readonly outcome: SampleOutcome;
}

/** What an adaptive concurrency limiter tells. */
export type AdaptiveConcurrencyLimiterEvents = {
  readonly LIMIT_CHANGED: LimitChangedEvent;
  readonly CALL_PERMITTED: ConcurrencyCallPermittedEvent;
  readonly CALL_REJECTED: ConcurrencyCallRejectedEvent;
  readonly CALL_FINISHED: ConcurrencyCallFinishedEvent;
};

export type AnyAdaptiveConcurrencyLimiterEvent =
  AdaptiveConcurrencyLimiterEvents[keyof AdaptiveConcurrencyLimiterEvents];
