import type { Deadline } from './deadline.ts';

/** What one call may know about itself. */
export interface CallContext {
  /** Aborted when nobody waits for the call's result any more. Hand it on to `fetch`, to a query, to a timer. */
  readonly signal: AbortSignal;
  /** Which attempt this is; 1 is the first. */
  readonly attempt: number;
  /** When nobody needs the result any more; `undefined` when nothing is known. Send it on with `deadlineHeaders`. */
  readonly deadline?: Deadline | undefined;
}

/** The work that a policy protects. It may be synchronous or return a promise. */
export type ProtectedCall<T> = (context: CallContext) => T | PromiseLike<T>;

/** The one contract of every pattern. A pipeline of policies is a policy too. */
export interface Policy {
  /** What the policy protects, usually the name of a dependency. */
  readonly name: string;
  /**
   * Runs `call` under this policy.
   *
   * @param context what an outer policy or the caller knows about the call; what is left out has a default
   * @returns what `call` returned
   * @throws what `call` threw, or a ResilienceError of this policy
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T>;
}

/** A context whose signal is made only if it is asked for: most calls that come without one never look at it. */
class LazyCallContext implements CallContext {
  readonly attempt: number;
  readonly deadline: Deadline | undefined;
  #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined, attempt: number, deadline: Deadline | undefined) {
    this.#signal = signal;
    this.attempt = attempt;
    this.deadline = deadline;
  }

  get signal(): AbortSignal {
    this.#signal ??= new AbortController().signal;
    return this.#signal;
  }

  static givenSignal(context: Partial<CallContext>): AbortSignal | undefined {
    return #signal in context ? context.#signal : context.signal;
  }
}

/** The context of a call: what is left out is nobody's. */
export function callContext(signal: AbortSignal | undefined, attempt: number, deadline?: Deadline): CallContext {
  return new LazyCallContext(signal, attempt, deadline);
}

/** The signal that somebody has given, for those who would only look whether it is aborted: asking makes none. */
export function givenSignal(context: Partial<CallContext> | undefined): AbortSignal | undefined {
  return context && LazyCallContext.givenSignal(context);
}

/** Fills in what a caller left out: a signal that is never aborted, and attempt 1. A deadline is handed on. */
export function toCallContext(given?: Partial<CallContext>): CallContext {
  if (given === undefined) return new LazyCallContext(undefined, 1, undefined);
  if (given instanceof LazyCallContext) return given;
  return new LazyCallContext(given.signal, given.attempt ?? 1, given.deadline);
}

/**
 * Whether `error` says no more than that the caller gave up: the signal is aborted, and the error is its reason or an
 * `AbortError` made from it. Such a result is no evidence against the dependency.
 */
export function isCallerAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  if (!signal?.aborted) return false;
  return error === signal.reason || (error instanceof Error && error.name === 'AbortError');
}
