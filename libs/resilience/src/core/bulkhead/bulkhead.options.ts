import type { Duration } from '../duration.ts';
import { duration, type OptionRules, resolveOptions, wholeNumber } from '../options.ts';

/** Resilience4j's options of a semaphore bulkhead, with its names and defaults. Each may be left out. */
export interface BulkheadOptions {
  /** How many calls may be under way at once. At least 0, which admits none; 25 by default. */
  readonly maxConcurrentCalls?: number;
  /** How long a call waits for a place at most. At least 0, which does not wait; 0 by default. */
  readonly maxWaitDuration?: Duration;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface BulkheadConfig {
  readonly maxConcurrentCalls: number;
  readonly maxWaitDuration: number;
  readonly eventConsumerBufferSize: number;
}

export const bulkheadOptionRules: OptionRules<BulkheadConfig> = {
  maxConcurrentCalls: wholeNumber(25, { min: 0 }),
  maxWaitDuration: duration(0, { min: 0 }),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveBulkheadOptions(subject: string, options: BulkheadOptions): BulkheadConfig {
  return resolveOptions(subject, bulkheadOptionRules, options);
}
