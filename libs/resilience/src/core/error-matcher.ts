import type { ErrorClass } from './options.ts';

/** Which errors are meant: those of a class or of one of several classes, subclasses included, or by a predicate. */
export type ErrorMatcher = ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean);

/** Whether the error is one of those meant; without a matcher every error is. */
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

/**
 * Tells a class from a predicate. The prototype of a class, one of the language included, cannot be replaced; that of a
 * plain function can, and an arrow function has none. An error "class" of the time before classes is one by its ancestors.
 */
function isClass(value: object): value is ErrorClass {
  const prototype = Object.getOwnPropertyDescriptor(value, 'prototype');
  return prototype !== undefined && (prototype.writable === false || prototype.value instanceof Error);
}
