import type { ErrorClass, OptionRule } from './options.ts';

/** Selects errors: by a class or several classes, including subclasses, or by a predicate. */
export type ErrorMatcher = ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean);

/** Whether a matcher selects the error; without a matcher every error is selected. */
export function matchesError(matcher: ErrorMatcher | undefined, error: unknown): boolean {
  if (matcher === undefined) return true;
  if (typeof matcher !== 'function') return matcher.some((errorClass) => error instanceof errorClass);
  return isClass(matcher) ? error instanceof matcher : matcher(error);
}

/** Whether a value can be used as a matcher. */
export function isErrorMatcher(value: unknown): value is ErrorMatcher {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === 'function' && isClass(entry));
  return typeof value === 'function';
}

/** An option that selects errors; `undefined`, which selects every error, by default. */
export function errorMatcher(): OptionRule<ErrorMatcher | undefined> {
  const parse = (value: unknown) => {
    if (!isErrorMatcher(value)) return undefined;
    return typeof value === 'function' ? value : Object.freeze([...value]);
  };
  const allowed = 'an error class, a list of them or a predicate';
  return { kind: 'errorPredicate', defaultValue: undefined, allowed, parse };
}

/**
 * Distinguishes a class from a predicate. The prototype of a class cannot be replaced; that of a plain function can,
 * and an arrow function has none. A constructor function is an error class if its prototype inherits from Error.
 */
function isClass(value: object): value is ErrorClass {
  const prototype = Object.getOwnPropertyDescriptor(value, 'prototype');
  return prototype !== undefined && (prototype.writable === false || prototype.value instanceof Error);
}
