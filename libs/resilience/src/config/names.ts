import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import { RejectedError, ResilienceError } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { ErrorClass, OptionKind } from '../core/options.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { MaxRetriesExceededError } from '../core/retry/retry.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';

/** A name in Spring's relaxed binding, where case, dashes and underscores are ignored. */
export function relaxed(name: string): string {
  return name.replaceAll(/[-_]/g, '').toLowerCase();
}

/** The known name that is written here in one of its relaxed forms. */
export function findRelaxed<T extends string>(written: string, known: Iterable<T>): T | undefined {
  const wanted = relaxed(written);
  for (const name of known) if (relaxed(name) === wanted) return name;
  return undefined;
}

/** The known name that a mistyped one most likely means, in any relaxed form. */
export function nearestRelaxed(mistyped: string, known: readonly string[]): string | undefined {
  const nearest = nearestName(relaxed(mistyped), known.map(relaxed));
  return nearest === undefined ? undefined : findRelaxed(nearest, known);
}

/** A camel-case name in the form that was written: `slidingWindowSize`, `sliding-window-size`, `SLIDINGWINDOWSIZE`. */
export function spelledLike(written: string, name: string): string {
  if (written.includes('-')) return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return written === written.toUpperCase() ? name.toUpperCase() : name;
}

/** Tests an error or a returned value. */
export type Predicate = (value: unknown) => boolean;

/** Error classes by their names in configuration files, which may be names of Java classes. */
export type ErrorTypes = Readonly<Record<string, ErrorClass>>;

/** Predicates by their names in configuration files, which may be names of Java classes. */
export type Predicates = Readonly<Record<string, Predicate>>;

/**
 * The error classes that need not be registered. Exceptions of Resilience4j mean the errors that this library throws
 * instead; a name includes the package if another class with the same simple name is likely.
 */
export const builtInErrorTypes: ErrorTypes = {
  Error,
  AggregateError,
  DOMException,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  ResilienceError,
  RejectedError,
  CallNotPermittedError,
  BulkheadFullError,
  ConcurrencyLimitExceededError,
  DeadlineExceededError,
  MaxRetriesExceededError,
  RateLimitExceededError,
  TimeoutExceededError,
  CallNotPermittedException: CallNotPermittedError,
  BulkheadFullException: BulkheadFullError,
  RequestNotPermitted: RateLimitExceededError,
  MaxRetriesExceededException: MaxRetriesExceededError,
  'java.util.concurrent.TimeoutException': TimeoutExceededError,
  'java.lang.Exception': Error,
  'java.lang.Throwable': Error,
};

/** The error classes of an application and the built-in ones; those of the application take precedence, in any form. */
export function withBuiltIn(errorTypes: ErrorTypes = {}): ErrorTypes {
  const known = Object.entries(builtInErrorTypes).filter(([name]) => findByName(name, errorTypes) === undefined);
  return { ...Object.fromEntries(known), ...errorTypes };
}

/**
 * Looks up a name. The name of a Java class may be written with or without its package, here and in the table, but two
 * different packages mean two different classes.
 */
export function findByName<T>(name: string, table: Readonly<Record<string, T>>): T | undefined {
  if (Object.hasOwn(table, name)) return table[name];
  const simpleName = simpleNameOf(name);
  const key = Object.keys(table).find(
    (known) => simpleNameOf(known) === simpleName && (known === simpleName || name === simpleName),
  );
  return key === undefined ? undefined : table[key];
}

/** Finds what names in configuration files mean. */
export interface NameLookup {
  errorType(name: string): ErrorClass | undefined;
  /** @param option the option that the predicate is for, e.g. `ignoreException`, and its kind */
  predicate(name: string, option: string, kind: OptionKind): Predicate | undefined;
  /** The registered names, for messages. */
  readonly registered: { readonly errorTypes: readonly string[]; readonly predicates: readonly string[] };
}

/** Finds names in the tables of an application and among the built-in error types. */
export function namesInTables(errorTypes: ErrorTypes = {}, predicates: Predicates = {}): NameLookup {
  const allErrorTypes = withBuiltIn(errorTypes);
  return {
    errorType: (name) => findByName(name, allErrorTypes),
    predicate: (name) => findByName(name, predicates),
    registered: { errorTypes: Object.keys(allErrorTypes), predicates: Object.keys(predicates) },
  };
}

const identifier = String.raw`[\p{L}_$][\p{L}\p{N}_$]*`;
const javaClassName = new RegExp(String.raw`^(?:${identifier}\.)+\p{Lu}[\p{L}\p{N}_$]*$`, 'u');

/** Whether this is the name of a Java class with its package, such as `java.io.IOException`. */
export function isJavaClassName(name: string): boolean {
  return javaClassName.test(name);
}

const withoutCounterpart = new Map<string, ErrorClass>();

/** A class that stands for a Java class: no error is an instance of it. Always the same for the same name. */
export function classWithoutCounterpart(name: string): ErrorClass {
  let found = withoutCounterpart.get(name);
  if (found === undefined) {
    found = class extends Error {};
    Object.defineProperty(found, 'name', { value: name });
    withoutCounterpart.set(name, found);
  }
  return found;
}

function simpleNameOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
}
