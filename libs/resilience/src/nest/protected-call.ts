import { defer, from, fromEvent, isObservable, Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { catchError, takeUntil } from 'rxjs/operators';
import type { CallContext, Policy } from '../core/policy.ts';
import { inheritedCallContext, runInCallContext } from './call-context.ts';

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
    policy
      .execute((context) => lastValue(call, subscriber, context), withSignal(inherited, controller.signal))
      .then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
  });
}

function withSignal(inherited: CallContext | undefined, signal: AbortSignal): Partial<CallContext> {
  if (inherited === undefined) return { signal };
  const { attempt, deadline, request } = inherited;
  return { signal: AbortSignal.any([inherited.signal, signal]), attempt, deadline, request };
}

/** Emits the values of the source to the subscriber. Resolves with the last one when the source completes. */
function lastValue(call: () => unknown, subscriber: Subscriber<unknown>, context: CallContext): Promise<unknown> {
  const { signal } = context;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let last: { readonly value: unknown } | undefined;
    const onEnd = (): void => {
      if (!signal.aborted || (signal.reason === unsubscribed && last !== undefined)) resolve(last?.value);
      else reject(signal.reason);
    };
    runInCallContext(context, () =>
      from(call() as ObservableInput<unknown>)
        .pipe(takeUntil(fromEvent(signal, 'abort')))
        .subscribe({
          next: (value) => {
            last = { value };
            subscriber.next(value);
          },
          error: reject,
          complete: onEnd,
        }),
    );
  });
}

/** Whether the caller has aborted, so that no fallback is called. */
function isAborted(inherited: CallContext | undefined): boolean {
  return inherited?.signal.aborted === true;
}

function toObservable(result: unknown): Observable<unknown> {
  return isObservable(result) ? result : from(Promise.resolve(result));
}

/** What is wrong with a result that cannot be protected; it completes "A method … returned". */
function whyUnprotectable(returned: unknown): string | undefined {
  if (isObservable(returned)) {
    return (
      'an Observable without declaring it. Declare its return type, and import Observable as a value (not with ' +
      '`import type`), so that the decorator can read the type.'
    );
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
  constructor({ name, constructor: { name: kind } }: Policy, reason: string) {
    super(`A method protected by ${kind} '${name}' returned ${reason}`);
  }
}
