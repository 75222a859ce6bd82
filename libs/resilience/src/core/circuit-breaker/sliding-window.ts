/** The sums over the calls that a window holds. */
export interface WindowTotals {
  readonly calls: number;
  readonly failedCalls: number;
  /** Failed or not. */
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
  readonly durationMs: number;
}

/**
 * Remembers the outcomes of recent calls. Each implementation keeps running totals, so that recording a call and reading
 * the totals cost the same whatever the window's size: what leaves the window is subtracted, never summed up again.
 */
export interface SlidingWindow {
  record(isFailed: boolean, isSlow: boolean, durationMs: number): void;
  /** The sums as of now. The object is the window's own: read it at once, do not keep it. */
  totals(): WindowTotals;
}

/** Sums that a window keeps up to date. */
export class RunningTotals implements WindowTotals {
  calls = 0;
  failedCalls = 0;
  slowCalls = 0;
  slowFailedCalls = 0;
  durationMs = 0;

  /** Adds one call, or with `sign` -1 takes it away again. */
  add(isFailed: boolean, isSlow: boolean, durationMs: number, sign: 1 | -1 = 1): void {
    this.calls += sign;
    this.durationMs += sign * durationMs;
    if (isFailed) this.failedCalls += sign;
    if (isSlow) this.slowCalls += sign;
    if (isFailed && isSlow) this.slowFailedCalls += sign;
  }

  subtract(part: WindowTotals): void {
    this.calls -= part.calls;
    this.durationMs -= part.durationMs;
    this.failedCalls -= part.failedCalls;
    this.slowCalls -= part.slowCalls;
    this.slowFailedCalls -= part.slowFailedCalls;
  }

  clear(): void {
    this.calls = 0;
    this.failedCalls = 0;
    this.slowCalls = 0;
    this.slowFailedCalls = 0;
    this.durationMs = 0;
  }
}
