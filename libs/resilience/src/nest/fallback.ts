import type { Observable } from 'rxjs';
import { distanceBetween, type ErrorMatcher, isPredicate } from '../core/error-matcher.ts';
import type { ErrorClass } from '../core/options.ts';
import { UserFunctions } from '../core/user-function.ts';

/** A method that replaces a call which is refused or fails. */
export interface FallbackForErrors {
  /** The name of a method of the same class. */
  readonly method: string;
  /**
   * The errors: classes, including their subclasses, or a predicate such as `isUnavailable`, which applies to errors that
   * no class of another fallback matches. Every error by default.
   */
  readonly on?: ErrorMatcher;
  /** Only the error (`'error'`). By default, the arguments of the call, followed by the error. */
  readonly arguments?: 'error';
}

/** A fallback for every error, by the name of its method, or a fallback with details. */
export type FallbackMethod = string | FallbackForErrors;

/** A fallback written as a function of the option `fallback`, for a method of any type. */
export type FallbackFunction = (self: never, error: unknown, ...args: never) => unknown;

/** What a method under a fallback function may return; the compiler keeps literal types such as `'unknown'`. */
export type FallbackResult = string | number | bigint | boolean | symbol | object | null | undefined | void;

/**
 * The decorator of a method. With a fallback function, it does not compile if the class, the parameters or the result of
 * the method do not fit the function. Without one, `A` is `never`.
 */
export type PolicyMethodDecorator<S, A extends unknown[], R> = [A] extends [never]
  ? MethodDecorator
  : <M>(
      prototype: S,
      key: string | symbol,
      descriptor: TypedPropertyDescriptor<M> & FallbackCheck<M, A, R>,
    ) => TypedPropertyDescriptor<M> | void;

/** `unknown` if the fallback fits the method; otherwise a type that no method has, and which says what is wrong. */
type FallbackCheck<M, A extends unknown[], R> = M extends (...args: infer P) => infer T
  ? ((...args: A) => void) extends (...args: P) => void
    ? [R] extends [ReplacementOf<T>]
      ? unknown
      : { readonly fault: 'The result of the fallback is not that of the method.'; readonly allowed: ReplacementOf<T> }
    : {
        readonly fault: 'The parameters of the fallback after the error are not those of the method.';
        readonly allowed: P;
      }
  : unknown;

/** What may replace the result of a method: the value or a promise of it; for an Observable, an Observable too. */
type ReplacementOf<T> =
  T extends Observable<infer V> ? V | PromiseLike<V> | Observable<V> : Awaited<T> | PromiseLike<Awaited<T>>;

/** A fallback method and its error classes. */
export interface Fallback {
  /** The name of a method of the class, or a function of the instance, the error and the arguments. */
  readonly method: string | FallbackFunction;
  /** `undefined` for every error. */
  readonly on: readonly ErrorClass[] | undefined;
  /** Selects errors in place of classes; `on` is then empty. */
  readonly when?: (error: unknown) => boolean;
  /** `'error'` if the error is the only argument. */
  readonly arguments?: 'error';
}

/** Normalizes the ways to write fallbacks. A function is a fallback for every error. */
export function toFallbacks(
  given: FallbackMethod | readonly FallbackMethod[] | undefined,
  forEveryError?: FallbackFunction,
): readonly Fallback[] {
  if (forEveryError !== undefined) return [...toFallbacks(given), { method: forEveryError, on: undefined }];
  if (given === undefined) return [];
  const list = Array.isArray(given) ? (given as readonly FallbackMethod[]) : [given as FallbackMethod];
  return list.map((fallback) => {
    if (typeof fallback === 'string') return { method: fallback, on: undefined };
    const { method, arguments: passed, on } = fallback;
    const selected = on !== undefined && isPredicate(on) ? { on: [], when: on } : { on: errorClassesOf(fallback) };
    return { method, ...selected, ...(passed === undefined ? {} : { arguments: passed }) };
  });
}

/** A class that is undefined, e.g. because of circular imports, stays in the list, for the check at start-up. */
function errorClassesOf(fallback: FallbackForErrors): readonly ErrorClass[] | undefined {
  if (!('on' in fallback)) return undefined;
  return Array.isArray(fallback.on) ? (fallback.on as readonly ErrorClass[]) : [fallback.on as ErrorClass];
}

/**
 * The fallback whose class is nearest to that of the error; otherwise the first whose predicate selects it; otherwise the
 * fallback for every error. `undefined` if there is no fallback for this error.
 */
export function mostSpecific(
  fallbacks: readonly Fallback[],
  error: unknown,
  userFunctions = new UserFunctions('a fallback'),
): Fallback | undefined {
  let nearest: Fallback | undefined;
  let leastDistance = Number.POSITIVE_INFINITY;
  for (const fallback of fallbacks) {
    for (const errorClass of fallback.on ?? []) {
      const distance = distanceBetween(error, errorClass);
      if (distance < leastDistance) {
        nearest = fallback;
        leastDistance = distance;
      }
    }
  }
  nearest ??= fallbacks.find(
    ({ method, when }) => userFunctions.test(`on of fallback '${String(method)}'`, when, error) === true,
  );
  return nearest ?? fallbacks.find(({ on }) => on === undefined);
}
