import type { Duration } from '../duration.ts';
import { type ConfigOf, duration, type EventOptions, optional, OptionSchema, size, wholeNumber } from '../options.ts';

/** Resilience4j's options of a semaphore bulkhead, with its names and defaults, and one more. All are optional. */
export interface BulkheadOptions extends EventOptions {
  /** The most calls in flight. At least 0, which refuses every call; 25 by default. */
  readonly maxConcurrentCalls?: number;
  /** How long a call may wait for a permit. At least 0, which does not wait; 0 by default. */
  readonly maxWaitDuration?: Duration;
  /**
   * The most calls that may wait for a permit; a further call is refused at once. At least 0; no limit by default. Not an
   * option of Resilience4j's semaphore bulkhead.
   */
  readonly queueCapacity?: number;
}

export const bulkheadOptions = new OptionSchema({
  maxConcurrentCalls: wholeNumber(25, { min: 0 }),
  maxWaitDuration: duration(0, { min: 0 }),
  queueCapacity: optional(wholeNumber(0, { min: 0 })),
  eventConsumerBufferSize: size(0, { min: 0 }),
});

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type BulkheadConfig = ConfigOf<typeof bulkheadOptions>;
