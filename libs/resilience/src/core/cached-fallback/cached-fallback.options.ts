import type { Duration } from '../duration.ts';
import { type ErrorMatcher, errorMatcher } from '../error-matcher.ts';
import {
  type ConfigOf,
  duration,
  type EventOptions,
  optionalFunction,
  OptionSchema,
  resultPredicate,
  size,
} from '../options.ts';
import type { CallContext } from '../policy.ts';

/** Computes the key of a call. A failed call may get the result of an earlier call with the same key. */
export type CacheKey = (context: CallContext) => string | undefined;

/** The options of a cached fallback. All are optional. */
export interface CachedFallbackOptions extends EventOptions {
  /**
   * The key of a call that has none (see `withKey` and `decorate`). None by default. The result of a call without a key
   * is neither stored nor replaced, so that a forgotten key cannot expose the data of one customer to another.
   */
  readonly key?: CacheKey;
  /** The most results stored; the least recently used one is dropped. From 1 to 10,000,000; 1000 by default. */
  readonly maxEntries?: number;
  /** The age up to which a stale value is served. Above 0; 5 min by default. */
  readonly staleLimit?: Duration;
  /** The errors for which a stale value is served, e.g. all but a 404. Every error by default. */
  readonly on?: ErrorMatcher;
  /** Whether to store a result; return false for one that describes a failure. Every result is stored by default. */
  readonly rememberResult?: (result: unknown) => boolean;
}

export const cachedFallbackOptions = new OptionSchema({
  key: optionalFunction<CacheKey>('a function from the context of a call to its key'),
  maxEntries: size(1_000, { min: 1 }),
  staleLimit: duration(300_000, { above: 0 }),
  on: errorMatcher(),
  rememberResult: resultPredicate(),
  eventConsumerBufferSize: size(0, { min: 0 }),
});

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export type CachedFallbackConfig = ConfigOf<typeof cachedFallbackOptions>;
