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
  /** The number of in-flight calls, including this one. */
  readonly inFlight: number;
}

/** A call was refused. */
export interface ConcurrencyCallRejectedEvent extends AdaptiveConcurrencyLimiterEvent<'CALL_REJECTED'> {
  readonly limit: number;
  readonly inFlight: number;
}

/**
 * What an ended call shows about the load of the dependency: `SUCCESS` means that it could handle the call, `DROPPED`
 * that it could not (the call failed or timed out), `IGNORED` that the call shows nothing.
 */
export type SampleOutcome = 'SUCCESS' | 'DROPPED' | 'IGNORED';

/** An admitted call ended. */
export interface ConcurrencyCallFinishedEvent extends AdaptiveConcurrencyLimiterEvent<'CALL_FINISHED'> {
  readonly elapsedDurationMs: number;
  readonly outcome: SampleOutcome;
}

/** The events of an adaptive concurrency limiter. */
export type AdaptiveConcurrencyLimiterEvents = {
  readonly LIMIT_CHANGED: LimitChangedEvent;
  readonly CALL_PERMITTED: ConcurrencyCallPermittedEvent;
  readonly CALL_REJECTED: ConcurrencyCallRejectedEvent;
  readonly CALL_FINISHED: ConcurrencyCallFinishedEvent;
};

export type AnyAdaptiveConcurrencyLimiterEvent =
  AdaptiveConcurrencyLimiterEvents[keyof AdaptiveConcurrencyLimiterEvents];
