import { type ErrorMatcher, isPredicate, matchesError } from './error-matcher.ts';
import { warn } from './events.ts';
import { isPromise } from './platform.ts';

/**
 * Calls the functions in the options of one policy, such as predicates. They are the user's code: they may throw, or
 * return a value of another type. That becomes a process warning, once for each function, and never the result of a call.
 */
export class UserFunctions {
  readonly #subject: string;
  /** Created for the first report, because nearly all policies never need it. */
  #reported: WeakSet<object> | undefined;

  /** @param subject the policy, e.g. `Retry 'customer'` */
  constructor(subject: string) {
    this.#subject = subject;
  }

  /**
   * The result of a predicate; false without one.
   *
   * @param option its name, for the warning
   * @returns `undefined` when it threw, or returned anything but a boolean (a promise included)
   */
  test<V>(option: string, predicate: ((value: V) => boolean) | undefined, value: V): boolean | undefined {
    if (predicate === undefined) return false;
    return this.call(option, predicate, [value], isBoolean, 'true or false', undefined);
  }

  /** Whether a matcher selects the error; `undefined` when its predicate threw or returned anything but a boolean. */
  matches(option: string, matcher: ErrorMatcher | undefined, error: unknown): boolean | undefined {
    if (matcher === undefined || !isPredicate(matcher)) return matchesError(matcher, error);
    return this.test(option, matcher, error);
  }

  /**
   * Calls a function and checks what it returns.
   *
   * @param option its name, for the warning
   * @param isValid whether it may return this value
   * @param allowed what it may return, in words
   * @param substitute the result when the function throws or returns an invalid value
   */
  call<A extends readonly unknown[], R, S>(
    option: string,
    userFunction: (...parameters: A) => unknown,
    parameters: A,
    isValid: (returned: unknown) => returned is R,
    allowed: string,
    substitute: S,
  ): R | S {
    try {
      const returned = userFunction(...parameters);
      // A rejection that nothing handles would end the process.
      if (isPromise(returned)) returned.catch(() => {});
      // Checks and descriptions read properties of the value, and can throw as well.
      if (isValid(returned)) return returned;
      this.#report(option, userFunction, `returned ${describe(returned)}, but must return ${allowed}`);
    } catch (error) {
      this.#report(option, userFunction, `threw an error, but must return ${allowed}`, error);
    }
    return substitute;
  }

  #report(option: string, userFunction: object, problem: string, error?: unknown): void {
    this.#reported ??= new WeakSet();
    if (this.#reported.has(userFunction)) return;
    this.#reported.add(userFunction);
    const consequence = 'Calls get their own result or error anyway. This is reported once.';
    warn('ResilienceFunctionWarning', `${option} of ${this.#subject} ${problem}. ${consequence}`, error);
  }
}

/** For functions that return a number; neither NaN nor infinite. */
export function isFiniteNumber(value: unknown): value is number {
  return Number.isFinite(value);
}

/** For functions that return a wait in milliseconds. */
export function isWait(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0;
}

/** For sources of random numbers. */
export function isFraction(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0 && value < 1;
}

/** For functions that return a name or a key. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function describe(value: unknown): string {
  if (isThenable(value)) return 'a promise';
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** A promise, also one of another realm or of a package. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
