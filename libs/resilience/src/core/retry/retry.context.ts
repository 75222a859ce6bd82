import type { Deadline } from '../deadline.ts';
import type { EventDetails } from '../events.ts';
import type { RetryBudget } from './retry-budget.ts';
import { MaxRetriesExceededError } from './retry.errors.ts';
import type { RetryEvents } from './retry.events.ts';
import type { RetryCounters } from './retry.metrics.ts';
import { isRetryableError, type RetryConfig, type RetryOutcome } from './retry.options.ts';

/** What a context needs of the retry that it belongs to. */
export interface RetryOwner {
  readonly name: string;
  readonly config: RetryConfig;
  readonly counters: RetryCounters;
  readonly budget: RetryBudget | undefined;
  emit<K extends keyof RetryEvents>(type: K, details: EventDetails<RetryEvents[K], 'retryName'>): void;
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
      this.#emitIgnored(error);
      return stop;
    }

    this.#lastError = error;
    this.#failedAttempts++;
    if (this.#failedAttempts >= config.maxAttempts) {
      counters.numberOfFailedCallsWithRetryAttempt++;
      this.#emitError(error);
      return stop;
    }
    const waitMs = this.#waitAfter({ error });
    if (waitMs >= 0) {
      this.#emitRetry(waitMs, error);
    } else {
      // As in Resilience4j a negative interval is counted by none of the four; what we deny ourselves is.
      if (this.#isDenied) this.#countDenied();
      this.#emitError(error);
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
    if (waitMs >= 0) this.#emitRetry(waitMs, undefined);
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
      this.#emitError(error);
      if (config.failAfterMaxAttempts) throw error;
    } else {
      counters.numberOfSuccessfulCallsWithRetryAttempt++;
      this.#owner.emit('SUCCESS', { numberOfRetryAttempts: this.#failedAttempts, lastError: this.#lastError });
    }
  }

  /** The caller gave up, during an attempt or a wait: neither a success nor a failure, so nothing is counted. */
  onAbort(reason: unknown): void {
    this.#emitIgnored(reason);
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
      this.#owner.emit('RETRY_BUDGET_EXHAUSTED', {
        numberOfRetryAttempts: this.#failedAttempts,
        retryBudgetName: budget.name,
        lastError: this.#lastError,
      });
      return stop;
    }
    return waitMs;
  }

  #countDenied(): void {
    const { counters } = this.#owner;
    if (this.#failedAttempts === 1) counters.numberOfFailedCallsWithoutRetryAttempt++;
    else counters.numberOfFailedCallsWithRetryAttempt++;
  }

  #emitRetry(waitIntervalMs: number, lastError: unknown): void {
    this.#owner.emit('RETRY', { numberOfRetryAttempts: this.#failedAttempts, waitIntervalMs, lastError });
  }

  #emitError(lastError: unknown): void {
    this.#owner.emit('ERROR', { numberOfRetryAttempts: this.#failedAttempts, lastError });
  }

  #emitIgnored(lastError: unknown): void {
    this.#owner.emit('IGNORED_ERROR', { numberOfRetryAttempts: 0, lastError });
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
