import { type ErrorMatcher, isErrorMatcher } from '../error-matcher.ts';
import { type ConfigOf, type EventOptions, type OptionRule, OptionSchema, size } from '../options.ts';
import type { CallContext } from '../policy.ts';

/** Handles calls that fail with certain errors. */
export interface FallbackHandler {
  /** The name in events, which also contain the position in the list. */
  readonly name?: string;
  /** The errors to handle. Every error by default. */
  readonly on?: ErrorMatcher;
  /**
   * Computes the result to return instead, or a promise of it. It must be of the type that the call returns, which a
   * policy cannot check. An error that it throws is passed to the next handler for it.
   */
  readonly handle: (error: unknown, context: CallContext) => unknown;
}

/** The options of a fallback. All are optional. */
export interface FallbackOptions extends EventOptions {
  /** The handlers, in the order in which they are tried. None by default, which changes nothing. */
  readonly handlers?: readonly FallbackHandler[];
}

export const fallbackOptions = new OptionSchema({
  handlers: fallbackHandlers(),
  eventConsumerBufferSize: size(0, { min: 0 }),
});

/** The options resolved: complete, checked, frozen. */
export type FallbackConfig = ConfigOf<typeof fallbackOptions>;

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
