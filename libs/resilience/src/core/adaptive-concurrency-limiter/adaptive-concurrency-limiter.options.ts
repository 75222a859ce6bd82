import type { Duration } from '../duration.ts';
import { matchesClasses } from '../error-matcher.ts';
import type { OptionFault } from '../errors.ts';
import {
  choice,
  type ConfigOf,
  decimal,
  duration,
  type ErrorClass,
  errorClasses,
  errorPredicate,
  type EventOptions,
  OptionSchema,
  size,
  wholeNumber,
} from '../options.ts';
import type { UserFunctions } from '../user-function.ts';

/** How the limit is adapted: by drops alone, or by the latency of calls. */
export type LimitAlgorithmName = 'AIMD' | 'GRADIENT';

/** The options of an adaptive concurrency limiter, with Netflix's names. All are optional. */
export interface AdaptiveConcurrencyLimiterOptions extends EventOptions {
  /**
   * `GRADIENT` by default, which detects a queue before calls fail. `AIMD` only detects drops, so it needs a dependency
   * that refuses calls when it is full, or a `timeout` close to the latency.
   */
  readonly algorithm?: LimitAlgorithmName;
  /** The most calls in flight at the start. From `minLimit` to `maxLimit`; 20 by default. */
  readonly initialLimit?: number;
  /** The lower bound of the limit. At least 1; 1 by default. */
  readonly minLimit?: number;
  /** The upper bound of the limit. At least 1; 200 by default. */
  readonly maxLimit?: number;
  /**
   * The factor of the limit after a drop (AIMD) or after all calls were dropped (GRADIENT). From 0.5, below 1; 0.9 by
   * default.
   */
  readonly backoffRatio?: number;
  /** AIMD: a call that takes longer counts as a drop. Above 0; 5 s by default. */
  readonly timeout?: Duration;
  /** GRADIENT: the weight of a new estimate of the limit. Above 0 and at most 1; 0.2 by default. */
  readonly smoothing?: number;
  /**
   * GRADIENT: the ratio of latency to latency without load up to which the limit does not fall. At least 1; 1.5 by
   * default.
   */
  readonly rttTolerance?: number;
  /**
   * GRADIENT: the number of calls after which the latency without load is measured again. At least 10; 600 by default.
   */
  readonly longWindow?: number;
  /** GRADIENT: the calls that may queue at the dependency, so that the limit can rise. At least 1; 4 by default. */
  readonly queueSize?: number;
  /** Errors that are no evidence of load (e.g. a 404), including subclasses. None by default. */
  readonly ignoreExceptions?: readonly ErrorClass[];
  /** Whether an error is no evidence of load, in addition to `ignoreExceptions`. */
  readonly ignoreException?: (error: unknown) => boolean;
}

export const adaptiveConcurrencyLimiterOptions = new OptionSchema(
  {
    algorithm: choice<LimitAlgorithmName>('GRADIENT', ['AIMD', 'GRADIENT']),
    initialLimit: wholeNumber(20, { min: 1 }),
    minLimit: wholeNumber(1, { min: 1 }),
    maxLimit: wholeNumber(200, { min: 1 }),
    backoffRatio: decimal(0.9, { min: 0.5, below: 1 }),
    timeout: duration(5_000, { above: 0 }),
    smoothing: decimal(0.2, { above: 0, max: 1 }),
    rttTolerance: decimal(1.5, { min: 1 }),
    longWindow: wholeNumber(600, { min: 10 }),
    queueSize: wholeNumber(4, { min: 1 }),
    ignoreExceptions: errorClasses(),
    ignoreException: errorPredicate(),
    eventConsumerBufferSize: size(0, { min: 0 }),
  },
  {
    faults({ initialLimit, minLimit, maxLimit }): readonly OptionFault[] {
      if (minLimit > maxLimit) {
        return [{ option: 'minLimit', given: String(minLimit), allowed: `at most maxLimit, which is ${maxLimit}` }];
      }
      if (initialLimit >= minLimit && initialLimit <= maxLimit) return [];
      const allowed = `from minLimit (${minLimit}) to maxLimit (${maxLimit})`;
      return [{ option: 'initialLimit', given: String(initialLimit), allowed }];
    },
  },
);

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type AdaptiveConcurrencyLimiterConfig = ConfigOf<typeof adaptiveConcurrencyLimiterOptions>;

/** Whether an error is no evidence of the dependency's load. */
export function isIgnored(
  { ignoreExceptions, ignoreException }: AdaptiveConcurrencyLimiterConfig,
  error: unknown,
  functions: UserFunctions,
): boolean {
  if (matchesClasses(ignoreExceptions, error)) return true;
  return functions.test('ignoreException', ignoreException, error) === true;
}
