import type { Duration } from '../duration.ts';
import type { OptionFault } from '../errors.ts';
import {
  type ConfigOf,
  duration,
  type EventOptions,
  exclusive,
  optional,
  optionalText,
  OptionSchema,
  percentage,
  size,
  wholeNumber,
} from '../options.ts';

/** The options of a hedge. All are optional. */
export interface HedgeOptions extends EventOptions {
  /**
   * How long an attempt may take before another one is made. At least 0; 2 s by default. Not with `delayPercentile`.
   */
  readonly delay?: Duration;
  /**
   * The delay as a percentile of recent latencies: with 95, about one call in twenty is hedged. Percent, above 0 and at
   * most 100. No call is hedged before `minimumNumberOfCalls` latencies are known.
   */
  readonly delayPercentile?: number;
  /** The number of known latencies from which on `delayPercentile` applies. At least 1; 100 by default. */
  readonly minimumNumberOfCalls?: number;
  /** The number of latest latencies for `delayPercentile`, up to twice as many. From 1 to 10,000,000; 1000 by default. */
  readonly slidingWindowSize?: number;
  /** The attempts that may be made in addition to the first. At least 0, which hedges no call; 1 by default. */
  readonly maxHedgedAttempts?: number;
  /** The name of the retry budget for hedged attempts, shared with other policies that name it. None by default. */
  readonly retryBudget?: string;
}

export const hedgeOptions = new OptionSchema(
  {
    delay: exclusive(duration(2_000, { min: 0 }), ['delayPercentile']),
    delayPercentile: exclusive(optional(percentage(95)), ['delay']),
    minimumNumberOfCalls: wholeNumber(100, { min: 1 }),
    slidingWindowSize: size(1_000, { min: 1 }),
    maxHedgedAttempts: wholeNumber(1, { min: 0 }),
    retryBudget: optionalText('the name of a retry budget'),
    eventConsumerBufferSize: size(0, { min: 0 }),
  },
  {
    faults({ delayPercentile, minimumNumberOfCalls, slidingWindowSize }): readonly OptionFault[] {
      if (delayPercentile === undefined || minimumNumberOfCalls <= slidingWindowSize) return [];
      const allowed = `at most slidingWindowSize, which is ${slidingWindowSize}`;
      return [{ option: 'minimumNumberOfCalls', given: String(minimumNumberOfCalls), allowed }];
    },
  },
);

/** The options resolved: complete, checked, frozen, durations in milliseconds. `delay` or `delayPercentile` is set. */
export type HedgeConfig = ConfigOf<typeof hedgeOptions>;
