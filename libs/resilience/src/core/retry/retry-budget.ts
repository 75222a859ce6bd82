import { type Clock, systemClock } from '../clock.ts';
import { type RetryBudgetConfig, type RetryBudgetOptions, retryBudgetOptions } from './retry-budget.options.ts';

const slicesPerTtl = 10;
/** One more than a ttl has: the oldest may begin before the ttl does. */
const slicesKept = slicesPerTtl + 1;

/** 0.1 of ten calls is one retry, although the sum of ten times 0.1 is not quite 1. */
const roundingTolerance = 1e-9;

/**
 * Keeps retries from becoming a storm: they may add a share of the traffic to it, and no more. When every call fails,
 * `maxAttempts` 3 alone triples the load on a dependency that is down already; a budget of 0.2 adds a fifth.
 *
 * Calls deposit, retries withdraw, both are forgotten after the ttl, and a reserve (`minRetriesPerSecond` for each second
 * of the ttl) lets a time with few calls retry, too. After Finagle's `RetryBudget` and Linkerd's of the same name, which
 * count in slices of a tenth of the ttl as well. Here calls are forgotten up to a slice early and retries up to a slice
 * late, so that the bound is strict: the retries of the ttl that ends with any retry granted are never more than
 * `retryRatio` times the calls of the same ttl, plus the reserve.
 *
 * Each operation costs the same, however many calls were made and however long ago the last one was.
 */
export class RetryBudget {
  readonly name: string;
  readonly #clock: Clock;
  #config: RetryBudgetConfig;
  #depositsBySlice = emptySlices();
  #withdrawalsBySlice = emptySlices();
  #deposits = 0;
  #withdrawals = 0;
  #slice: number;

  /**
   * @param name what shares it
   * @param options each with its default
   * @param environment where time comes from; real time by default
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: RetryBudgetOptions = {}, environment: { readonly clock?: Clock } = {}) {
    this.name = name;
    this.#config = retryBudgetOptions.resolve(`RetryBudget '${name}'`, options);
    this.#clock = environment.clock ?? systemClock;
    this.#slice = this.#currentSlice();
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): RetryBudgetConfig {
    return this.#config;
  }

  /** How many retries could be made now. */
  get balance(): number {
    this.#forget();
    return Math.max(0, Math.floor(this.#exactBalance()));
  }

  /** A call is made: the first attempt of it, not a retry. */
  deposit(): void {
    this.#forget();
    this.#depositsBySlice[this.#slice % slicesKept]!++;
    this.#deposits++;
  }

  /** Asks for one retry; `false` when there is none left, and then nothing is taken. */
  tryWithdraw(): boolean {
    this.#forget();
    if (this.#exactBalance() < 1) return false;
    this.#withdrawalsBySlice[this.#slice % slicesKept]!++;
    this.#withdrawals++;
    return true;
  }

  /**
   * Goes on with other options, all of them given anew. With another `ttl` it begins to count anew; otherwise what it has
   * counted is worth what the new options say.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: RetryBudgetOptions): void {
    const { ttl } = this.#config;
    this.#config = retryBudgetOptions.resolve(`RetryBudget '${this.name}'`, options);
    if (this.#config.ttl === ttl) return;
    this.#depositsBySlice = emptySlices();
    this.#withdrawalsBySlice = emptySlices();
    this.#deposits = 0;
    this.#withdrawals = 0;
    this.#slice = this.#currentSlice();
  }

  #exactBalance(): number {
    const { retryRatio, minRetriesPerSecond, ttl } = this.#config;
    const reserve = (minRetriesPerSecond * ttl) / 1_000;
    return retryRatio * this.#deposits + reserve - this.#withdrawals + roundingTolerance;
  }

  /** Enters the present slice. A gap of any length costs a lap at most: by then everything is forgotten. */
  #forget(): void {
    const present = this.#currentSlice();
    const entered = Math.min(present - this.#slice, slicesKept);
    for (let slice = this.#slice + 1; slice <= this.#slice + entered; slice++) {
      const reused = slice % slicesKept;
      this.#withdrawals -= this.#withdrawalsBySlice[reused]!;
      this.#withdrawalsBySlice[reused] = 0;

      const expiring = (slice + 1) % slicesKept;
      this.#deposits -= this.#depositsBySlice[expiring]!;
      this.#depositsBySlice[expiring] = 0;
    }
    this.#slice = present;
  }

  #currentSlice(): number {
    return Math.floor((this.#clock.now() * slicesPerTtl) / this.#config.ttl);
  }
}

function emptySlices(): number[] {
  return Array.from({ length: slicesKept }, () => 0);
}
