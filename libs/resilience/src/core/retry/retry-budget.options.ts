import type { Duration } from '../duration.ts';
import { duration, mergeOptions, type OptionRule, type OptionRules, resolveOptions, wholeNumber } from '../options.ts';

/** The options of a retry budget, with the names and defaults of Linkerd's `retryBudget`. Each may be left out. */
export interface RetryBudgetOptions {
  /** How many retries each call is good for. From 0 to 1000; 0.2 by default, one retry for five calls. */
  readonly retryRatio?: number;
  /** Retries beside those, for a time with few calls: this many for each second of `ttl`. At least 0; 10 by default. */
  readonly minRetriesPerSecond?: number;
  /** How long a call is good for retries, and for how long a retry made is held against the budget. 1 s to 60 s; 10 s by default. */
  readonly ttl?: Duration;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface RetryBudgetConfig {
  readonly retryRatio: number;
  readonly minRetriesPerSecond: number;
  readonly ttl: number;
}

const maxRetryRatio = 1_000;

const retryRatio: OptionRule<number> = {
  kind: 'number',
  defaultValue: 0.2,
  allowed: `a number from 0 to ${maxRetryRatio}`,
  parse: (value) => (typeof value === 'number' && value >= 0 && value <= maxRetryRatio ? value : undefined),
};

/** One source for names, defaults and limits: the resolver, the configuration files and the documentation read it. */
export const retryBudgetOptionRules: OptionRules<RetryBudgetConfig> = {
  retryRatio,
  minRetriesPerSecond: wholeNumber(10, { min: 0 }),
  ttl: duration(10_000, { min: 1_000, max: 60_000 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveRetryBudgetOptions(subject: string, options: RetryBudgetOptions): RetryBudgetConfig {
  return resolveOptions(subject, retryBudgetOptionRules, options);
}

/** `override` on top of `base`, both as given: what is set wins. */
export function mergeRetryBudgetOptions(base: RetryBudgetOptions, override: RetryBudgetOptions): RetryBudgetOptions {
  return mergeOptions(retryBudgetOptionRules, base, override);
}
