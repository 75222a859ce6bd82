import type { PolicyEvent } from '../events.ts';

interface HedgeEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly hedgeName: string;
}

/** A further attempt is made, because none of the in-flight attempts has ended within the delay. */
export interface HedgeOnHedgeEvent extends HedgeEvent<'HEDGE'> {
  /** The number of the new attempt; 2 is the first hedged one. */
  readonly attempt: number;
  /** How long the previous attempt had been in flight, in milliseconds. */
  readonly delayMs: number;
}

/** An attempt succeeded, and the others were aborted. */
export interface HedgeOnSuccessEvent extends HedgeEvent<'SUCCESS'> {
  /** The number of the attempt that succeeded, from 1. */
  readonly attempt: number;
  /** The number of attempts that were made. */
  readonly numberOfAttempts: number;
  /** The duration since the start of the call, in milliseconds. */
  readonly elapsedDurationMs: number;
}

/** All attempts failed. */
export interface HedgeOnErrorEvent extends HedgeEvent<'ERROR'> {
  /** The number of attempts that were made. */
  readonly numberOfAttempts: number;
  /** The duration since the start of the call, in milliseconds. */
  readonly elapsedDurationMs: number;
  /** The error of the attempt that failed first. It is the error of the call. */
  readonly error: unknown;
}

/** The retry budget had no retry left for another attempt. The call continues with its in-flight attempts. */
export interface HedgeBudgetExhaustedEvent extends HedgeEvent<'RETRY_BUDGET_EXHAUSTED'> {
  readonly retryBudgetName: string;
}

/** The events of a hedge. */
export type HedgeEvents = {
  readonly HEDGE: HedgeOnHedgeEvent;
  readonly SUCCESS: HedgeOnSuccessEvent;
  readonly ERROR: HedgeOnErrorEvent;
  readonly RETRY_BUDGET_EXHAUSTED: HedgeBudgetExhaustedEvent;
};

export type AnyHedgeEvent = HedgeEvents[keyof HedgeEvents];
