/** The sums over the calls that a window holds. */
export interface WindowTotals {
  readonly calls: number;
  readonly failedCalls: number;
  /** Failed or not. */
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
}

/** How a call counts in a window. */
export type WindowOutcome = 'SUCCESS' | 'ERROR' | 'SLOW_SUCCESS' | 'SLOW_ERROR';

/** The calls of one second of a time-based window. */
export interface WindowSecond {
  /** Which second, counted from the Unix epoch by the circuit breaker's clock. */
  readonly epochSecond: number;
  readonly calls: number;
  readonly failedCalls: number;
  /** Failed or not. */
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
}

/** What a window holds, call by call or second by second; oldest first. */
export type WindowContents =
  | {
      readonly type: 'COUNT_BASED';
      /** How many calls there is room for. */
      readonly size: number;
      readonly outcomes: readonly WindowOutcome[];
    }
  | {
      readonly type: 'TIME_BASED';
      /** How many seconds it looks back. */
      readonly size: number;
      /** The second that it is now, which is the last that the window holds. */
      readonly epochSecond: number;
      /** Only those in which a call ended. */
      readonly seconds: readonly WindowSecond[];
    };

/**
 * Remembers the outcomes of recent calls. Each implementation keeps running totals, so that recording a call and reading
 * the totals cost the same whatever the window's size: what leaves the window is subtracted, never summed up again.
 */
export interface SlidingWindow {
  record(isFailed: boolean, isSlow: boolean): void;
  /** The sums as of now. The object is the window's own: read it at once, do not keep it. */
  totals(): WindowTotals;
  /** A copy of what it holds, for people to look at: it costs as much as the window is large. */
  contents(): WindowContents;
}

/** Sums that a window keeps up to date. */
export class RunningTotals implements WindowTotals {
  calls = 0;
  failedCalls = 0;
  slowCalls = 0;
  slowFailedCalls = 0;

  /** Adds one call, or with `sign` -1 takes it away again. */
  add(isFailed: boolean, isSlow: boolean, sign: 1 | -1 = 1): void {
    this.calls += sign;
    if (isFailed) this.failedCalls += sign;
    if (isSlow) this.slowCalls += sign;
    if (isFailed && isSlow) this.slowFailedCalls += sign;
  }

  subtract(part: WindowTotals): void {
    this.calls -= part.calls;
    this.failedCalls -= part.failedCalls;
    this.slowCalls -= part.slowCalls;
    this.slowFailedCalls -= part.slowFailedCalls;
  }

  clear(): void {
    this.calls = 0;
    this.failedCalls = 0;
    this.slowCalls = 0;
    this.slowFailedCalls = 0;
  }
}
