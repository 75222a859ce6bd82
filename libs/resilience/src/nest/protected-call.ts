import { defer, from, fromEvent, isObservable, lastValueFrom, Observable, type Observer, type Subscriber } from 'rxjs';
import { catchError, takeUntil, tap } from 'rxjs/operators';
import type { CallContext, Policy } from '../core/policy.ts';
import { Retry } from '../core/retry/retry.ts';
import { inheritedCallContext, runInCallContext } from './call-context.ts';
import { originalOf, policiesIn, whyNotObservable } from './observable-policies.ts';
import type { ResultKind } from './protected-methods.ts';

/** Returns the result of a fallback for a refused or failed call, or throws the error. */
export type RunFallback = (error: unknown) => unknown;

/**
 * Calls a method that returns a promise, protected by a policy. The policy derives the context of the method from that
 * of the call that it is part of.
 *
 * @throws TypeError if the method returns an Observable, of which each subscription should be protected and not the
 * call, or an iterator, whose values are computed after the call
 */
export function callProtected(policy: Policy, call: () => unknown, runFallback: RunFallback): Promise<unknown> {
  const inherited = inheritedCallContext();
  let misuse: UnprotectableResultError | undefined;
  const result = policy.execute((context) => {
    const returned = runInCallContext(context, call);
    const reason = whyUnprotectable(returned);
    if (reason === undefined) return returned;
    misuse = new UnprotectableResultError(policy, reason);
    throw misuse;
  }, inherited);

  const withFallback = result.catch((error: unknown) => {
    if (error instanceof UnprotectableResultError || isAborted(inherited)) throw error;
    return runFallback(error);
  });
  if (misuse === undefined) return withFallback;
  // A caller that expects an Observable or an iterator does not handle the rejection of a promise.
  withFallback.catch(() => {});
  throw misuse;
}

/**
 * An Observable of which each subscription is a call protected by a policy. The call succeeds when the stream
 * completes, or when the subscriber unsubscribes after a value (as `firstValueFrom` does); its result is the last
 * value. Unsubscribing earlier aborts the call. When a policy ends the call, the subscription to the source ends, and
 * each attempt of a retry subscribes to the source again.
 */
export function observeProtected(policy: Policy, call: () => unknown, runFallback: RunFallback): Observable<unknown> {
  return defer(() => {
    const inherited = inheritedCallContext();
    return protectedSubscription(policy, call, inherited).pipe(
      catchError((error: unknown) => {
        if (isAborted(inherited)) throw error;
        return toObservable(runFallback(error));
      }),
    );
  });
}

/** The abort reason of a call whose subscriber unsubscribes. */
const unsubscribed = new DOMException('The subscriber has unsubscribed.', 'AbortError');

function protectedSubscription(
  policy: Policy,
  call: () => unknown,
  inherited: CallContext | undefined,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    subscriber.add(() => controller.abort(unsubscribed));
    const values = new EmittedValues(policy, subscriber);
    policy
      .execute(
        (context) => lastValue(() => toObservable(runInCallContext(context, call)), values, context),
        withSignal(inherited, controller.signal),
      )
      .then(
        () => {
          values.release();
          subscriber.complete();
        },
        (error: unknown) => subscriber.error(error),
      );
  });
}

function withSignal(inherited: CallContext | undefined, signal: AbortSignal): Partial<CallContext> {
  if (inherited === undefined) return { signal };
  return { ...inherited, signal: AbortSignal.any([inherited.signal, signal]) };
}

/** Emits the values of the source. Resolves with the last one when the source completes. */
function lastValue(source: () => Observable<unknown>, values: EmittedValues, context: CallContext): Promise<unknown> {
  const { signal } = context;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let last: unknown;
    values.startAttempt();
    const onEnd = (): void => {
      if (!signal.aborted || (signal.reason === unsubscribed && values.hasEmitted)) resolve(last);
      else reject(signal.reason);
    };
    runInCallContext(context, () =>
      source()
        .pipe(takeUntil(fromEvent(signal, 'abort')))
        .subscribe({
          next: (value) => {
            last = value;
            values.next(value);
          },
          error: reject,
          complete: onEnd,
        }),
    );
  });
}

/**
 * The values that reach the subscriber. One that a retry would repeat the call for (`retryOnResult`) is held back: if it is
 * the last of its attempt, it is the result that the retry judges.
 */
