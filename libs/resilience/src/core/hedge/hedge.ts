import { type Clock, systemClock } from '../clock.ts';
import { InvalidOptionsError } from '../errors.ts';
import { EventPublisher } from '../events.ts';
import { type CallContext, decorateCall, type Policy, type ProtectedCall, signalOf } from '../policy.ts';
import { HedgeDecidedError } from './hedge.errors.ts';
import type { HedgeEvents } from './hedge.events.ts';
import { type HedgeConfig, type HedgeOptions, hedgeOptions } from './hedge.options.ts';
import { HedgedCall, type HedgedCallOwner } from './hedged-call.ts';
import { LatencyHistogram } from './latency-histogram.ts';

/** What a hedge needs of a retry budget. */
export interface HedgeBudget {
  readonly name: string;
  deposit(): void;
  tryWithdraw(): boolean;
}

/** What a hedge is given beside its options. */
export interface HedgeEnvironment {
  /** Where time comes from; real time by default. */
  readonly clock?: Clock;
  /** The registry that holds the budget named by `retryBudget`. */
  readonly retryBudgets?: { getOrCreate(name: string): HedgeBudget };
}

/** What a hedge counts. The counters only grow. */
export interface HedgeMetrics {
  /** Calls that the first attempt answered. */
  readonly numberOfPrimarySuccesses: number;
  /** Calls that a hedged attempt answered. */
  readonly numberOfHedgeSuccesses: number;
  /** Calls that no attempt answered. */
  readonly numberOfFailures: number;
  /** Attempts made beside the first ones. */
  readonly numberOfHedgedAttempts: number;
  /** When a call that began now would be hedged, in milliseconds; `undefined` while no call is. */
  readonly delayMs: number | undefined;
}

/**
 * Makes a second attempt when the first is slow, and takes the first answer: for calls that do no harm when they are made
 * twice, to a dependency whose slowest answers are much slower than the rest. After "hedged requests" in Dean and Barroso,
 * "The Tail at Scale" (Communications of the ACM, 2013).
 *
 * The first *answer* wins; the other attempts are aborted by their own signals, and what they still come to is swallowed.
 * An attempt that fails is not repeated, and hastens no other, because failures are a retry's business: the call goes on
 * with the attempts under way. When there is none any more the call ends, with the error of the attempt that failed first;
 * an attempt that was still to come is not made. The caller's abort aborts every attempt and ends the call at once with its
 * reason, which counts neither as a success nor as a failure.
 *
 * All attempts of a call carry the attempt number that it was given.
 *
 * @example
 * const customer = new Hedge('customer', { delayPercentile: 95 });
 * const answer = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class Hedge extends EventPublisher<HedgeEvents, 'hedgeName'> implements Policy {
  readonly name: string;
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
   * @param options each with its default
   * @param environment where time and budgets come from
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: HedgeOptions = {}, environment: HedgeEnvironment = {}) {
    const config = hedgeOptions.resolve(`Hedge '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ hedgeName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#clock = clock;
    this.#budgets = environment.retryBudgets;
    this.#budget = budgetOf(name, config, this.#budgets);
    this.#latencies = latenciesFor(config);
  }

  /** As given, and changed since by `reconfigure`. */
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
   * Runs `call`, and runs it again when it has not answered in time. It must not mind being made twice, and should end
   * when its signal is aborted.
   *
   * @throws what the attempt threw that failed first, when all failed
   */
  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    signalOf(context)?.throwIfAborted();
    // A repetition by a retry around us is no new call; the retry has paid for it.
    if ((context?.attempt ?? 1) === 1) this.#budget?.deposit();
    return new HedgedCall(this.#asOwner(), call, context).run();
  }

  /** The same function under this hedge; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * Goes on with other options, all of them given anew. A call under way keeps the delay that it was given. What was learnt
   * of latencies is kept unless it is to be counted over another number of calls.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: HedgeOptions): void {
    const before = this.#config;
    const config = hedgeOptions.resolve(`Hedge '${this.name}'`, options);
    const budget = budgetOf(this.name, config, this.#budgets);

    this.#config = config;
    this.#budget = budget;
    const learnsAlike =
      (before.delayPercentile === undefined) === (config.delayPercentile === undefined) &&
      before.slidingWindowSize === config.slidingWindowSize;
    if (!learnsAlike) this.#latencies = latenciesFor(config);
    this.changeBufferSize(config.eventConsumerBufferSize);
  }

  #delayMs(): number | undefined {
    const { delay, delayPercentile = 0, minimumNumberOfCalls, maxHedgedAttempts } = this.config;
    if (maxHedgedAttempts === 0) return undefined;
    if (this.#latencies === undefined) return delay;
    return this.#latencies.count < minimumNumberOfCalls ? undefined : this.#latencies.percentile(delayPercentile);
  }

  #asOwner(): HedgedCallOwner {
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
        // Overtaken first attempts are recorded with what they had taken by then: at least the delay, so that they rank
        // among the slow ones. Without them each hedge would make the next one come sooner.
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

/** Latencies are learnt only where the delay is a percentile of them. */
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
