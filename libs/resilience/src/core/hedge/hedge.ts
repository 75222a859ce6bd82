import { BasePolicy } from '../base-policy.ts';
import { type Clock, systemClock } from '../clock.ts';
import { InvalidOptionsError } from '../errors.ts';
import { type CallContext, type ProtectedCall, signalOf } from '../policy.ts';
import { HedgeDecidedError } from './hedge.errors.ts';
import type { HedgeEvents } from './hedge.events.ts';
import { type HedgeConfig, type HedgeOptions, hedgeOptions } from './hedge.options.ts';
import { HedgedCall, type HedgedCallOwner } from './hedged-call.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** The part of a retry budget that a hedge uses. */
export interface HedgeBudget {
  readonly name: string;
  deposit(): void;
  tryWithdraw(): boolean;
}

/** What a hedge needs in addition to its options. */
export interface HedgeEnvironment {
  /** The clock; real time by default. */
  readonly clock?: Clock;
  /** The registry that holds the budget named by `retryBudget`. */
  readonly retryBudgets?: { getOrCreate(name: string): HedgeBudget };
}

/** The counters and the current delay of a hedge. Counters only increase. */
export interface HedgeMetrics {
  /** Calls whose first attempt succeeded first. */
  readonly numberOfPrimarySuccesses: number;
  /** Calls of which a hedged attempt succeeded first. */
  readonly numberOfHedgeSuccesses: number;
  /** Calls of which all attempts failed. */
  readonly numberOfFailures: number;
  /** Attempts other than the first of each call. */
  readonly numberOfHedgedAttempts: number;
  /**
   * The delay after which a call that starts now is hedged, in milliseconds; `undefined` while calls are not hedged.
   */
  readonly delayMs: number | undefined;
}