class EmittedValues {
  readonly #retries: readonly Retry[];
  readonly #observer: Pick<Observer<unknown>, 'next'>;
  #held: { readonly value: unknown } | undefined;
  /** Whether the current attempt has emitted a value. */
  hasEmitted = false;

  constructor(policy: Policy, observer: Pick<Observer<unknown>, 'next'>) {
    this.#retries = policiesIn(policy).filter((each) => each instanceof Retry);
    this.#observer = observer;
  }

  /** Drops the value of an attempt that is repeated. */
  startAttempt(): void {
    this.#held = undefined;
    this.hasEmitted = false;
  }

  next(value: unknown): void {
    this.release();
    if (this.#retries.some((retry) => retry.selectsResult(value))) this.#held = { value };
    else this.#emit(value);
  }

  /** Emits the value that was held back, because it is not the last, or because the retry has accepted it. */
  release<T>(result?: T): T | undefined {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#emit(held.value);
    return result;
  }

  #emit(value: unknown): void {
    this.hasEmitted = true;
    this.#observer.next(value);
  }
}

/**
 * Calls a method whose kind of result is not known. If the policy lets the method run at once, its result is protected as
 * what it is. If the policy must refuse the call or wait first, the result can be both awaited and subscribed to.
 *
 * @param onKind called when the method has returned a promise or an Observable
 * @throws TypeError if the method returns an iterator, whose values are computed after the call, or an Observable that the
 *   policy cannot protect
 */
export function protectUndeclared(
  policy: Policy,
  call: () => unknown,
  runFallback: RunFallback,
  onKind: (kind: NonNullable<ResultKind>) => void,
): unknown {
  const inherited = inheritedCallContext();
  const controller = new AbortController();
  const first = new FirstSubscriber(() => controller.abort(unsubscribed));
  const values = new EmittedValues(policy, first);
  /** What the last attempt has returned; a result of unknown kind is subscribed to as well. */
  let returnedKind: ResultKind;
  let misuse: UnprotectableResultError | undefined;
  const result = policy.execute(
    (context) => {
      const returned = runInCallContext(context, call);
      const isStream = isObservable(returned);
      const reason = whyUnprotectable(returned, policy);
      if (reason !== undefined) {
        misuse = new UnprotectableResultError(policy, reason);
        throw misuse;
      }
      if (returned instanceof AwaitableObservable) {
        returnedKind = undefined;
        return lastValue(() => returned, values, context);
      }
      returnedKind = isStream ? 'observable' : 'promise';
      if (isStream || returned instanceof Promise) onKind(returnedKind);
      return isStream ? first.whenClaimed().then(() => lastValue(() => returned, values, context)) : returned;
    },
    withSignal(inherited, controller.signal),
  );
  const fallback = (error: unknown): unknown => {
    if (error instanceof UnprotectableResultError || isAborted(inherited) || controller.signal.aborted) throw error;
    return runFallback(error);
  };
  if (misuse !== undefined) {
    // A caller that expects an Observable or an iterator does not handle the rejection of a promise.
    result.catch(() => {});
    throw misuse;
  }
  if (returnedKind === 'promise') return result.catch(fallback);

  const outcome = result
    .then(
      (value) => (returnedKind === 'promise' ? first.emit(value) : values.release(value)),
      async (error: unknown) => first.emit(await fallback(error)),
    )
    .then(
      (value) => {
        first.complete();
        return value;
      },
      (error: unknown) => {
        first.error(error);
        throw error;
      },
    );
  outcome.catch(() => {});
  const subscribe = (subscriber: Subscriber<unknown>): void => {
    if (first.claim(subscriber)) return;
    const again = returnedKind === 'observable' ? observeProtected(policy, call, runFallback) : from(outcome);
    subscriber.add(again.subscribe(subscriber));
  };
  if (returnedKind === 'observable') return new Observable(subscribe);
  return new AwaitableObservable(subscribe, () => {
    first.claim();
    return outcome;
  });
}

/** The result of a call that the policy refused or delayed, of a method that may return a promise or an Observable. */
class AwaitableObservable extends Observable<unknown> implements PromiseLike<unknown> {
  readonly #outcome: () => Promise<unknown>;

