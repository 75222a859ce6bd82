import { CallNotPermittedError } from '../core/circuit-breaker/circuit-breaker.errors.ts';
import { RejectedError, ResilienceError } from '../core/errors.ts';
import type { ErrorClass } from '../core/options.ts';

/** Judges an error or a returned value. */
export type Predicate = (value: unknown) => boolean;

/** Error classes by the names that configuration files call them, Java class names included. */
export type ErrorTypes = Readonly<Record<string, ErrorClass>>;

/** Predicates by the names that configuration files call them, Java class names included. */
export type Predicates = Readonly<Record<string, Predicate>>;

/** What every application knows without registering it. */
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
  CallNotPermittedException: CallNotPermittedError,
};

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
