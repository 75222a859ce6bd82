import { ConcurrencyLimitExceededError } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
import { BulkheadFullError } from '../core/bulkhead/bulkhead.errors.ts';
import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { DeadlineExceededError } from '../core/deadline.ts';
import { RejectedError, ResilienceError } from '../core/errors.ts';
import type { ErrorClass } from '../core/options.ts';
import { RateLimitExceededError } from '../core/rate-limiter/rate-limiter.errors.ts';
import { MaxRetriesExceededError } from '../core/retry/retry.errors.ts';
import { TimeoutExceededError } from '../core/time-limiter/time-limiter.errors.ts';

/** Judges an error or a returned value. */
export type Predicate = (value: unknown) => boolean;

/** Error classes by the names that configuration files call them, Java class names included. */
export type ErrorTypes = Readonly<Record<string, ErrorClass>>;

/** Predicates by the names that configuration files call them, Java class names included. */
export type Predicates = Readonly<Record<string, Predicate>>;

/**
 * What every application knows without registering it. What Resilience4j throws stands for what this library throws in its
 * place; with the package, where another class of the same simple name is likely.
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

/** The table of an application with what every application knows; the application's word holds, in whatever form. */
export function withBuiltIn(errorTypes: ErrorTypes = {}): ErrorTypes {
  const known = Object.entries(builtInErrorTypes).filter(([name]) => findByName(name, errorTypes) === undefined);
  return { ...Object.fromEntries(known), ...errorTypes };
}

/**
 * What a name stands for. A Java class name may be written with or without its package, here and in the table, but two
 * different packages stay two different classes.
 */
export function findByName<T>(name: string, table: Readonly<Record<string, T>>): T | undefined {
  if (Object.hasOwn(table, name)) return table[name];
  const simpleName = simpleNameOf(name);
  const key = Object.keys(table).find(
    (known) => simpleNameOf(known) === simpleName && (known === simpleName || name === simpleName),
  );
  return key === undefined ? undefined : table[key];
}

function simpleNameOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('.'), name.lastIndexOf('$')) + 1);
}
