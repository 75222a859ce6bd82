import type { CallEndpoint, UsedEndpoints } from './call-endpoints.ts';
import type { Deadline } from './deadline.ts';
import { type Unsubscribe, warn } from './events.ts';
import type { HttpRequestFacts } from './http-request.ts';
import { isGeneratorFunction } from './platform.ts';

/** The context of one call, which policies pass to the call and to each other. */
export interface CallContext {
  /** Aborted when the result is no longer needed. Pass it on to `fetch`, to a query, to a timer. */
  readonly signal: AbortSignal;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** When the result is no longer needed; `undefined` when unknown. Pass it on with `deadlineHeaders`. */
  readonly deadline?: Deadline | undefined;
  /** The request that the call makes, by which a retry decides whether it may be repeated; `undefined` when unknown. */
  readonly request?: HttpRequestFacts | undefined;
  /** Where the call goes; `undefined` when no policy has chosen an endpoint. */
  readonly endpoint?: CallEndpoint | undefined;
  /** The endpoints that earlier and parallel attempts used; `undefined` when no policy needs to know. */
  readonly usedEndpoints?: UsedEndpoints | undefined;
}

/** What a call inherits from the context around it, in addition to what aborts it and its attempt. */
type Inherited = Pick<CallContext, 'deadline' | 'request' | 'endpoint' | 'usedEndpoints'>;

/** The work that a policy protects. It returns a value or a promise. */
export type ProtectedCall<T> = (context: CallContext) => T | PromiseLike<T>;

/** The contract of every policy. A pipeline of policies is a policy too. */
export interface Policy {
  /** What the policy protects, usually the name of a dependency. */
  readonly name: string;
  /**
   * Runs `call` under this policy.
   *
   * @param context of the caller or of an outer policy; each field has a default
   * @returns what `call` returned
   * @throws what `call` threw, or a ResilienceError of this policy
   */
  execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T>;
}

/** A value of an earlier call that is returned because the current call failed. */
export interface StaleValue<T = unknown> {
  readonly value: T;
  /** How long ago the value was received, in milliseconds. */
  readonly ageMs: number;
  /** Why the current call failed. */
  readonly error: unknown;
}

/** The options of calls with a key. */
export interface KeyedCallOptions<T = unknown> {
  /**
   * Returns what the caller gets for a stale value, e.g. the value marked with its age. An error that it throws is the result
   * of the call. The bare value by default.
   */
  readonly mapStale?: (stale: StaleValue<T>) => unknown;
}

/** A policy that treats calls with different keys separately: a cached fallback, and a pipeline that has one. */
export interface KeyedPolicy extends Policy {
  /** The same policy for calls with this key. It is cheap to create, so create one for each call. */
  withKey<T = unknown>(key: string, options?: KeyedCallOptions<T>): Policy;
}

/** Whether calls of this policy can have a key. */
export function isKeyed(policy: Policy): policy is KeyedPolicy {
  return 'withKey' in policy;
}

/**
 * Starts a call. One that throws synchronously rejects; a promise that it returns is passed on as it is.
 *
 * A policy settles the call in two handlers of one `then`, so that an error in the first one does not settle it again. The
 * handler that passes on an error returns the promise once more and throws nothing: V8 locates each throw in the source,
 * which takes longer than the rest of a policy.
 */
export function invokeCall<T>(call: ProtectedCall<T>, context: CallContext): Promise<T> {
  try {
    const result = call(context);
    return result instanceof Promise ? result : Promise.resolve(result);
  } catch (error) {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the value that the call threw is passed on
    return Promise.reject(error);
  }
}

/** The same function under a policy. It keeps `this` and the arguments. */
export function decorateCall<A extends unknown[], T>(
  policy: Pick<Policy, 'execute'>,
  call: (...args: A) => T | PromiseLike<T>,
): (...args: A) => Promise<T> {
  refuseGenerator(call);
  return withShapeOf(call, function (this: unknown, ...args: A) {
    return policy.execute(() => call.apply(this, args));
  });
}

/**
 * The values of a generator would be produced outside the call, without protection.
 *
 * @throws TypeError for a generator function and for an async one
 */
export function refuseGenerator(call: CallableFunction): void {
  if (!isGeneratorFunction(call)) return;
  throw new TypeError(
    `A policy cannot protect the generator ${call.name || '(anonymous)'}: protect a function that returns a promise.`,
  );
}

