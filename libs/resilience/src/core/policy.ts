import { type AbortListener, CallAbort, tellOfAbort } from './call-abort.ts';
import type { Deadline } from './deadline.ts';
import type { Unsubscribe } from './events.ts';

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

/** By whom a call is given up, and whether it has been. */
export type GivenAbort = AbortSignal | CallAbort;

/** A context whose signal is made only if it is asked for: most calls never look at it. */
class LazyCallContext implements CallContext {
  readonly attempt: number;
  readonly deadline: Deadline | undefined;
  #abort: GivenAbort | undefined;

  constructor(abort: GivenAbort | undefined, attempt: number, deadline: Deadline | undefined) {
    this.#abort = abort;
    this.attempt = attempt;
    this.deadline = deadline;
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController().signal;
    return this.#abort instanceof CallAbort ? this.#abort.signal : this.#abort;
  }

  static givenAbort(context: Partial<Pick<CallContext, 'signal'>>): GivenAbort | undefined {
    return #abort in context ? context.#abort : context.signal;
  }
}

/** The context of a call: what is left out is nobody's. */
export function callContext(abort: GivenAbort | undefined, attempt: number, deadline?: Deadline): CallContext {
  return new LazyCallContext(abort, attempt, deadline);
}

/** What may give the call up, for those who look whether it has, and hand it on: asking makes no signal. */
export function givenAbort(context: Partial<Pick<CallContext, 'signal'>> | undefined): GivenAbort | undefined {
  return context && LazyCallContext.givenAbort(context);
}

/** The signal of what may give the call up, for those who wait; `undefined` where nothing may. */
export function givenSignal(context: Partial<CallContext> | undefined): AbortSignal | undefined {
  const given = givenAbort(context);
  return given instanceof CallAbort ? given.signal : given;
}

const nothing: Unsubscribe = () => {};

/**
 * Calls `listener` once when nobody waits for the call's result any more, at once where that is so already. It says the same as
 * `signal`, and costs a fraction of it, since most calls then need no AbortSignal at all.
 *
 * @param context that the call was given, or one that somebody else made
 * @param listener is told the reason; what it throws is shown as a process warning
 * @returns ends the listening, for when the call has ended
 * @example
 * const find = (context: CallContext) => {
 *   const query = pool.query('…');
 *   const stopListening = whenAborted(context, () => query.cancel());
 *   return query.finally(stopListening);
 * };
 */
export function whenAborted(
  context: Partial<Pick<CallContext, 'signal'>> | undefined,
  listener: AbortListener,
): Unsubscribe {
  const given = givenAbort(context);
  if (given === undefined) return nothing;
  if (given.aborted) {
    tellOfAbort(listener, given.reason);
    return nothing;
  }
  if (given instanceof CallAbort) return given.listen(listener);
  const onAbort = (): void => tellOfAbort(listener, given.reason);
  given.addEventListener('abort', onAbort, { once: true });
  return () => given.removeEventListener('abort', onAbort);
}

/** Fills in what a caller left out: a signal that is never aborted, and attempt 1. A deadline is handed on. */
export function toCallContext(given?: Partial<CallContext>): CallContext {
  if (given === undefined) return new LazyCallContext(undefined, 1, undefined);
  if (given instanceof LazyCallContext) return given;
  return new LazyCallContext(given.signal, given.attempt ?? 1, given.deadline);
}

/**
 * Whether `error` says no more than that the caller gave up: the call is aborted, and the error is its reason or an
 * `AbortError` made from it. Such a result is no evidence against the dependency.
 */
export function isCallerAbort(error: unknown, abort: GivenAbort | undefined): boolean {
  if (!abort?.aborted) return false;
  return error === abort.reason || (error instanceof Error && error.name === 'AbortError');
}
