import type { Duration } from '../duration.ts';
import type { OptionFault } from '../errors.ts';
import type { IntervalFunction } from '../interval-function.ts';
import {
  duration,
  type ErrorClass,
  errorClasses,
  flag,
  type OptionRules,
  optional,
  optionalFunction,
  replacing,
  resolveOptions,
  wholeNumber,
} from '../options.ts';

/** Resilience4j's options of a retry, with its names and defaults. Each may be left out. */
export interface RetryOptions {
  /** How often the call is made at most, the first time included. At least 1; 3 by default. */
  readonly maxAttempts?: number;
  /** The wait between two attempts. At least 0; 500 ms by default. Not together with `intervalFunction`. */
  readonly waitDuration?: Duration;
  /** The wait in milliseconds after the given number of attempts (from 1). */
  readonly intervalFunction?: IntervalFunction;
  /** Errors to retry, subclasses included. None given and no `retryOnException`: every error. */
  readonly retryExceptions?: readonly ErrorClass[];
  /** Errors never to retry. They win over `retryExceptions`. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether to retry an error, beside `retryExceptions`. */
  readonly retryOnException?: (error: unknown) => boolean;
  /** Whether to retry a returned value. None by default. */
  readonly retryOnResult?: (result: unknown) => boolean;
  /** Throws when the last attempt still returns a value that `retryOnResult` rejects. False by default. */
  readonly failAfterMaxAttempts?: boolean;
  /** How many of the last events `bufferedEvents` keeps; 0 keeps none. 100 by default. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface RetryConfig {
  readonly maxAttempts: number;
  /** Not set when `intervalFunction` is. */
  readonly waitDuration: number | undefined;
  readonly intervalFunction: IntervalFunction | undefined;
  readonly retryExceptions: readonly ErrorClass[];
  readonly ignoreExceptions: readonly ErrorClass[];
  readonly retryOnException: ((error: unknown) => boolean) | undefined;
  readonly retryOnResult: ((result: unknown) => boolean) | undefined;
  readonly failAfterMaxAttempts: boolean;
  readonly eventConsumerBufferSize: number;
}

const defaultWaitMs = 500;

export const retryOptionRules: OptionRules<RetryConfig> = {
  maxAttempts: wholeNumber(3, { min: 1 }),
  waitDuration: replacing(optional(duration(defaultWaitMs, { min: 0 })), ['intervalFunction']),
  intervalFunction: replacing(
    optionalFunction<IntervalFunction>('function', 'a function from the attempt (1, 2, …) to milliseconds'),
    ['waitDuration'],
  ),
  retryExceptions: replacing(errorClasses(), ['retryOnException']),
  ignoreExceptions: errorClasses(),
  retryOnException: optionalFunction('errorPredicate', 'a function from an error to true or false'),
  retryOnResult: optionalFunction('resultPredicate', 'a function from a returned value to true or false'),
  failAfterMaxAttempts: flag(false),
  eventConsumerBufferSize: wholeNumber(100, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveRetryOptions(subject: string, options: RetryOptions): RetryConfig {
  const resolved = resolveOptions(subject, retryOptionRules, options, contradictions);
  if (resolved.intervalFunction !== undefined || resolved.waitDuration !== undefined) return resolved;
  return Object.freeze({ ...resolved, waitDuration: defaultWaitMs });
}

function contradictions(_config: RetryConfig, isGiven: (option: keyof RetryConfig) => boolean): readonly OptionFault[] {
  return isGiven('waitDuration') && isGiven('intervalFunction')
    ? [
        {
          option: 'intervalFunction',
          given: 'set beside waitDuration',
          allowed: 'only one of the two, since each says how long to wait',
        },
      ]
    : [];
}
