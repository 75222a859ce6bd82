import type { Duration } from '../duration.ts';
import { matchesClasses } from '../error-matcher.ts';
import { isRefusal } from '../errors.ts';
import type { IntervalFunction } from '../interval-function.ts';
import {
  choice,
  type ConfigOf,
  duration,
  type ErrorClass,
  errorClasses,
  errorPredicate,
  type EventOptions,
  exclusive,
  flag,
  optional,
  optionalFunction,
  optionalText,
  OptionSchema,
  replacing,
  resultPredicate,
  size,
  wholeNumber,
} from '../options.ts';
import { type Classification, classificationNames, isDependencyFailure } from '../outcome.ts';
import type { UserFunctions } from '../user-function.ts';

/** The result of an attempt, as functions in the configuration receive it. */
export type RetryOutcome = { readonly error: unknown } | { readonly result: unknown };

/** The wait in milliseconds after the given number of attempts (from 1), the last of which had this result. */
export type IntervalBiFunction = (attempt: number, outcome: RetryOutcome) => number;

/** Resilience4j's options of a retry, with its names and defaults, and four more. All are optional. */
export interface RetryOptions extends EventOptions {
  /** The most attempts, including the first. At least 1; 3 by default. */
  readonly maxAttempts?: number;
  /** The wait between two attempts. At least 0; 500 ms by default. Not together with an interval function. */
  readonly waitDuration?: Duration;
  /**
   * Computes the wait in milliseconds after the given number of attempts (from 1). A negative wait stops the retry. So does a
   * result that is not a finite number, which is reported once.
   */
  readonly intervalFunction?: IntervalFunction;
  /** Computes the wait from the number of attempts and the error or value of the last one. */
  readonly intervalBiFunction?: IntervalBiFunction;
  /** Errors to retry, including subclasses. Without it and without `retryOnException`, every error. */
  readonly retryExceptions?: readonly ErrorClass[];
  /** Errors not to retry. They take precedence over `retryExceptions`. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether to retry an error, in addition to `retryExceptions`. A refusal by another policy is never retried. */
  readonly retryOnException?: (error: unknown) => boolean;
  /** Whether to retry a returned value. None by default. */
  readonly retryOnResult?: (result: unknown) => boolean;
  /**
   * Classifies outcomes by this protocol: `http`. Then failures of the dependency are retried, thrown or returned, and a
   * `Retry-After` header is obeyed, but only for requests that may be repeated (`request` of the call's context). Every
   * other option that selects errors and values applies in addition. None by default. Not an option of Resilience4j.
   */
  readonly classification?: Classification;
  /** Throws if the last attempt returns a value that `retryOnResult` selects. False by default. */
  readonly failAfterMaxAttempts?: boolean;
  /**
   * The wait in milliseconds that the dependency requested; `undefined` if it requested none. No attempt is made
   * earlier. By default the `retryAfterMs` of an error. Not an option of Resilience4j.
   */
  readonly retryAfterFunction?: (outcome: RetryOutcome) => number | undefined;
  /**
   * If the dependency requests a longer wait than this, the retry stops at once. At least 0; 30 s by default. Not an
   * option of Resilience4j.
   */
  readonly maxRetryAfterDuration?: Duration;
  /**
   * The name of the retry budget for all attempts but the first; policies that name the same one share it. None by
   * default: then only `maxAttempts` limits retries. Not an option of Resilience4j.
   */
  readonly retryBudget?: string;
}

export const retryOptions = new OptionSchema({
  maxAttempts: wholeNumber(3, { min: 1 }),
  waitDuration: exclusive(duration(500, { min: 0 }), ['intervalFunction', 'intervalBiFunction']),
  intervalFunction: exclusive(
    optionalFunction<IntervalFunction>('a function from the attempt (1, 2, …) to milliseconds'),
    ['waitDuration', 'intervalBiFunction'],
  ),
  intervalBiFunction: exclusive(
    optionalFunction<IntervalBiFunction>(
      'a function from the attempt (1, 2, …) and { error } or { result } to milliseconds',
    ),
    ['waitDuration', 'intervalFunction'],
  ),
  retryExceptions: replacing(errorClasses(), ['retryOnException']),
  ignoreExceptions: errorClasses(),
  retryOnException: errorPredicate(),
  retryOnResult: resultPredicate(),
  classification: optional(choice<Classification>('http', classificationNames)),
  failAfterMaxAttempts: flag(false),
  retryAfterFunction: optionalFunction<(outcome: RetryOutcome) => number | undefined>(
    'a function from { error } or { result } to milliseconds or undefined',
  ),
  maxRetryAfterDuration: duration(30_000, { min: 0 }),
  retryBudget: optionalText('the name of a retry budget'),
  eventConsumerBufferSize: size(0, { min: 0 }),
});

/** The options resolved: complete, checked, frozen, durations in milliseconds. One of the three waits is set. */
export type RetryConfig = ConfigOf<typeof retryOptions>;

/**
 * Whether to retry after an error. Ignored errors take precedence. A refusal by another policy (RejectedError) is not
 * retried, nor a call that a circuit breaker aborted when it opened: another attempt would only be refused.
 */
export function isRetryableError(config: RetryConfig, error: unknown, functions: UserFunctions): boolean {
  const { retryExceptions, ignoreExceptions, retryOnException, classification } = config;
  if (isRefusal(error) || matchesClasses(ignoreExceptions, error)) return false;
  if (classification !== undefined && isDependencyFailure({ error }, classification)) return true;
  const selectsNone = retryExceptions.length === 0 && retryOnException === undefined;
  if (selectsNone) return classification === undefined;
  if (matchesClasses(retryExceptions, error)) return true;
  return functions.test('retryOnException', retryOnException, error) === true;
}

/** Whether to retry after a returned value. */
export function isRetryableResult(config: RetryConfig, result: unknown, functions: UserFunctions): boolean {
  const { retryOnResult, classification } = config;
  if (classification !== undefined && isDependencyFailure({ result }, classification)) return true;
  return functions.test('retryOnResult', retryOnResult, result) === true;
}
