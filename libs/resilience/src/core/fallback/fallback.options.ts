import { type ErrorMatcher, isErrorMatcher } from '../error-matcher.ts';
import { mergeOptions, type OptionRule, type OptionRules, resolveOptions, wholeNumber } from '../options.ts';
import type { CallContext } from '../policy.ts';

/** Takes over from calls that fail with certain errors. */
export interface FallbackHandler {
  /** What it is called in events; its place in the list is told beside it. */
  readonly name?: string;
  /** The errors that it takes over from. Every error by default. */
  readonly on?: ErrorMatcher;
  /**
   * What is returned instead: of the type that the call returns, which a policy cannot check. May be a promise. If it
   * throws, what it throws goes to the next handler that takes it.
   */
  readonly handle: (error: unknown, context: CallContext) => unknown;
}

/** The options of a fallback. Each may be left out. */
export interface FallbackOptions {
  /** What takes over, tried in the order written. None by default, which changes nothing. */
  readonly handlers?: readonly FallbackHandler[];
  /** How many of the last events `bufferedEvents` keeps. 0, the default, keeps none; `ResilienceModule` keeps 100. */
  readonly eventConsumerBufferSize?: number;
}

/** The options resolved: complete, checked, frozen. */
export interface FallbackConfig {
  readonly handlers: readonly FallbackHandler[];
  readonly eventConsumerBufferSize: number;
}

export const fallbackOptionRules: OptionRules<FallbackConfig> = {
  handlers: fallbackHandlers(),
  eventConsumerBufferSize: wholeNumber(0, { min: 0 }),
};

/**
 * Copies, defaults, checks as a whole and freezes.
 *
 * @param subject whose options these are, for the error
 * @throws InvalidOptionsError listing every fault
 */
export function resolveFallbackOptions(subject: string, options: FallbackOptions): FallbackConfig {
  return resolveOptions(subject, fallbackOptionRules, options);
}

/** `override` on top of `base`, both as given. */
export function mergeFallbackOptions(base: FallbackOptions, override: FallbackOptions): FallbackOptions {
  return mergeOptions(fallbackOptionRules, base, override);
}

function fallbackHandlers(): OptionRule<readonly FallbackHandler[]> {
  const parse = (value: unknown) =>
    Array.isArray(value) && value.every(isHandler) ? Object.freeze([...value]) : undefined;
  const allowed = 'a list of { on?: an error class, a list of them or a predicate, handle: a function }';
  return { kind: 'function', defaultValue: [], allowed, parse };
}

function isHandler(value: unknown): value is FallbackHandler {
  if (typeof value !== 'object' || value === null) return false;
  const { on, handle } = value as Partial<FallbackHandler>;
  return typeof handle === 'function' && (on === undefined || isErrorMatcher(on));
}
