import type { Clock } from '../clock.ts';
import type { Deadline } from '../deadline.ts';
import type { RetryBudget } from './retry-budget.ts';
import { MaxRetriesExceededError } from './retry.errors.ts';
import type { AnyRetryEvent, RetryEvents } from './retry.events.ts';
import type { RetryCounters } from './retry.metrics.ts';
import { isRetryableError, type RetryConfig, type RetryOutcome } from './retry.options.ts';

/** What a context needs of the retry that it belongs to. */
export interface RetryOwner {
  readonly name: string;
  readonly config: RetryConfig;
  readonly clock: Clock;
  readonly counters: RetryCounters;
  readonly budget: RetryBudget | undefined;
  hears(type: keyof RetryEvents): boolean;
  publish(event: AnyRetryEvent): void;
}

/** Any negative number would say it; this one stands for "no function asked for it". */
const stop = -1;

/**
 * One call from its first attempt to its last: Resilience4j's `Retry.AsyncContext`, for those who make the attempts
 * themselves. After an attempt they ask `onError` or `onResult` how long to wait before the next. A negative answer means
 * that there is none; an error is then to be thrown, and a value to be returned after `onComplete`.
 */
export class RetryContext {
  readonly #owner: RetryOwner;
  readonly #deadline: Deadline | undefined;
  #failedAttempts = 0;
  #lastError: unknown;
  #isDenied = false;

  /** @param deadline of the caller, after which no attempt is worth a wait */
  constructor(owner: RetryOwner, deadline?: Deadline) {
    this.#owner = owner;
    this.#deadline = deadline;
    owner.budget?.deposit();
  }