/**
 * Makes a second attempt when the first is slow, and returns the first result. For calls that can safely be made twice,
 * to a dependency whose slowest responses are much slower than the others. It implements the "hedged requests" of Dean
 * and Barroso, "The Tail at Scale" (Communications of the ACM, 2013).
 *
 * The first attempt that succeeds determines the result. The signals of the others are aborted, and their results and
 * errors are ignored. A failed attempt is neither repeated nor does it start the next one earlier, because failures are
 * the task of a retry. The call continues with its in-flight attempts; when none is left, it fails with the error of
 * the attempt that failed first, and a pending further attempt is not made. When the caller aborts, all attempts are
 * aborted and the call rejects at once with the reason; that counts neither as a success nor as a failure.
 *
 * All attempts of a call have the attempt number of its context, because only a retry increments it.
 *
 * @example
 * const customer = new Hedge('customer', { delayPercentile: 95 });
 * const response = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class Hedge extends BasePolicy<HedgeEvents, 'hedgeName'> {
  readonly #clock: Clock;
  readonly #budgets: HedgeEnvironment['retryBudgets'];
  #config: HedgeConfig;
  #budget: HedgeBudget | undefined;
  #latencies: LatencyHistogram | undefined;
  #primarySuccesses = 0;
  #hedgeSuccesses = 0;
  #failures = 0;
  #hedgedAttempts = 0;

  /**
   * @param name what is protected; it appears in events and metrics
   * @param options each has a default
   * @param environment the clock and the registry of retry budgets
   * @throws InvalidOptionsError that lists every fault, also a `retryBudget` without a registry of retry budgets
   */
  constructor(name: string, options: HedgeOptions = {}, environment: HedgeEnvironment = {}) {
    const config = hedgeOptions.resolve(`Hedge '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('hedgeName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#clock = clock;
    this.#budgets = environment.retryBudgets;
    this.#budget = budgetOf(name, config, this.#budgets);
    this.#latencies = latenciesFor(config);
  }

  /** The current options. */
  get config(): HedgeConfig {
    return this.#config;
  }

  get metrics(): HedgeMetrics {
    return {
      numberOfPrimarySuccesses: this.#primarySuccesses,
      numberOfHedgeSuccesses: this.#hedgeSuccesses,
      numberOfFailures: this.#failures,
      numberOfHedgedAttempts: this.#hedgedAttempts,
      delayMs: this.#delayMs(),
    };
  }

  /**
   * Runs `call`, and runs it again in parallel when it has not ended after the delay. `call` must be safe to make
   * twice, and should end when its signal is aborted.
   *
   * @throws when all attempts failed, the error of the one that failed first
   * @throws the reason of the caller's abort
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    signalOf(context)?.throwIfAborted();
    // A repetition by an outer retry is not a new call; the retry has withdrawn it from the budget.
    if ((context?.attempt ?? 1) === 1) this.#budget?.deposit();
    return this.usage.track(new HedgedCall(this.#callOwner(), call, context).run());
  }

  /**
   * Replaces all options. In-flight calls keep their delay. Recorded latencies are kept unless `slidingWindowSize`
   * changes or `delayPercentile` is added or removed.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: HedgeOptions): void {
    const before = this.#config;
    const config = hedgeOptions.resolve(`Hedge '${this.name}'`, options);
    const budget = budgetOf(this.name, config, this.#budgets);

    this.#config = config;
    this.#budget = budget;
    const keepsLatencies =
      (before.delayPercentile === undefined) === (config.delayPercentile === undefined) &&
      before.slidingWindowSize === config.slidingWindowSize;
    if (!keepsLatencies) this.#latencies = latenciesFor(config);
    this.changeBufferSize(config.eventConsumerBufferSize);
  }

  #delayMs(): number | undefined {
    const { delay, delayPercentile = 0, minimumNumberOfCalls, maxHedgedAttempts } = this.config;
    if (maxHedgedAttempts === 0) return undefined;
    if (this.#latencies === undefined) return delay;
    return this.#latencies.count < minimumNumberOfCalls ? undefined : this.#latencies.percentile(delayPercentile);
  }

  #callOwner(): HedgedCallOwner {
    const delayMs = this.#delayMs();
    return {
      clock: this.#clock,
      maxAttempts: 1 + this.config.maxHedgedAttempts,
      delayMs,
      mayHedge: () => this.#mayHedge(),
      makeAbortReason: () => new HedgeDecidedError(this.name),
      onHedge: (attempt) => {
        this.#hedgedAttempts++;
        this.emit('HEDGE', { attempt, delayMs: delayMs ?? 0 });
      },
      onSuccess: (attempt, numberOfAttempts, elapsedDurationMs, firstLatencyMs) => {
        if (attempt === 1) this.#primarySuccesses++;
        else this.#hedgeSuccesses++;
        // First attempts that lost are recorded with their duration so far. It is at least the delay, so they count as
        // slow. Without them, each hedged call would lower the percentile and so the next delay.
        if (firstLatencyMs !== undefined) this.#latencies?.record(firstLatencyMs);
        this.emit('SUCCESS', { attempt, numberOfAttempts, elapsedDurationMs });
      },
      onError: (error, numberOfAttempts, elapsedDurationMs) => {
        this.#failures++;
        this.emit('ERROR', { numberOfAttempts, elapsedDurationMs, error });
      },
    };
  }

  #mayHedge(): boolean {
    if (this.#budget === undefined || this.#budget.tryWithdraw()) return true;
    this.emit('RETRY_BUDGET_EXHAUSTED', { retryBudgetName: this.#budget.name });
    return false;
  }
}

/** Latencies are recorded only if the delay is a percentile of them. */
function latenciesFor({ delayPercentile, slidingWindowSize }: HedgeConfig): LatencyHistogram | undefined {
  return delayPercentile === undefined ? undefined : new LatencyHistogram(slidingWindowSize);
}

function budgetOf(
  name: string,
  { retryBudget }: HedgeConfig,
  budgets: HedgeEnvironment['retryBudgets'],
): HedgeBudget | undefined {
  if (retryBudget === undefined) return undefined;
  if (budgets !== undefined) return budgets.getOrCreate(retryBudget);
  throw new InvalidOptionsError(`Hedge '${name}'`, [
    {
      option: 'retryBudget',
      given: `'${retryBudget}'`,
      allowed: 'a name only together with a registry of retry budgets (`retryBudgets` of the environment)',
    },
  ]);
}
