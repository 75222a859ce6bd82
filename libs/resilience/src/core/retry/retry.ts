import { type Clock, systemClock, wait } from '../clock.ts';
import { InvalidOptionsError } from '../errors.ts';
import { EventPublisher } from '../events.ts';
import {
  type AbortSource,
  abortSourceOf,
  callContext,
  type CallContext,
  decorateCall,
  invokeCall,
  type Policy,
  type ProtectedCall,
  signalOf,
} from '../policy.ts';
import type { RetryBudget } from './retry-budget.ts';
import { RetryContext, type RetryOwner } from './retry.context.ts';
import type { RetryEvents } from './retry.events.ts';
import { makeRetryCounters, type RetryMetrics } from './retry.metrics.ts';
import { type RetryConfig, type RetryOptions, retryOptions } from './retry.options.ts';

/** What a retry is given beside its options. */
export interface RetryEnvironment {
  /** Where time comes from; real time by default. */
  readonly clock?: Clock;
  /** The registry that holds the budget named by `retryBudget`. */
  readonly retryBudgets?: { getOrCreate(name: string): RetryBudget };
}

/**
 * Repeats a call that failed, after a wait.
 *
 * The semantics are Resilience4j's. Beyond them it honours the wait that a dependency asks for (`retryAfterMs` of an
 * error), stops when the caller aborts, never repeats a refusal of another policy (RejectedError), and can be kept within
 * a budget that it shares with other retries.
 *
 * @example
 * const customer = new Retry('customer', { maxAttempts: 4, intervalFunction: IntervalFunction.ofExponentialBackoff() });
 * const answer = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class Retry extends EventPublisher<RetryEvents, 'retryName'> implements Policy {
  readonly name: string;
  readonly #clock: Clock;
  readonly #counters = makeRetryCounters();
  readonly #budgets: RetryEnvironment['retryBudgets'];
  #config: RetryConfig;
  #owner: RetryOwner;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's, each with its default
   * @param environment where time and budgets come from
   * @throws InvalidOptionsError listing every fault
   */
  constructor(name: string, options: RetryOptions = {}, environment: RetryEnvironment = {}) {
    const config = retryOptions.resolve(`Retry '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super({ retryName: name }, clock, config.eventConsumerBufferSize);
    this.name = name;
    this.#config = config;
    this.#budgets = environment.retryBudgets;
    this.#clock = clock;
    this.#owner = this.#asOwner(budgetOf(name, config, this.#budgets));
  }

  /** As given, and changed since by `reconfigure`. */
  get config(): RetryConfig {
    return this.#config;
  }

  get metrics(): RetryMetrics {
    return { ...this.#counters };
  }

  /**
   * Runs `call` until an attempt ends as it should, or there are to be no more. Each attempt is told its number.
   *
   * When the caller's signal is aborted, no further attempt is made: a wait ends at once with the signal's reason, and
   * what an attempt under way then throws is passed on as it is. That counts neither as a success nor as a failure. No
   * attempt is waited for that could only begin when the caller's deadline has passed.
   *
   * @throws MaxRetriesExceededError when the last value is still one to retry, and `failAfterMaxAttempts` is set;
   *   otherwise what the last attempt threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const abort = abortSourceOf(context);
    if (abort?.aborted) return Promise.reject(abort.reason as Error);
    const attempts = this.context(context);
    // Most calls need no second attempt, and no async function.
    return invokeCall(call, callContext(abort, 1, context?.deadline)).then(
      (result) => {
        const waitMs = afterResult(attempts, result);
        return waitMs < 0 ? result : this.#repeat(call, context, attempts, waitMs);
      },
      (error: unknown) => this.#repeat(call, context, attempts, afterError(attempts, error, abort)),
    );
  }

  /** The same function under this retry; `this` and the arguments are handed on. */
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }

  /**
   * For those who make the attempts themselves: asked after each whether and when to make another. One for each call.
   *
   * @param given the caller's context, for its deadline
   */
  context(given?: Pick<Partial<CallContext>, 'deadline'>): RetryContext {
    return new RetryContext(this.#owner, given?.deadline);
  }

  /**
   * Goes on with other options, all of them given anew. A call under way keeps those that it was begun with.
   *
   * @throws InvalidOptionsError listing every fault; nothing is changed
   */
  reconfigure(options: RetryOptions): void {
    const config = retryOptions.resolve(`Retry '${this.name}'`, options);
    const budget = budgetOf(this.name, config, this.#budgets);
    this.#config = config;
    this.#owner = this.#asOwner(budget);
    this.changeBufferSize(config.eventConsumerBufferSize);
  }

  /** All attempts but the first. */
  async #repeat<T>(
    call: ProtectedCall<T>,
    context: Partial<CallContext> | undefined,
    attempts: RetryContext,
    firstWaitMs: number,
  ): Promise<T> {
    const signal = signalOf(context);
    let waitMs = firstWaitMs;
    for (let attempt = 2; ; attempt++) {
      await this.#pause(waitMs, attempts, signal);
      let result: T;
      try {
        result = await call(callContext(signal, attempt, context?.deadline));
      } catch (error) {
        waitMs = afterError(attempts, error, signal);
        continue;
      }
      waitMs = afterResult(attempts, result);
      if (waitMs < 0) return result;
    }
  }

  async #pause(waitMs: number, attempts: RetryContext, signal: AbortSignal | undefined): Promise<void> {
    try {
      await wait(this.#clock, waitMs, signal);
      // The abort may have come between the timer and us.
      signal?.throwIfAborted();
    } catch (reason) {
      attempts.onAbort(reason);
      throw reason;
    }
  }

  #asOwner(budget: RetryBudget | undefined): RetryOwner {
    return {
      name: this.name,
      config: this.config,
      counters: this.#counters,
      budget,
      emit: (type, details) => this.emit(type, details),
    };
  }
}

/** @returns how long to wait before the next attempt, or a negative number: the result is the answer */
function afterResult(attempts: RetryContext, result: unknown): number {
  const waitMs = attempts.onResult(result);
  if (waitMs < 0) attempts.onComplete();
  return waitMs;
}

/**
 * @returns how long to wait before the next attempt
 * @throws the error, when there is to be none
 */
function afterError(attempts: RetryContext, error: unknown, abort: AbortSource | undefined): number {
  if (abort?.aborted === true) {
    attempts.onAbort(error);
    throw error;
  }
  const waitMs = attempts.onError(error);
  if (waitMs < 0) throw error;
  return waitMs;
}

function budgetOf(
  name: string,
  { retryBudget }: RetryConfig,
  budgets: RetryEnvironment['retryBudgets'],
): RetryBudget | undefined {
  if (retryBudget === undefined) return undefined;
  if (budgets !== undefined) return budgets.getOrCreate(retryBudget);
  throw new InvalidOptionsError(`Retry '${name}'`, [
    {
      option: 'retryBudget',
      given: `'${retryBudget}'`,
      allowed: 'a name only together with a registry of retry budgets (`retryBudgets` of the environment)',
    },
  ]);
}
