import { BasePolicy } from '../base-policy.ts';
import { UsedEndpoints } from '../call-endpoints.ts';
import { type Clock, systemClock, wait } from '../clock.ts';
import { InvalidOptionsError } from '../errors.ts';
import { warn } from '../events.ts';
import {
  type AbortSource,
  abortSourceOf,
  callContext,
  type CallContext,
  invokeCall,
  type ProtectedCall,
  signalOf,
} from '../policy.ts';
import { UserFunctions } from '../user-function.ts';
import type { RetryBudget } from './retry-budget.ts';
import { type RetryCallContext, RetryContext, type RetryOwner } from './retry.context.ts';
import type { RetryEvents } from './retry.events.ts';
import { makeRetryCounters, type RetryMetrics } from './retry.metrics.ts';
import { isRetryableResult, type RetryConfig, type RetryOptions, retryOptions } from './retry.options.ts';

const noContext: Partial<CallContext> = {};

/** What a retry needs in addition to its options. */
export interface RetryEnvironment {
  /** The clock; real time by default. */
  readonly clock?: Clock;
  /** The registry that holds the budget named by `retryBudget`. */
  readonly retryBudgets?: { getOrCreate(name: string): RetryBudget };
}

/**
 * Repeats a failed call after a wait.
 *
 * The semantics are Resilience4j's. In addition it respects the wait that a dependency requests (`retryAfterMs` of an
 * error), stops when the caller aborts, never repeats a refusal by another policy (RejectedError) or a call that a circuit
 * breaker aborted when it opened, and can share a retry budget with other retries.
 *
 * @example
 * const customer = new Retry('customer', { maxAttempts: 4, intervalFunction: IntervalFunction.ofExponentialBackoff() });
 * const response = await customer.execute(({ signal }) => fetch(url, { signal }));
 */
export class Retry extends BasePolicy<RetryEvents, 'retryName'> {
  readonly #clock: Clock;
  readonly #counters = makeRetryCounters();
  readonly #budgets: RetryEnvironment['retryBudgets'];
  readonly #userFunctions: UserFunctions;
  #config: RetryConfig;
  #hasWarned = false;
  #owner: RetryOwner;

  /**
   * @param name what is protected; it appears in errors, events and metrics
   * @param options Resilience4j's; each has a default
   * @param environment the clock and the registry of retry budgets
   * @throws InvalidOptionsError that lists every fault, also a `retryBudget` without a registry of retry budgets
   */
  constructor(name: string, options: RetryOptions = {}, environment: RetryEnvironment = {}) {
    const config = retryOptions.resolve(`Retry '${name}'`, options);
    const clock = environment.clock ?? systemClock;
    super('retryName', name, clock, config.eventConsumerBufferSize);
    this.#config = config;
    this.#budgets = environment.retryBudgets;
    this.#clock = clock;
    this.#userFunctions = new UserFunctions(`Retry '${name}'`);
    this.#owner = this.#asOwner(budgetOf(name, config, this.#budgets));
  }

  /** The current options. */
  get config(): RetryConfig {
    return this.#config;
  }

