/** What a ledger holds at some time. */
export interface LedgerReading {
  /** Counts the periods since the beginning, from 0. */
  readonly cycle: number;
  /** Below 0 when permissions of later cycles are reserved already. */
  readonly available: number;
}

/**
 * Who may go when, in whole nanoseconds since the beginning: the arithmetic of Resilience4j's AtomicRateLimiter.
 *
 * Time is cut into cycles of one period. Each brings `limitForPeriod` permissions and a surplus is lost at its end.
 * Whoever finds too few reserves some of a later cycle, so `available` goes below 0 and the coming cycles pay the debt.
 * Nothing ticks: a cycle's permissions are counted in when somebody asks.
 *
 * Exact for 104 days, then to two nanoseconds, and so on; a number holds no more.
 */
export class PermissionLedger {
  /** A change shows at the next cycle; what is available now stays. */
  limitForPeriod: number;
  readonly #periodNanos: number;
  #cycle: number;
  #available: number;

  /** @param start what there is to begin with, when it is not the beginning of all */
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

  /** What is available without any operation since then having counted it in. */
  get stored(): number {
    return this.#available;
  }

  read(nowNanos: number): LedgerReading {
    const cycle = Math.floor(nowNanos / this.#periodNanos);
    if (cycle === this.#cycle) return { cycle, available: this.#available };
    const refilled = this.#available + (cycle - this.#cycle) * this.limitForPeriod;
    return { cycle, available: Math.min(refilled, this.limitForPeriod) };
  }

  /** How long a request for so many permissions would have to wait from now. */
  nanosToWait(permits: number, nowNanos: number): number {
    const { cycle, available } = this.read(nowNanos);
    if (available >= permits) return 0;
    const restOfCycle = (cycle + 1) * this.#periodNanos - nowNanos;
    const furtherCycles = Math.floor((permits - available - 1) / this.limitForPeriod);
    return furtherCycles * this.#periodNanos + restOfCycle;
  }

  /**
   * Takes permissions, if need be of later cycles, unless that means a wait of more than `timeoutNanos`.
   *
   * @returns how long to wait for them; above `timeoutNanos` nothing was taken
   */
  reserve(permits: number, timeoutNanos: number, nowNanos: number): number {
    const nanosToWait = this.nanosToWait(permits, nowNanos);
    const { cycle, available } = this.read(nowNanos);
    this.#cycle = cycle;
    this.#available = nanosToWait <= timeoutNanos ? available - permits : available;
    return nanosToWait;
  }
}