/** Gives a function the name and the number of parameters of the one that it wraps. Express, for example, counts them. */
export function withShapeOf<F extends (...args: never[]) => unknown>(
  { name, length }: Pick<CallableFunction, 'name' | 'length'>,
  wrapper: F,
): F {
  return Object.defineProperties(wrapper, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
}

/** Called once with the reason of the abort. An error that it throws becomes a process warning. */
export type AbortListener = (reason: unknown) => void;

/**
 * An AbortController that creates its signal on first use. Most calls never read their signal, and a signal with a listener
 * costs more than some policies do.
 */
export class LazyAbortController {
  #controller: AbortController | undefined;
  /** In the order of their registration. */
  #listeners: AbortListener[] | undefined;
  #aborted = false;
  #reason: unknown;

  get aborted(): boolean {
    return this.#aborted;
  }

  /** The reason of the abort; `undefined` before it. */
  get reason(): unknown {
    return this.#reason;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Aborts the signal and calls all listeners. Later aborts have no effect. */
  abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    // Taken out one by one, so that a listener that another one removes is not called.
    for (let next = this.#listeners?.shift(); next !== undefined; next = this.#listeners?.shift()) next(reason);
  }

  /** Calls `listener` on abort, but not for an abort in the past. The same function may be registered more than once. */
  onAbort(listener: AbortListener): Unsubscribe {
    const listeners = (this.#listeners ??= []);
    const registered: AbortListener = (reason) => callAbortListener(listener, reason);
    listeners.push(registered);
    return () => {
      const index = listeners.indexOf(registered);
      if (index >= 0) listeners.splice(index, 1);
    };
  }
}

/** What can abort a call. */
export type AbortSource = AbortSignal | LazyAbortController;

/** Creates the signal only when it is read. */
class LazyCallContext implements CallContext {
  readonly attempt: number;
  readonly deadline: Deadline | undefined;
  readonly request: HttpRequestFacts | undefined;
  readonly endpoint: CallEndpoint | undefined;
  readonly usedEndpoints: UsedEndpoints | undefined;
  #abortSource: AbortSource | undefined;

  constructor(abortSource: AbortSource | undefined, attempt: number, inherited: Inherited) {
    this.#abortSource = abortSource;
    this.attempt = attempt;
    this.deadline = inherited.deadline;
    this.request = inherited.request;
    this.endpoint = inherited.endpoint;
    this.usedEndpoints = inherited.usedEndpoints;
  }

  get signal(): AbortSignal {
    this.#abortSource ??= new AbortController().signal;
    return this.#abortSource instanceof LazyAbortController ? this.#abortSource.signal : this.#abortSource;
  }

  static abortSourceOf(context: Partial<Pick<CallContext, 'signal'>>): AbortSource | undefined {
    return context instanceof LazyCallContext ? context.#abortSource : context.signal;
  }
}

const noContext: Partial<CallContext> = Object.freeze({});

/** The context of a call; without an abort source its signal is never aborted. */
export function callContext(
  abortSource: AbortSource | undefined,
  attempt: number,
  inherited: Inherited = noContext,
): CallContext {
  return new LazyCallContext(abortSource, attempt, inherited);
}

/** Fills in what the caller left out: a signal that is never aborted, and attempt 1. */
export function toCallContext(given?: Partial<CallContext>): CallContext {
  if (given instanceof LazyCallContext) return given;
  return new LazyCallContext(given?.signal, given?.attempt ?? 1, given ?? noContext);
}

/** The context of a call that makes this request. */
export function withRequest(given: Partial<CallContext> | undefined, request: HttpRequestFacts): CallContext {
  return callContext(abortSourceOf(given), given?.attempt ?? 1, { ...given, request });
}

/** The context of a call that records its endpoints here. */
export function withUsedEndpoints(given: Partial<CallContext> | undefined, usedEndpoints: UsedEndpoints): CallContext {
  const { attempt = 1, deadline, request, endpoint } = given ?? noContext;
  return callContext(abortSourceOf(given), attempt, { deadline, request, endpoint, usedEndpoints });
}

/** What can abort the call, without creating a signal; `undefined` when nothing can. */
export function abortSourceOf(context: Partial<Pick<CallContext, 'signal'>> | undefined): AbortSource | undefined {
  return context && LazyCallContext.abortSourceOf(context);
}

/** The rejection of a call whose caller has already aborted, which must not be made; `undefined` otherwise. */
export function rejectionIfAborted(
  context: Partial<Pick<CallContext, 'signal'>> | undefined,
): Promise<never> | undefined {
  const source = abortSourceOf(context);
  // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason is passed on
  return source?.aborted === true ? Promise.reject(source.reason) : undefined;
}

/** The signal that can abort the call, created if need be; `undefined` when nothing can abort it. */
export function signalOf(context: Partial<CallContext> | undefined): AbortSignal | undefined {
  const source = abortSourceOf(context);
  return source instanceof LazyAbortController ? source.signal : source;
}

const noSubscription: Unsubscribe = () => {};

/**
 * Calls `listener` once when the call is aborted, immediately if it already is. Cheaper than a listener on `signal`,
 * because most calls then need no AbortSignal.
 *
 * @param context of the call; one written by hand, such as `{ signal }`, works too
 * @param listener receives the reason; an error that it throws becomes a process warning
 * @returns removes the listener; call it when the call has ended
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
  const source = abortSourceOf(context);
  if (source === undefined) return noSubscription;
  if (source.aborted) {
    callAbortListener(listener, source.reason);
    return noSubscription;
  }
  if (source instanceof LazyAbortController) return source.onAbort(listener);
  const onAbort = (): void => callAbortListener(listener, source.reason);
  source.addEventListener('abort', onAbort, { once: true });
  return () => source.removeEventListener('abort', onAbort);
}

function callAbortListener(listener: AbortListener, reason: unknown): void {
  try {
    listener(reason);
  } catch (error) {
    warn('ResilienceListenerWarning', 'A listener for the abort of a call failed. The call is aborted anyway.', error);
  }
}
