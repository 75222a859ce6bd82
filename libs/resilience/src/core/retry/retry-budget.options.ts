import type { Duration } from '../duration.ts';
import { type ConfigOf, decimal, duration, OptionSchema, wholeNumber } from '../options.ts';

/** The options of a retry budget, with the names and defaults of Linkerd's `retryBudget`. All are optional. */
export interface RetryBudgetOptions {
  /**
   * The number of retries that each call adds to the budget. From 0 to 1000; 0.2 by default: one retry for five calls.
   */
  readonly retryRatio?: number;
  /** Additional retries for each second of `ttl`, so that few calls can be retried too. At least 0; 10 by default. */
  readonly minRetriesPerSecond?: number;
  /** How long calls and retries count. From 1 s to 60 s; 10 s by default. */
  readonly ttl?: Duration;
}

export const retryBudgetOptions = new OptionSchema({
  retryRatio: decimal(0.2, { min: 0, max: 1_000 }),
  minRetriesPerSecond: wholeNumber(10, { min: 0 }),
  ttl: duration(10_000, { min: 1_000, max: 60_000 }),
});

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type RetryBudgetConfig = ConfigOf<typeof retryBudgetOptions>;
