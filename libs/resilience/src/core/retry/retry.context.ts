import type { Clock } from '../clock.ts';
import { isDeadlineError } from '../cut-off.ts';
import type { EventDetails } from '../events.ts';
import { httpRequestOf } from '../http-classification.ts';
import { isRepeatable } from '../http-request.ts';
import type { CallContext } from '../policy.ts';
import { isFiniteNumber, type UserFunctions } from '../user-function.ts';
import type { RetryBudget } from './retry-budget.ts';
import { propertyOf } from '../errors.ts';
import { retryAfterOf } from './http-retry.ts';
import { MaxRetriesExceededError } from './retry.errors.ts';
import type { RetryEvents } from './retry.events.ts';
import type { RetryCounters } from './retry.metrics.ts';
import {
  type IntervalBiFunction,
  isRetryableError,
  isRetryableResult,
  type RetryConfig,
  type RetryOutcome,
} from './retry.options.ts';

/** What a retry uses of the caller's context. */
export type RetryCallContext = Pick<Partial<CallContext>, 'deadline' | 'request'>;

/** The parts of a retry that its contexts use. */
export interface RetryOwner {
  readonly name: string;
  readonly config: RetryConfig;
  readonly counters: RetryCounters;
  readonly budget: RetryBudget | undefined;
  readonly userFunctions: UserFunctions;
  readonly clock: Pick<Clock, 'now'>;
  /** Reports once that failures are not retried because the request is not known. */
  warnOfUnknownRequest(): void;
  emit<K extends keyof RetryEvents>(type: K, details: EventDetails<RetryEvents[K], 'retryName'>): void;
}

/** Any negative wait stops the retry. This one is used when no interval function returned it. */
const stop = -1;

/**
 * The state of one call from its first attempt to its last, like Resilience4j's `Retry.AsyncContext`. For code that
 * makes the attempts itself: pass the result of each attempt to `onError` or `onResult`, which returns the wait before
 * the next attempt. A negative wait means that there is no next attempt: throw the error, or call `onComplete` and
 * return the value.
 */
export class RetryContext {
  readonly #owner: RetryOwner;
  readonly #given: RetryCallContext;
  #failedAttempts = 0;
  #lastError: unknown;
  /**
   * Whether a deadline, a long requested wait or an empty budget ended the call, or a negative interval after a value.
   */
  #isStoppedEarly = false;

  /** @param given of the caller; no attempt starts after its deadline */
  constructor(owner: RetryOwner, given: RetryCallContext = {}) {
    this.#owner = owner;
    this.#given = given;
    owner.budget?.deposit();
  }

