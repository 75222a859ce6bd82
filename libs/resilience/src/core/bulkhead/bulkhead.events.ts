import type { PolicyEvent } from '../events.ts';

interface BulkheadEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly bulkheadName: string;
}

/** A call was admitted. Of a call that had to wait: its wait is over. */
export type CallPermittedEvent = BulkheadEvent<'CALL_PERMITTED'>;

/** A call was refused, at once or after its wait, or its caller gave up the wait. */
export type CallRejectedEvent = BulkheadEvent<'CALL_REJECTED'>;

/** An admitted call has ended, well or not. */
export type CallFinishedEvent = BulkheadEvent<'CALL_FINISHED'>;

/** What a bulkhead tells, in Resilience4j's words. */
export type BulkheadEvents = {
  readonly CALL_PERMITTED: CallPermittedEvent;
  readonly CALL_REJECTED: CallRejectedEvent;
  readonly CALL_FINISHED: CallFinishedEvent;
};

export type AnyBulkheadEvent = BulkheadEvents[keyof BulkheadEvents];
