import type { Duration } from '../duration.ts';
import { matchesError } from '../error-matcher.ts';
import type { OptionFault } from '../errors.ts';
import {
  choice,
  duration,
  type ErrorClass,
  errorClasses,
  mergeOptions,
  type OptionRule,
  type OptionRules,
  optionalFunction,
  resolveOptions,
  wholeNumber,
} from '../options.ts';

/** How the limit is found: by drops alone, or by how long calls take. */
export type LimitAlgorithmName = 'AIMD' | 'GRADIENT';

/** The options of an adaptive concurrency limiter, with Netflix's names. Each may be left out. */
export interface AdaptiveConcurrencyLimiterOptions {
  /**
   * `GRADIENT` by default, which sees a queue grow before calls fail. `AIMD` only sees drops, so it needs a dependency
   * that refuses when it is full, or a `timeout` near to how long a call takes.
   */
  readonly algorithm?: LimitAlgorithmName;
  /** How many calls may be under way at once before anything is known. From `minLimit` to `maxLimit`; 20 by default. */
  readonly initialLimit?: number;
  /** What the limit never falls below. At least 1; 1 by default. */
  readonly minLimit?: number;
  /** What the limit never rises above. At least 1; 200 by default. */
  readonly maxLimit?: number;
  /** What is left of the limit after drops: one for AIMD, all calls dropped for GRADIENT. From 0.5, below 1; 0.9 by default. */
  readonly backoffRatio?: number;
  /** AIMD: a call that takes longer counts as a drop. Above 0; 5 s by default. */
  readonly timeout?: Duration;
  /** GRADIENT: how far the limit goes to a new estimate at once. Above 0, and 1 is all the way; 0.2 by default. */
  readonly smoothing?: number;
  /** GRADIENT: how many times its time without load a call may take before the limit falls. At least 1; 1.5 by default. */
  readonly rttTolerance?: number;
  /** GRADIENT: after how many calls the time without load is measured anew. At least 10; 600 by default. */
  readonly longWindow?: number;
  /** GRADIENT: how many calls may wait at the dependency. At least 1, or the limit could not rise; 4 by default. */
  readonly queueSize?: number;
  /** Errors that say nothing about load (e.g. a 404), subclasses included: such a call teaches nothing. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether an error says nothing about load, beside `ignoreExceptions`. */
  readonly ignoreException?: (error: unknown) => boolean;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface AdaptiveConcurrencyLimiterConfig {
  readonly algorithm: LimitAlgorithmName;
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  readonly backoffRatio: number;
  readonly timeout: number;
  readonly smoothing: number;
  readonly rttTolerance: number;
  readonly longWindow: number;
  readonly queueSize: number;
  readonly ignoreExceptions: readonly ErrorClass[];
  readonly ignoreException: ((error: unknown) => boolean) | undefined;
  readonly eventConsumerBufferSize: number;
}

export const adaptiveConcurrencyLimiterOptionRules: OptionRules<AdaptiveConcurrencyLimiterConfig> = {
  algorithm: choice('GRADIENT', ['AIMD', 'GRADIENT']),
  initialLimit: wholeNumber(20, { min: 1 }),
  minLimit: wholeNumber(1, { min: 1 }),
  maxLimit: wholeNumber(200, { min: 1 }),
  backoffRatio: ratio(0.9, 'of at least 0.5 and below 1', (value) => value >= 0.5 && value < 1),
  timeout: duration(5_000, { above: 0 }),
  smoothing: ratio(0.2, 'above 0 and at most 1', (value) => value > 0 && value <= 1),
  rttTolerance: ratio(1.5, 'of at least 1', (value) => value >= 1),
  longWindow: wholeNumber(600, { min: 10 }),
  queueSize: wholeNumber(4, { min: 1 }),
  ignoreExceptions: errorClasses(),
  ignoreException: optionalFunction('errorPredicate', 'a function from an error to true or false'),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveAdaptiveConcurrencyLimiterOptions(
  subject: string,
  options: AdaptiveConcurrencyLimiterOptions,
): AdaptiveConcurrencyLimiterConfig {
  return resolveOptions(subject, adaptiveConcurrencyLimiterOptionRules, options, contradictions);
}

/** `override` on top of `base`, both as given. */
export function mergeAdaptiveConcurrencyLimiterOptions(
  base: AdaptiveConcurrencyLimiterOptions,
  override: AdaptiveConcurrencyLimiterOptions,
): AdaptiveConcurrencyLimiterOptions {
  return mergeOptions(adaptiveConcurrencyLimiterOptionRules, base, override);
}

/** Whether an error says nothing about the load of the dependency. */
export function isIgnored(config: AdaptiveConcurrencyLimiterConfig, error: unknown): boolean {
  return matchesError(config.ignoreExceptions, error) || config.ignoreException?.(error) === true;
}

function contradictions(config: AdaptiveConcurrencyLimiterConfig): readonly OptionFault[] {
  const { initialLimit, minLimit, maxLimit } = config;
  if (minLimit > maxLimit) {
    return [{ option: 'minLimit', given: String(minLimit), allowed: `at most maxLimit, which is ${maxLimit}` }];
  }
  if (initialLimit >= minLimit && initialLimit <= maxLimit) return [];
  const allowed = `from minLimit (${minLimit}) to maxLimit (${maxLimit})`;
  return [{ option: 'initialLimit', given: String(initialLimit), allowed }];
}

function ratio(defaultValue: number, range: string, isWithin: (value: number) => boolean): OptionRule<number> {
  const parse = (value: unknown) =>
    typeof value === 'number' && Number.isFinite(value) && isWithin(value) ? value : undefined;
  return { kind: 'number', defaultValue, allowed: `a number ${range}`, parse };
}
