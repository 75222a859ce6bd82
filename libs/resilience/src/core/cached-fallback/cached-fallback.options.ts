import type { Duration } from '../duration.ts';
import { type ErrorMatcher, isErrorMatcher } from '../error-matcher.ts';
import {
  duration,
  mergeOptions,
  type OptionRule,
  type OptionRules,
  optionalFunction,
  resolveOptions,
  wholeNumber,
} from '../options.ts';
import type { CallContext } from '../policy.ts';

/** What a call asks for, as text: calls of the same key may be answered with each other's results. */
export type CacheKey = (context: CallContext) => string | undefined;

/** The options of a cached fallback. Each may be left out. */
export interface CachedFallbackOptions {
  /**
   * The key of a call that comes without one (see `withKey` and `decorate`). None by default, and a call without a key is
   * neither remembered nor answered for: one customer's data must not reach another because a key was forgotten.
   */
  readonly key?: CacheKey;
  /** How many results are remembered; beyond, the one that was least recently used is forgotten. At least 1; 1000 by default. */
  readonly maxEntries?: number;
  /** How old a result may be to be served. Above 0; 5 min by default. */
  readonly staleLimit?: Duration;
  /** The errors that a remembered result may stand in for. Every error by default; a 404, say, is better left out. */
  readonly on?: ErrorMatcher;
  /** Whether a result is worth remembering; say no to one that is a failure in disguise. Every result is by default. */
  readonly rememberResult?: (result: unknown) => boolean;
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen, durations in milliseconds. */
export interface CachedFallbackConfig {
  readonly key: CacheKey | undefined;
  readonly maxEntries: number;
  readonly staleLimit: number;
  readonly on: ErrorMatcher | undefined;
  readonly rememberResult: ((result: unknown) => boolean) | undefined;
  readonly eventConsumerBufferSize: number;
}

export const cachedFallbackOptionRules: OptionRules<CachedFallbackConfig> = {
  key: optionalFunction('function', 'a function from the context of a call to its key'),
  maxEntries: wholeNumber(1_000, { min: 1 }),
  staleLimit: duration(300_000, { above: 0 }),
  on: errorMatcher(),
  rememberResult: optionalFunction('resultPredicate', 'a function from a returned value to true or false'),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveCachedFallbackOptions(subject: string, options: CachedFallbackOptions): CachedFallbackConfig {
  return resolveOptions(subject, cachedFallbackOptionRules, options);
}

/** `override` on top of `base`, both as given. */
export function mergeCachedFallbackOptions(
  base: CachedFallbackOptions,
  override: CachedFallbackOptions,
): CachedFallbackOptions {
  return mergeOptions(cachedFallbackOptionRules, base, override);
}

function errorMatcher(): OptionRule<ErrorMatcher | undefined> {
  const parse = (value: unknown) => {
    if (!isErrorMatcher(value)) return undefined;
    return typeof value === 'function' ? value : Object.freeze([...value]);
  };
  return {
    kind: 'errorPredicate',
    defaultValue: undefined,
    allowed: 'an error class, a list of them or a predicate',
    parse,
  };
}
