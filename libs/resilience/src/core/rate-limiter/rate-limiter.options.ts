import type { Duration } from '../duration.ts';
import { type ConfigOf, duration, type EventOptions, OptionSchema, size, wholeNumber } from '../options.ts';

/** Resilience4j's options of a rate limiter, with its names and defaults. All are optional. */
export interface RateLimiterOptions extends EventOptions {
  /** The permits in each period. At least 1; 50 by default. */
  readonly limitForPeriod?: number;
  /** The length of a period. At least 1 ns; 500 ns by default. */
  readonly limitRefreshPeriod?: Duration;
  /** How long a call may wait for a permit. At least 0; 5 s by default. */
  readonly timeoutDuration?: Duration;
}

const nanosecond = 1e-6;

export const rateLimiterOptions = new OptionSchema({
  limitForPeriod: wholeNumber(50, { min: 1 }),
  limitRefreshPeriod: duration(500 * nanosecond, { min: nanosecond }),
  timeoutDuration: duration(5_000, { min: 0 }),
  eventConsumerBufferSize: size(0, { min: 0 }),
});

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type RateLimiterConfig = ConfigOf<typeof rateLimiterOptions>;