  constructor(subscribe: (subscriber: Subscriber<unknown>) => void, outcome: () => Promise<unknown>) {
    super(subscribe);
    this.#outcome = outcome;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- the caller of a method that returns a promise awaits it
  then<R = unknown, E = never>(
    onFulfilled?: ((value: unknown) => R | PromiseLike<R>) | null,
    onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null,
  ): Promise<R | E> {
    return this.#outcome().then(onFulfilled, onRejected);
  }

  catch<E = never>(onRejected?: ((reason: unknown) => E | PromiseLike<E>) | null): Promise<unknown> {
    return this.#outcome().catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<unknown> {
    return this.#outcome().finally(onFinally);
  }
}

/** The one that uses the result of a call: a subscriber, or a caller that awaits it. It gets what was emitted before. */
class FirstSubscriber implements Observer<unknown> {
  readonly #abandon: () => void;
  readonly #early: ((subscriber: Observer<unknown>) => void)[] = [];
  #subscriber: Subscriber<unknown> | undefined;
  #isClaimed = false;
  #onClaim: () => void = () => {};

  /** @param abandon called when the subscriber unsubscribes, and when there is none */
  constructor(abandon: () => void) {
    this.#abandon = abandon;
  }

  /**
   * Uses the result.
   *
   * @param subscriber none for a caller that awaits it
   * @returns false if it is already used
   */
  claim(subscriber?: Subscriber<unknown>): boolean {
    if (this.#isClaimed) return false;
    this.#isClaimed = true;
    this.#subscriber = subscriber;
    subscriber?.add(this.#abandon);
    for (const notify of this.#early.splice(0)) this.#notify(notify);
    this.#onClaim();
    return true;
  }

  /**
   * Resolves when the result is used, before which an Observable must not be subscribed to. A caller that keeps it for
   * later releases the permits of the call: its subscriptions are calls of their own.
   */
  whenClaimed(): Promise<void> {
    if (this.#isClaimed) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const expiry = setImmediate(() => {
        this.#isClaimed = true;
        this.#abandon();
        reject(unsubscribed);
      });
      this.#onClaim = () => {
        clearImmediate(expiry);
        resolve();
      };
    });
  }

  /** Emits a value, or the values of an Observable that a fallback has returned. Resolves with the last one. */
  async emit(value: unknown): Promise<unknown> {
    if (!isObservable(value)) {
      this.next(value);
      return value;
    }
    await this.whenClaimed();
    return lastValueFrom(value.pipe(tap((each) => this.next(each))), { defaultValue: undefined });
  }

  next(value: unknown): void {
    this.#notify((subscriber) => subscriber.next(value));
  }

  error(error: unknown): void {
    this.#notify((subscriber) => subscriber.error(error));
  }

  complete(): void {
    this.#notify((subscriber) => subscriber.complete());
  }

  #notify(notification: (subscriber: Observer<unknown>) => void): void {
    if (!this.#isClaimed) this.#early.push(notification);
    else if (this.#subscriber !== undefined) notification(this.#subscriber);
  }
}

/** Whether the caller has aborted, so that no fallback is called. */
function isAborted(inherited: CallContext | undefined): boolean {
  return inherited?.signal.aborted === true;
}

function toObservable(result: unknown): Observable<unknown> {
  return isObservable(result) ? result : from(Promise.resolve(result));
}

/**
 * What is wrong with a result that cannot be protected; it completes "A method … returned".
 *
 * @param policy that of a method which may return an Observable
 */
function whyUnprotectable(returned: unknown, policy?: Policy): string | undefined {
  if (returned instanceof AwaitableObservable) return undefined;
  if (isObservable(returned)) {
    if (policy === undefined) return 'an Observable, but its return type or an earlier result is a promise.';
    const reason = whyNotObservable(policy);
    return reason === undefined ? undefined : `an Observable, ${reason}. Return a promise instead.`;
  }
  return isIterator(returned)
    ? 'an iterator or a stream, which cannot be protected. Make the method async, so that it returns a promise of it; ' +
        'then only the time until the method returns is protected.'
    : undefined;
}

/** Whether a caller would iterate over it, which a promise of it does not allow. Collections such as arrays are values. */
function isIterator(returned: unknown): boolean {
  if (typeof returned !== 'object' || returned === null) return false;
  const { then, next } = returned as { readonly then?: unknown; readonly next?: unknown };
  if (typeof then === 'function') return false;
  return Symbol.asyncIterator in returned || (Symbol.iterator in returned && typeof next === 'function');
}

/** A programming error, for which no fallback is called. */
class UnprotectableResultError extends TypeError {
  constructor(policy: Policy, reason: string) {
    const { name, constructor } = originalOf(policy);
    super(`A method protected by ${constructor.name} '${name}' returned ${reason}`);
  }
}
