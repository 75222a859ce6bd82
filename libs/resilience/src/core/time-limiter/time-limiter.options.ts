import type { Duration } from '../duration.ts';
import { type ConfigOf, duration, type EventOptions, flag, OptionSchema, size } from '../options.ts';

/** Resilience4j's options of a time limiter, with its names and defaults. All are optional. */
export interface TimeLimiterOptions extends EventOptions {
  /** How long a call may take, including all policies inside this one. Above 0; 1 s by default. */
  readonly timeoutDuration?: Duration;
  /** Aborts the signal of a call that takes too long, so that its work ends as well. True by default. */
  readonly cancelRunningFuture?: boolean;
}

export const timeLimiterOptions = timeLimitOptions(1_000);

/** The options of a total deadline. All are optional. */
export interface TotalDeadlineOptions extends EventOptions {
  /** How long a call may take with all its attempts and the waits between them. Above 0; 30 s by default. */
  readonly timeoutDuration?: Duration;
  /** Aborts the signal of a call that takes too long, so that its work ends as well. True by default. */
  readonly cancelRunningFuture?: boolean;
}

export const totalDeadlineOptions = timeLimitOptions(30_000);

function timeLimitOptions(defaultTimeoutMs: number) {
  return new OptionSchema({
    timeoutDuration: duration(defaultTimeoutMs, { above: 0 }),
    cancelRunningFuture: flag(true),
    eventConsumerBufferSize: size(0, { min: 0 }),
  });
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type TimeLimiterConfig = ConfigOf<typeof timeLimiterOptions>;
