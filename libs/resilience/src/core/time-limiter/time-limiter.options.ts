import type { Duration } from '../duration.ts';
import { duration, flag, type OptionRules, resolveOptions, wholeNumber } from '../options.ts';

/** Resilience4j's options of a time limiter, with its names and defaults. Each may be left out. */
export interface TimeLimiterOptions {
  /** How long a call may take, everything inside this policy included. Above 0; 1 s by default. */
  readonly timeoutDuration?: Duration;
  /** Aborts the signal of a call that takes too long, so that its work ends as well. True by default. */
  readonly cancelRunningFuture?: boolean;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface TimeLimiterConfig {
  readonly timeoutDuration: number;
  readonly cancelRunningFuture: boolean;
  readonly eventConsumerBufferSize: number;
}

export const timeLimiterOptionRules: OptionRules<TimeLimiterConfig> = {
  timeoutDuration: duration(1_000, { above: 0 }),
  cancelRunningFuture: flag(true),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveTimeLimiterOptions(subject: string, options: TimeLimiterOptions): TimeLimiterConfig {
  return resolveOptions(subject, timeLimiterOptionRules, options);
}
