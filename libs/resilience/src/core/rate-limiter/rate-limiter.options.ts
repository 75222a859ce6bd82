import type { Duration } from '../duration.ts';
import { duration, type OptionRules, resolveOptions, wholeNumber } from '../options.ts';

/** Resilience4j's options of a rate limiter, with its names and defaults. Each may be left out. */
export interface RateLimiterOptions {
  /** How many permissions each period brings. At least 1; 50 by default. */
  readonly limitForPeriod?: number;
  /** How long a period is. At least 1 ns; 500 ns by default. */
  readonly limitRefreshPeriod?: Duration;
  /** How long a call waits for a permission at most. At least 0; 5 s by default. */
  readonly timeoutDuration?: Duration;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface RateLimiterConfig {
  readonly limitForPeriod: number;
  readonly limitRefreshPeriod: number;
  readonly timeoutDuration: number;
  readonly eventConsumerBufferSize: number;
}

const nanosecond = 1e-6;

export const rateLimiterOptionRules: OptionRules<RateLimiterConfig> = {
  limitForPeriod: wholeNumber(50, { min: 1 }),
  limitRefreshPeriod: duration(500 * nanosecond, { min: nanosecond }),
  timeoutDuration: duration(5_000, { min: 0 }),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveRateLimiterOptions(subject: string, options: RateLimiterOptions): RateLimiterConfig {
  return resolveOptions(subject, rateLimiterOptionRules, options);
}
