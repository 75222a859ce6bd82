import { type Clock, systemClock } from '../clock.ts';
import { type RetryBudgetConfig, type RetryBudgetOptions, retryBudgetOptions } from './retry-budget.options.ts';

const slicesPerTtl = 10;
/** One more than `slicesPerTtl`, because the oldest slice may begin before the ttl does. */
const slicesKept = slicesPerTtl + 1;

/** Absorbs floating-point errors: the sum of ten times 0.1 is slightly below 1, but must permit one retry. */
const roundingTolerance = 1e-9;

/**
 * Limits retries to a share of all calls, so that they cannot overload a dependency. When every call fails,
 * `maxAttempts` 3 alone triples the load on a dependency that is already down; a budget with `retryRatio` 0.2 adds only
 * a fifth.
 *
 * Each call deposits `retryRatio` retries and each retry withdraws one. Both expire after the ttl. A reserve
 * (`minRetriesPerSecond` for each second of the ttl) permits retries while there are few calls. Like the retry budgets
 * of Finagle and Linkerd, it counts in slices of a tenth of the ttl. Here calls expire up to a slice early and retries
 * up to a slice late, which makes the bound strict: in the ttl that ends with any retry, the number of retries is at
 * most `retryRatio` times the number of calls, plus the reserve.
 *
 * Every operation takes constant time.
 */
export class RetryBudget {
  readonly name: string;
  readonly #clock: Clock;
  #config: RetryBudgetConfig;
  #depositsBySlice = emptySlices();
  #withdrawalsBySlice = emptySlices();
  #deposits = 0;
  #withdrawals = 0;
  /** Each operation moves to the current slice first. */
  #slice = 0;

  /**
   * @param name by which retries and hedges refer to it
   * @param options each has a default
   * @param environment the clock; real time by default
   * @throws InvalidOptionsError that lists every fault
   */
  constructor(name: string, options: RetryBudgetOptions = {}, environment: { readonly clock?: Clock } = {}) {
    this.name = name;
    this.#config = retryBudgetOptions.resolve(`RetryBudget '${name}'`, options);
    this.#clock = environment.clock ?? systemClock;
  }

  /** The current options. */
  get config(): RetryBudgetConfig {
    return this.#config;
  }

  /** The number of retries that can be made now. A whole number, at least 0. */
  get balance(): number {
    this.#dropExpired();
    return Math.max(0, Math.floor(this.#exactBalance()));
  }

  /** Records a call. Use it for the first attempt only, not for retries. */
  deposit(): void {
    this.#dropExpired();
    this.#depositsBySlice[this.#slice % slicesKept]!++;
    this.#deposits++;
  }

  /** Takes one retry from the budget. Returns `false`, and takes nothing, when none is left. */
  tryWithdraw(): boolean {
    this.#dropExpired();
    if (this.#exactBalance() < 1) return false;
    this.#withdrawalsBySlice[this.#slice % slicesKept]!++;
    this.#withdrawals++;
    return true;
  }

  /**
   * Replaces all options. A new `ttl` resets the counts; otherwise the new options apply to the counts so far.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: RetryBudgetOptions): void {
    const { ttl } = this.#config;
    this.#config = retryBudgetOptions.resolve(`RetryBudget '${this.name}'`, options);
    if (this.#config.ttl === ttl) return;
    this.#depositsBySlice = emptySlices();
    this.#withdrawalsBySlice = emptySlices();
    this.#deposits = 0;
    this.#withdrawals = 0;
  }

  #exactBalance(): number {
    const { retryRatio, minRetriesPerSecond, ttl } = this.#config;
    const reserve = (minRetriesPerSecond * ttl) / 1_000;
    return retryRatio * this.#deposits + reserve - this.#withdrawals + roundingTolerance;
  }

  /** Moves to the current slice and drops expired counts. Takes at most `slicesKept` steps, even after a long gap. */
  #dropExpired(): void {
    const current = this.#currentSlice();
    const entered = Math.min(current - this.#slice, slicesKept);
    for (let slice = this.#slice + 1; slice <= this.#slice + entered; slice++) {
      const reused = slice % slicesKept;
      this.#withdrawals -= this.#withdrawalsBySlice[reused]!;
      this.#withdrawalsBySlice[reused] = 0;

      const expiring = (slice + 1) % slicesKept;
      this.#deposits -= this.#depositsBySlice[expiring]!;
      this.#depositsBySlice[expiring] = 0;
    }
    this.#slice = current;
  }

  #currentSlice(): number {
    return Math.floor((this.#clock.now() * slicesPerTtl) / this.#config.ttl);
  }
}

function emptySlices(): number[] {
  return Array.from({ length: slicesKept }, () => 0);
}
