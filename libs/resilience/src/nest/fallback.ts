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

/** A fallback method and its error classes. */
export interface Fallback {
  readonly method: string;
  /** `undefined` for every error. */
  readonly on: readonly ErrorClass[] | undefined;
  /** Selects errors in place of classes; `on` is then empty. */
  readonly when?: (error: unknown) => boolean;
  /** `'error'` if the error is the only argument. */
  readonly arguments?: 'error';
}

/** Normalizes the ways to write fallbacks. */
export function toFallbacks(given: FallbackMethod | readonly FallbackMethod[] | undefined): readonly Fallback[] {
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
 * The fallback whose class is nearest to that of the error; otherwise the first whose predicate selects it; otherwise the fallback for every error. `undefined` if
 * there is no fallback for this error.
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
    ({ method, when }) => userFunctions.test(`on of fallback '${method}'`, when, error) === true,
  );
  return nearest ?? fallbacks.find(({ on }) => on === undefined);
}