  /**
   * Records that an attempt threw.
   *
   * @returns the wait before the next attempt in milliseconds; negative when the error must be thrown
   */
  onError(error: unknown): number {
    const { config, counters, userFunctions } = this.#owner;
    counters.numberOfTotalCalls++;
    if (!isRetryableError(config, error, userFunctions) || !this.#mayRepeat(error)) {
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
      // As in Resilience4j, none of the four call counters counts a negative interval. Other early stops are counted.
      if (this.#isStoppedEarly) this.#countStoppedEarly();
      this.#emitError(error);
    }
    return waitMs;
  }

  /**
   * Records that an attempt returned a value.
   *
   * @returns the wait before the next attempt in milliseconds; negative when the value is the result of the call
   */
  onResult(result: unknown): number {
    const { config, counters, userFunctions } = this.#owner;
    if (!isRetryableResult(config, result, userFunctions) || !this.#mayRepeat(result)) return stop;

    counters.numberOfTotalCalls++;
    this.#failedAttempts++;
    if (this.#failedAttempts >= config.maxAttempts) return stop;
    const waitMs = this.#waitAfter({ result });
    if (waitMs >= 0) this.#emitRetry(waitMs, undefined);
    // Resilience4j would emit SUCCESS here. A rejected value is never a success, no matter why the attempts ended.
    else this.#isStoppedEarly = true;
    return waitMs;
  }

  /**
   * Records that the value of the last attempt is the result of the call.
   *
   * @throws MaxRetriesExceededError when `retryOnResult` rejects the value and `failAfterMaxAttempts` is true
   */
  onComplete(): void {
    const { config, counters, name } = this.#owner;
    counters.numberOfTotalCalls++;
    if (this.#failedAttempts === 0) {
      counters.numberOfSuccessfulCallsWithoutRetryAttempt++;
    } else if (this.#isStoppedEarly || this.#failedAttempts >= config.maxAttempts) {
      if (this.#isStoppedEarly) this.#countStoppedEarly();
      else counters.numberOfFailedCallsWithRetryAttempt++;
      const mayReportLastError = this.#lastError !== undefined && !config.failAfterMaxAttempts;
      const error = mayReportLastError ? this.#lastError : new MaxRetriesExceededError(name, this.#failedAttempts);
      this.#emitError(error);
      if (config.failAfterMaxAttempts) throw error;
    } else {
      counters.numberOfSuccessfulCallsWithRetryAttempt++;
      this.#owner.emit('SUCCESS', { numberOfRetryAttempts: this.#failedAttempts, lastError: this.#lastError });
    }
  }

  /**
   * Records that the caller aborted, in an attempt or a wait. It is neither a success nor a failure: nothing is
   * counted.
   */
  onAbort(reason: unknown): void {
    this.#emitIgnored(reason);
  }

  /** Whether the call's request may be made again. With a classification, one that is not known may not. */
  #mayRepeat(failure: unknown): boolean {
    if (this.#owner.config.classification === undefined) return true;
    const request = this.#given.request ?? httpRequestOf(failure);
    if (request === undefined) this.#owner.warnOfUnknownRequest();
    return request !== undefined && isRepeatable(request);
  }

  /** @returns the wait in milliseconds; negative when there is no further attempt */
  #waitAfter(outcome: RetryOutcome): number {
    const { config, budget } = this.#owner;
    const intervalMs = this.#intervalAfter(outcome);
    if (intervalMs < 0) return intervalMs;

    const retryAfterMs = this.#requestedWait(outcome);
    const waitMs = Math.max(intervalMs, retryAfterMs);
    const remainingMs = this.#given.deadline?.remainingMs ?? Number.POSITIVE_INFINITY;
    const isTooLate = waitMs >= remainingMs || ('error' in outcome && isDeadlineError(outcome.error));
    if (retryAfterMs > config.maxRetryAfterDuration || isTooLate) {
      this.#isStoppedEarly = true;
      return stop;
    }
    if (budget?.tryWithdraw() === false) {
      this.#isStoppedEarly = true;
      this.#owner.emit('RETRY_BUDGET_EXHAUSTED', {
        numberOfRetryAttempts: this.#failedAttempts,
        retryBudgetName: budget.name,
        lastError: this.#lastError,
      });
      return stop;
    }
    return waitMs;
  }

  /** @returns negative, which stops the retry, when the interval function throws or returns no finite number */
  #intervalAfter(outcome: RetryOutcome): number {
    const { config, userFunctions } = this.#owner;
    const { waitDuration = 0, intervalFunction, intervalBiFunction } = config;
    const attempt = this.#failedAttempts;
    const allowed = 'a finite number of milliseconds';
    let intervalMs = waitDuration;
    if (intervalBiFunction !== undefined) {
      const parameters: Parameters<IntervalBiFunction> = [attempt, outcome];
      intervalMs = userFunctions.call(
        'intervalBiFunction',
        intervalBiFunction,
        parameters,
        isFiniteNumber,
        allowed,
        stop,
      );
    } else if (intervalFunction !== undefined) {
      intervalMs = userFunctions.call('intervalFunction', intervalFunction, [attempt], isFiniteNumber, allowed, stop);
    }
    return intervalMs;
  }

  /** @returns 0 when no wait was requested; infinite, which stops the retry, when the function throws */
  #requestedWait(outcome: RetryOutcome): number {
    const { config, userFunctions, clock } = this.#owner;
    const { retryAfterFunction, classification } = config;
    if (retryAfterFunction === undefined && classification !== undefined) {
      return positiveNumber(retryAfterOf(outcome, clock.now()));
    }
    if (retryAfterFunction === undefined) return positiveNumber(retryAfterMsOf(outcome));
    const allowed = 'a number of milliseconds or undefined';
    const requested = userFunctions.call(
      'retryAfterFunction',
      retryAfterFunction,
      [outcome],
      isOptionalNumber,
      allowed,
      Number.POSITIVE_INFINITY,
    );
    return positiveNumber(requested);
  }

  #countStoppedEarly(): void {
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

function positiveNumber(value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : 0;
}

function isOptionalNumber(value: unknown): value is number | undefined {
  // Infinity means that a new attempt is pointless.
  return value === undefined || (typeof value === 'number' && !Number.isNaN(value));
}

function retryAfterMsOf(outcome: RetryOutcome): unknown {
  return 'error' in outcome ? propertyOf(outcome.error, 'retryAfterMs') : undefined;
}
