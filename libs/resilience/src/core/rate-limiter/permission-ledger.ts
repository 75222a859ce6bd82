/** The state of a ledger at some time. */
export interface LedgerReading {
  /** The number of the current period, from 0. */
  readonly cycle: number;
  /** The number of free permissions. Negative while permissions of later cycles are reserved. */
  readonly available: number;
}

/**
 * Counts permissions with the arithmetic of Resilience4j's AtomicRateLimiter. Times are whole nanoseconds since the
 * rate limiter was created.
 *
 * Time is divided into cycles of one period. Each cycle adds `limitForPeriod` permissions; unused ones expire at its
 * end. A request that finds too few reserves permissions of later cycles: `available` becomes negative, and the later
 * cycles reduce the debt. There is no timer: the permissions of new cycles are added when the ledger is read.
 *
 * Times are exact for 104 days (the safe integers of a number), then to two nanoseconds, and so on.
 */
export class PermissionLedger {
  /** A change takes effect with the next cycle. */
  limitForPeriod: number;
  readonly #periodNanos: number;
  #cycle: number;
  #available: number;

  /** @param start the time and the available permissions at the start; time 0 and `limitForPeriod` by default */
  constructor(
    limitForPeriod: number,
    periodNanos: number,
    start: { readonly nowNanos: number; readonly available: number } = { nowNanos: 0, available: limitForPeriod },
  ) {
    this.limitForPeriod = limitForPeriod;
    this.#periodNanos = periodNanos;
    this.#cycle = Math.floor(start.nowNanos / periodNanos);
    this.#available = start.available;
  }

  /** The available permissions at the last `reserve`, without those of later cycles. */
  get stored(): number {
    return this.#available;
  }

  /** The state at this time, with the permissions of new cycles. It changes nothing. */
  read(nowNanos: number): LedgerReading {
    const cycle = Math.floor(nowNanos / this.#periodNanos);
    if (cycle === this.#cycle) return { cycle, available: this.#available };
    const refilled = this.#available + (cycle - this.#cycle) * this.limitForPeriod;
    return { cycle, available: Math.min(refilled, this.limitForPeriod) };
  }

  /** How long a request for `permits` permissions would wait from now, in nanoseconds. */
  nanosToWait(permits: number, nowNanos: number): number {
    const { cycle, available } = this.read(nowNanos);
    if (available >= permits) return 0;
    const restOfCycle = (cycle + 1) * this.#periodNanos - nowNanos;
    const furtherCycles = Math.floor((permits - available - 1) / this.limitForPeriod);
    return furtherCycles * this.#periodNanos + restOfCycle;
  }

  /**
   * Takes permissions, also of later cycles, if the wait for them is at most `timeoutNanos`.
   *
   * @returns the wait in nanoseconds; if it is above `timeoutNanos`, no permission was taken
   */
  reserve(permits: number, timeoutNanos: number, nowNanos: number): number {
    const nanosToWait = this.nanosToWait(permits, nowNanos);
    const { cycle, available } = this.read(nowNanos);
    this.#cycle = cycle;
    this.#available = nanosToWait <= timeoutNanos ? available - permits : available;
    return nanosToWait;
  }
}