  get metrics(): RetryMetrics {
    return { ...this.#counters };
  }

  /** Whether a returned value is one to repeat the call for, while attempts are left. */
  selectsResult(result: unknown): boolean {
    return isRetryableResult(this.#config, result, this.#userFunctions);
  }

  /**
   * Runs `call` until an attempt succeeds or no further attempt is permitted. Each attempt gets its number in its
   * context.
   *
   * When the caller's signal is aborted, no further attempt is made. A pending wait ends immediately with the signal's
   * reason, and an error of an in-flight attempt is thrown unchanged. The call counts neither as a success nor as a
   * failure. The retry stops without waiting if the next attempt could only start after the caller's deadline.
   *
   * @throws MaxRetriesExceededError when `retryOnResult` rejects the last value and `failAfterMaxAttempts` is true
   * @throws what the last attempt threw
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const abort = abortSourceOf(context);
    if (abort?.aborted) return Promise.reject(abort.reason as Error);
    const attempts = this.context(context);
    const { deadline, request, endpoint } = context ?? noContext;
    const usedEndpoints = new UsedEndpoints(true);
    const first = callContext(abort, 1, { deadline, request, endpoint, usedEndpoints });
    this.usage.start();
    // Most calls need no second attempt, so the first one runs without the cost of an async function.
    const running = invokeCall(call, first);
    return running.then(
      (result) => {
        this.usage.end();
        const waitMs = afterResult(attempts, result);
        return waitMs < 0 ? result : this.usage.track(this.#repeat(call, first, attempts, waitMs));
      },
      (error: unknown) => {
        this.usage.end();
        const waitMs = afterError(attempts, error, abort);
        return waitMs < 0 ? running : this.usage.track(this.#repeat(call, first, attempts, waitMs));
      },
    );
  }

  /**
   * Creates the state of one call, for code that makes the attempts itself. Create one for each call.
   *
   * @param given the caller's context; only its deadline and its request are used
   */
  context(given?: RetryCallContext): RetryContext {
    return new RetryContext(this.#owner, given);
  }

  /**
   * Replaces all options. In-flight calls keep the options that they started with.
   *
   * @throws InvalidOptionsError that lists every fault; nothing is changed
   */
  reconfigure(options: RetryOptions): void {
    const config = retryOptions.resolve(`Retry '${this.name}'`, options);
    const budget = budgetOf(this.name, config, this.#budgets);
    this.#config = config;
    this.#owner = this.#asOwner(budget);
    this.changeBufferSize(config.eventConsumerBufferSize);
  }

  /** Makes the second and all further attempts. */
  async #repeat<T>(
    call: ProtectedCall<T>,
    first: CallContext,
    attempts: RetryContext,
    firstWaitMs: number,
  ): Promise<T> {
    const signal = signalOf(first);
    let waitMs = firstWaitMs;
    for (let attempt = 2; ; attempt++) {
      await this.#pause(waitMs, attempts, signal);
      let result: T;
      try {
        result = await call(callContext(signal, attempt, first));
      } catch (error) {
        waitMs = afterError(attempts, error, signal);
        if (waitMs < 0) throw error;
        continue;
      }
      waitMs = afterResult(attempts, result);
      if (waitMs < 0) return result;
    }
  }

  async #pause(waitMs: number, attempts: RetryContext, signal: AbortSignal | undefined): Promise<void> {
    try {
      await wait(this.#clock, waitMs, signal);
      // The caller may have aborted after the timer fired and before this code ran.
      signal?.throwIfAborted();
    } catch (reason) {
      attempts.onAbort(reason);
      throw reason;
    }
  }

  #warnOfUnknownRequest(): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    warn(
      'ResilienceRetryWarning',
      `Retry '${this.name}' does not repeat a failed call, because it does not know which request the call makes. ` +
        "Pass it to the call, e.g. execute(call, { request: { method: 'GET' } }). This is reported once.",
    );
  }

  #asOwner(budget: RetryBudget | undefined): RetryOwner {
    return {
      name: this.name,
      config: this.config,
      counters: this.#counters,
      budget,
      userFunctions: this.#userFunctions,
      clock: this.#clock,
      warnOfUnknownRequest: () => this.#warnOfUnknownRequest(),
      emit: (type, details) => this.emit(type, details),
    };
  }
}

/** @returns the wait before the next attempt in milliseconds; negative when the result is that of the call */
function afterResult(attempts: RetryContext, result: unknown): number {
  const waitMs = attempts.onResult(result);
  if (waitMs < 0) attempts.onComplete();
  return waitMs;
}

/** @returns the wait before the next attempt in milliseconds; negative when the error is that of the call */
function afterError(attempts: RetryContext, error: unknown, abort: AbortSource | undefined): number {
  if (abort?.aborted !== true) return attempts.onError(error);
  attempts.onAbort(error);
  return -1;
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
