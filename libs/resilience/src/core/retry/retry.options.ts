import type { Duration } from '../duration.ts';
import { matchesError } from '../error-matcher.ts';
import { type OptionFault, RejectedError } from '../errors.ts';
import type { IntervalFunction } from '../interval-function.ts';
import {
  duration,
  type ErrorClass,
  errorClasses,
  flag,
  mergeOptions,
  type OptionRules,
  optional,
  optionalFunction,
  optionalText,
  replacing,
  resolveOptions,
  wholeNumber,
} from '../options.ts';

/** How an attempt ended, as the functions of the configuration see it. */
export type RetryOutcome = { readonly error: unknown } | { readonly result: unknown };

/** How long to wait, in milliseconds, after the given number of attempts (from 1) and what the last one came to. */
export type IntervalBiFunction = (attempt: number, outcome: RetryOutcome) => number;

/** Resilience4j's options of a retry, with its names and defaults, and three of our own. Each may be left out. */
export interface RetryOptions {
  /** How often the call is made at most, the first time included. At least 1; 3 by default. */
  readonly maxAttempts?: number;
  /** The wait between two attempts. At least 0; 500 ms by default. Not together with an interval function. */
  readonly waitDuration?: Duration;
  /** The wait in milliseconds after the given number of attempts (from 1). A negative one stops retrying. */
  readonly intervalFunction?: IntervalFunction;
  /** The same, from the number of attempts and the error or value that the last one came to. */
  readonly intervalBiFunction?: IntervalBiFunction;
  /** Errors to retry, subclasses included. None given and no `retryOnException`: every error. */
  readonly retryExceptions?: readonly ErrorClass[];
  /** Errors never to retry. They win over `retryExceptions`. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether to retry an error, beside `retryExceptions`. A RejectedError is never retried, not even if listed. */
  readonly retryOnException?: (error: unknown) => boolean;
  /** Whether to retry a returned value. None by default. */
  readonly retryOnResult?: (result: unknown) => boolean;
  /** Throws when the last attempt still returns a value that `retryOnResult` rejects. False by default. */
  readonly failAfterMaxAttempts?: boolean;
  /**
   * How long the dependency asked to be left alone, in milliseconds; `undefined` when it did not ask. By default what an
   * error says as `retryAfterMs`. No attempt is made earlier. Ours, not Resilience4j's.
   */
  readonly retryAfterFunction?: (outcome: RetryOutcome) => number | undefined;
  /**
   * Gives up at once when the dependency asks for a longer wait than this. At least 0; 30 s by default. Ours, not
   * Resilience4j's.
   */
  readonly maxRetryAfterDuration?: Duration;
  /**
   * The name of the retry budget that every further attempt is drawn from; retries that name the same one share it. None
   * by default: retries are limited by `maxAttempts` alone. Ours, not Resilience4j's.
   */
  readonly retryBudget?: string;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface RetryConfig {
  readonly maxAttempts: number;
  /** Not set when one of the interval functions is. */
  readonly waitDuration: number | undefined;
  readonly intervalFunction: IntervalFunction | undefined;
  readonly intervalBiFunction: IntervalBiFunction | undefined;
  readonly retryExceptions: readonly ErrorClass[];
  readonly ignoreExceptions: readonly ErrorClass[];
  readonly retryOnException: ((error: unknown) => boolean) | undefined;
  readonly retryOnResult: ((result: unknown) => boolean) | undefined;
  readonly failAfterMaxAttempts: boolean;
  readonly retryAfterFunction: ((outcome: RetryOutcome) => number | undefined) | undefined;
  readonly maxRetryAfterDuration: number;
  readonly retryBudget: string | undefined;
  readonly eventConsumerBufferSize: number;
}

const defaultWaitMs = 500;

/** They say the same thing, so that at most one of them can hold. */
const waits = ['waitDuration', 'intervalFunction', 'intervalBiFunction'] as const;

/** One source for names, defaults and limits: the resolver, the configuration files and the documentation read it. */
export const retryOptionRules: OptionRules<RetryConfig> = {
  maxAttempts: wholeNumber(3, { min: 1 }),
  waitDuration: replacing(optional(duration(defaultWaitMs, { min: 0 })), ['intervalFunction', 'intervalBiFunction']),
  intervalFunction: replacing(
    optionalFunction<IntervalFunction>('function', 'a function from the attempt (1, 2, …) to milliseconds'),
    ['waitDuration', 'intervalBiFunction'],
  ),
  intervalBiFunction: replacing(
    optionalFunction<IntervalBiFunction>(
      'function',
      'a function from the attempt (1, 2, …) and { error } or { result } to milliseconds',
    ),
    ['waitDuration', 'intervalFunction'],
  ),
  retryExceptions: replacing(errorClasses(), ['retryOnException']),
  ignoreExceptions: errorClasses(),
  retryOnException: optionalFunction('errorPredicate', 'a function from an error to true or false'),
  retryOnResult: optionalFunction('resultPredicate', 'a function from a returned value to true or false'),
  failAfterMaxAttempts: flag(false),
  retryAfterFunction: optionalFunction(
    'function',
    'a function from { error } or { result } to milliseconds or undefined',
  ),
  maxRetryAfterDuration: duration(30_000, { min: 0 }),
  retryBudget: optionalText('the name of a retry budget'),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveRetryOptions(subject: string, options: RetryOptions): RetryConfig {
  const resolved = resolveOptions(subject, retryOptionRules, options, contradictions);
  if (waits.some((option) => resolved[option] !== undefined)) return resolved;
  return Object.freeze({ ...resolved, waitDuration: defaultWaitMs });
}

/** `override` on top of `base`, both as given: what is set wins, and takes away what cannot hold beside it. */
export function mergeRetryOptions(base: RetryOptions, override: RetryOptions): RetryOptions {
  return mergeOptions(retryOptionRules, base, override);
}

/**
 * Whether an error is worth another attempt. Ignored wins over retried. A refusal by another policy (RejectedError) is
 * none: the dependency was not asked, and asking the same policy again would only add to what it protects against.
 */
export function isRetryableError(config: RetryConfig, error: unknown): boolean {
  const { retryExceptions, ignoreExceptions, retryOnException } = config;
  if (error instanceof RejectedError || matchesError(ignoreExceptions, error)) return false;
  if (retryExceptions.length === 0 && retryOnException === undefined) return true;
  return matchesError(retryExceptions, error) || retryOnException?.(error) === true;
}

function contradictions(_config: RetryConfig, isGiven: (option: keyof RetryConfig) => boolean): readonly OptionFault[] {
  const [first, ...others] = waits.filter(isGiven);
  return others.map((option) => ({
    option,
    given: `set beside ${first}`,
    allowed: 'only one of the two, since each says how long to wait',
  }));
}
