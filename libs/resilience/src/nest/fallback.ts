import type { ErrorClass } from '../core/options.ts';

/** A method that takes over when the protected one is refused or fails with an error of these classes. */
export interface FallbackForErrors {
  /** The name of a method of the same class. It gets the original arguments and the error after them. */
  readonly method: string;
  /** The error classes that it takes over from, subclasses included. */
  readonly on: ErrorClass | readonly ErrorClass[];
}

/** A fallback for every error, by the name of its method, or one for errors of certain classes. */
export type FallbackMethod = string | FallbackForErrors;

/** A fallback method with what it takes over from. */
export interface Fallback {
  readonly method: string;
  /** `undefined` when it takes over from every error. */
  readonly on: readonly ErrorClass[] | undefined;
}

/** Brings the ways of writing fallbacks to one. */
export function toFallbacks(given: FallbackMethod | readonly FallbackMethod[] | undefined): readonly Fallback[] {
  if (given === undefined) return [];
  const list = Array.isArray(given) ? (given as readonly FallbackMethod[]) : [given as FallbackMethod];
  return list.map((fallback) => {
    if (typeof fallback === 'string') return { method: fallback, on: undefined };
    const { method, on } = fallback;
    return { method, on: Array.isArray(on) ? (on as readonly ErrorClass[]) : [on as ErrorClass] };
  });
}

/**
 * The fallback that knows the error best: the one whose class is nearest to the error's own, and one for every error only
 * when there is no other. `undefined` when none takes over from this error.
 */
export function mostSpecific(fallbacks: readonly Fallback[], error: unknown): Fallback | undefined {
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
  return nearest ?? fallbacks.find(({ on }) => on === undefined);
}

/** How many steps up its prototypes an error is an instance of the class; infinite when it is none. */
function distanceBetween(error: unknown, errorClass: ErrorClass): number {
  if (!(error instanceof errorClass)) return Number.POSITIVE_INFINITY;
  let steps = 0;
  let prototype: unknown = Object.getPrototypeOf(error);
  while (prototype !== null && prototype !== errorClass.prototype) {
    prototype = Object.getPrototypeOf(prototype);
    steps++;
  }
  return steps;
}
