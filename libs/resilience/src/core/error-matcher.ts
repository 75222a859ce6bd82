import type { ErrorClass, OptionRule } from './options.ts';

/** Selects errors: by a class or several classes, including subclasses, or by a predicate. */
export type ErrorMatcher = ErrorClass | readonly ErrorClass[] | ((error: unknown) => boolean);

/** Whether the error is an instance of one of the classes. */
export function matchesClasses(errorClasses: readonly ErrorClass[], error: unknown): boolean {
  return errorClasses.some((errorClass) => isInstanceOf(error, errorClass));
}

/**
 * `instanceof`, also for built-in error classes of another realm. A test in jest runs in a realm of its own: there an
 * error that Node.js throws is no instance of the test's `TypeError`.
 */
export function isInstanceOf(error: unknown, errorClass: ErrorClass): boolean {
  try {
    if (error instanceof errorClass) return true;
    if (builtInNameOf(errorClass) === undefined) return false;
    for (const each of prototypesOf(error)) if (isPrototypeOf(errorClass, each)) return true;
    return false;
  } catch {
    // A `Symbol.hasInstance` or a proxy of the application threw, which must not replace the error of the call.
    return false;
  }
}

/** Whether a value is an error, of any realm. */
export function isError(value: unknown): value is Error {
  return isInstanceOf(value, Error);
}

/** The number of prototypes between an error and the class; infinite if the error is no instance of the class. */
export function distanceBetween(error: unknown, errorClass: ErrorClass): number {
  if (!isInstanceOf(error, errorClass)) return Number.POSITIVE_INFINITY;
  const prototypes = prototypesOf(error);
  const distance = prototypes.findIndex((prototype) => isPrototypeOf(errorClass, prototype));
  // A class with `Symbol.hasInstance` need not be among the prototypes.
  return distance < 0 ? prototypes.length : distance;
}

/** Whether a matcher is a predicate, and neither a class nor a list of them. */
export function isPredicate(matcher: ErrorMatcher): matcher is (error: unknown) => boolean {
  return typeof matcher === 'function' && !isClass(matcher);
}

/** Whether a matcher selects the error; without a matcher every error is selected. */
export function matchesError(matcher: ErrorMatcher | undefined, error: unknown): boolean {
  if (matcher === undefined) return true;
  if (isPredicate(matcher)) return matcher(error);
  return matchesClasses(typeof matcher === 'function' ? [matcher] : matcher, error);
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
  return prototype !== undefined && (prototype.writable === false || isInstanceOf(prototype.value, Error));
}

const builtInNames: ReadonlySet<string> = new Set([
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'DOMException',
]);

/** Whether a function with the name of a built-in error class is one. Its source text is costly to get. */
const builtInClasses = new WeakMap<CallableFunction, boolean>();

/** The name of a built-in error class, of any realm; `undefined` for any other value. */
function builtInNameOf(value: unknown): string | undefined {
  if (typeof value !== 'function' || !builtInNames.has(value.name)) return undefined;
  let isBuiltIn = builtInClasses.get(value);
  if (isBuiltIn === undefined) {
    // A class of the application may have the name of a built-in one. Node.js implements DOMException in JavaScript.
    isBuiltIn = value.name === 'DOMException' || Function.prototype.toString.call(value).includes('[native code]');
    builtInClasses.set(value, isBuiltIn);
  }
  return isBuiltIn ? value.name : undefined;
}

/** Whether this is the prototype of the class, or of the built-in class with its name in another realm. */
function isPrototypeOf(errorClass: ErrorClass, prototype: object): boolean {
  if (prototype === errorClass.prototype) return true;
  const builtInName = builtInNameOf(errorClass);
  return builtInName !== undefined && builtInNameOf(constructorOf(prototype)) === builtInName;
}

function prototypesOf(value: unknown): readonly object[] {
  const prototypes: object[] = [];
  let current: unknown = value;
  while (typeof current === 'object' && current !== null) {
    current = Object.getPrototypeOf(current);
    if (typeof current === 'object' && current !== null) prototypes.push(current);
  }
  return prototypes;
}

function constructorOf(prototype: object): unknown {
  return Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
}
