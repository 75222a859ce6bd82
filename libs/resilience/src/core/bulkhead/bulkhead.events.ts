import type { PolicyEvent } from '../events.ts';

interface BulkheadEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly bulkheadName: string;
}

/** A call got a permit, at once or after its wait. */
export type CallPermittedEvent = BulkheadEvent<'CALL_PERMITTED'>;

/** A call was refused, at once or after its wait, or its caller aborted during the wait. */
export type CallRejectedEvent = BulkheadEvent<'CALL_REJECTED'>;

/** A permitted call ended, with a result or an error. */
export type CallFinishedEvent = BulkheadEvent<'CALL_FINISHED'>;

/** The events of a bulkhead, with Resilience4j's names. */
export type BulkheadEvents = {
  readonly CALL_PERMITTED: CallPermittedEvent;
  readonly CALL_REJECTED: CallRejectedEvent;
  readonly CALL_FINISHED: CallFinishedEvent;
};

export type AnyBulkheadEvent = BulkheadEvents[keyof BulkheadEvents];