  /** An attempt threw. @returns how long to wait in milliseconds, or a negative number: throw the error */
  onError(error: unknown): number {
    const { config, counters } = this.#owner;
    counters.numberOfTotalCalls++;
    if (!isRetryableError(config, error)) {
      counters.numberOfFailedCallsWithoutRetryAttempt++;
      this.#publishIgnored(error);
      return stop;
    }

    this.#lastError = error;
    this.#failedAttempts++;
    if (this.#failedAttempts >= config.maxAttempts) {
      counters.numberOfFailedCallsWithRetryAttempt++;
      this.#publishError(error);
      return stop;
    }
    const waitMs = this.#waitAfter({ error });
    if (waitMs >= 0) {
      this.#publishRetry(waitMs, error);
    } else {
      // As in Resilience4j a negative interval is counted by none of the four; what we deny ourselves is.
      if (this.#isDenied) this.#countDenied();
      this.#publishError(error);
    }
    return waitMs;
  }

  /** An attempt returned a value. @returns how long to wait in milliseconds, or a negative number: it is the answer */
  onResult(result: unknown): number {
    const { config, counters } = this.#owner;
    if (config.retryOnResult?.(result) !== true) return stop;

    counters.numberOfTotalCalls++;
    this.#failedAttempts++;
    if (this.#failedAttempts >= config.maxAttempts) return stop;
    const waitMs = this.#waitAfter({ result });
    if (waitMs >= 0) this.#publishRetry(waitMs, undefined);
    // Resilience4j would now tell a success. A value that was rejected is none, whatever ended the attempts.
    else this.#isDenied = true;
    return waitMs;
  }

  /**
   * The value of the last attempt is about to be returned.
   *
   * @throws MaxRetriesExceededError when `retryOnResult` rejects it, and `failAfterMaxAttempts` is set
   */
  onComplete(): void {
    const { config, counters, name } = this.#owner;
    counters.numberOfTotalCalls++;
    if (this.#failedAttempts === 0) {
      counters.numberOfSuccessfulCallsWithoutRetryAttempt++;
    } else if (this.#isDenied || this.#failedAttempts >= config.maxAttempts) {
      if (this.#isDenied) this.#countDenied();
      else counters.numberOfFailedCallsWithRetryAttempt++;
      const mayStandForIt = this.#lastError !== undefined && !config.failAfterMaxAttempts;
      const error = mayStandForIt ? this.#lastError : new MaxRetriesExceededError(name, this.#failedAttempts);
      this.#publishError(error);
      if (config.failAfterMaxAttempts) throw error;
    } else {
      counters.numberOfSuccessfulCallsWithRetryAttempt++;
      this.#publishSuccess();
    }
  }

  /** The caller gave up, during an attempt or a wait: neither a success nor a failure, so nothing is counted. */
  onAbort(reason: unknown): void {
    this.#publishIgnored(reason);
  }

  /** @returns a negative number when there is to be no further attempt */
  #waitAfter(outcome: RetryOutcome): number {
    const { config, budget } = this.#owner;
    const intervalMs = intervalAfter(config, this.#failedAttempts, outcome);
    if (intervalMs < 0) return intervalMs;

    const retryAfterMs = askedWait(config, outcome);
    const waitMs = Math.max(intervalMs, retryAfterMs);
    const remainingMs = this.#deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
    if (retryAfterMs > config.maxRetryAfterDuration || waitMs >= remainingMs) {
      this.#isDenied = true;
      return stop;
    }
    if (budget?.tryWithdraw() === false) {
      this.#isDenied = true;
      this.#publishBudgetExhausted(budget.name);
      return stop;
    }
    return waitMs;
  }

  #countDenied(): void {
    const { counters } = this.#owner;
    if (this.#failedAttempts === 1) counters.numberOfFailedCallsWithoutRetryAttempt++;
    else counters.numberOfFailedCallsWithRetryAttempt++;
  }

  #publishRetry(waitIntervalMs: number, lastError: unknown): void {
    if (!this.#owner.hears('RETRY')) return;
    this.#owner.publish({ ...this.#told(), type: 'RETRY', waitIntervalMs, lastError });
  }

  #publishSuccess(): void {
    if (!this.#owner.hears('SUCCESS')) return;
    this.#owner.publish({ ...this.#told(), type: 'SUCCESS', lastError: this.#lastError });
  }

  #publishError(lastError: unknown): void {
    if (!this.#owner.hears('ERROR')) return;
    this.#owner.publish({ ...this.#told(), type: 'ERROR', lastError });
  }

  #publishIgnored(lastError: unknown): void {
    if (!this.#owner.hears('IGNORED_ERROR')) return;
    this.#owner.publish({ ...this.#told(), type: 'IGNORED_ERROR', numberOfRetryAttempts: 0, lastError });
  }

  #publishBudgetExhausted(retryBudgetName: string): void {
    if (!this.#owner.hears('RETRY_BUDGET_EXHAUSTED')) return;
    const lastError = this.#lastError;
    this.#owner.publish({ ...this.#told(), type: 'RETRY_BUDGET_EXHAUSTED', retryBudgetName, lastError });
  }

  #told(): { readonly retryName: string; readonly creationTime: number; readonly numberOfRetryAttempts: number } {
    const { name, clock } = this.#owner;
    return { retryName: name, creationTime: clock.now(), numberOfRetryAttempts: this.#failedAttempts };
  }
}

function intervalAfter(config: RetryConfig, attempt: number, outcome: RetryOutcome): number {
  const { waitDuration = 0, intervalFunction, intervalBiFunction } = config;
  const intervalMs = intervalBiFunction?.(attempt, outcome) ?? intervalFunction?.(attempt) ?? waitDuration;
  // A function that answers NaN must lead neither to a retry without a wait nor to a wait without an end.
  return Number.isNaN(intervalMs) ? stop : intervalMs;
}

function askedWait({ retryAfterFunction }: RetryConfig, outcome: RetryOutcome): number {
  const asked = retryAfterFunction === undefined ? carriedWait(outcome) : retryAfterFunction(outcome);
  return typeof asked === 'number' && asked > 0 ? asked : 0;
}

function carriedWait(outcome: RetryOutcome): unknown {
  if (!('error' in outcome) || typeof outcome.error !== 'object' || outcome.error === null) return undefined;
  return (outcome.error as { readonly retryAfterMs?: unknown }).retryAfterMs;
}
