import type { PolicyEvent } from '../events.ts';

interface HedgeEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly hedgeName: string;
}

/** An attempt beside those under way is made, because none of them has answered. */
export interface HedgeOnHedgeEvent extends HedgeEvent<'HEDGE'> {
  /** Which one: 2 is the first hedged attempt. */
  readonly attempt: number;
  /** How long the attempt before it had been under way, in milliseconds. */
  readonly delayMs: number;
}

/** An attempt answered, and the others were aborted. */
export interface HedgeOnSuccessEvent extends HedgeEvent<'SUCCESS'> {
  /** Which one won; 1 is the first. */
  readonly attempt: number;
  /** How many were made. */
  readonly numberOfAttempts: number;
  /** From the start of the call, in milliseconds. */
  readonly elapsedDurationMs: number;
}

/** Every attempt that was made failed. */
export interface HedgeOnErrorEvent extends HedgeEvent<'ERROR'> {
  /** How many were made. */
  readonly numberOfAttempts: number;
  /** From the start of the call, in milliseconds. */
  readonly elapsedDurationMs: number;
  /** The error of the attempt that failed first, which the call ends with. */
  readonly error: unknown;
}

/** The retry budget had nothing left for another attempt; the call goes on with those it has. */
export interface HedgeBudgetExhaustedEvent extends HedgeEvent<'RETRY_BUDGET_EXHAUSTED'> {
  readonly retryBudgetName: string;
}

/** What a hedge tells. */
export type HedgeEvents = {
  readonly HEDGE: HedgeOnHedgeEvent;
  readonly SUCCESS: HedgeOnSuccessEvent;
  readonly ERROR: HedgeOnErrorEvent;
  readonly RETRY_BUDGET_EXHAUSTED: HedgeBudgetExhaustedEvent;
};

export type AnyHedgeEvent = HedgeEvents[keyof HedgeEvents];
