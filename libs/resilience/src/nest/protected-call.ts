import { defer, from, fromEvent, isObservable, Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { catchError, takeUntil } from 'rxjs/operators';
import type { CallContext, Policy } from '../core/policy.ts';
import { inheritedCallContext, runInCallContext } from './call-context.ts';

/** Takes over from a refused or failed call, or throws the error that it is given. */
export type Recover = (error: unknown) => unknown;

/**
 * Calls a method that returns a promise under a policy. It inherits the context of the call that it is part of, and runs
 * in the one that the policy makes of it.
 *
 * @throws TypeError when it returns an Observable: what matters there is not the call but each subscription
 */
export function callProtected(policy: Policy, call: () => unknown, recover: Recover): Promise<unknown> {
  const inherited = inheritedCallContext();
  let misuse: UndeclaredObservableError | undefined;
  const result = policy.execute((context) => {
    const returned = runInCallContext(context, call);
    if (!isObservable(returned)) return returned;
    misuse = new UndeclaredObservableError(policy);
    throw misuse;
  }, inherited);

  const recovered = result.catch((error: unknown) => {
    if (error instanceof UndeclaredObservableError || hasEnded(inherited)) throw error;
    return recover(error);
  });
  if (misuse === undefined) return recovered;
  // Whoever waits for an Observable would never look at a promise.
  recovered.catch(() => {});
  throw misuse;
}

/**
 * An Observable each of whose subscriptions is a call under a policy. It succeeds at the end of the stream, or when the
 * subscriber leaves after a value (as `firstValueFrom` does); the last value is the result. A subscriber that leaves before
 * is a caller that gives up. A policy that ends the call ends the subscription to the source, and one that makes several
 * attempts subscribes anew for each.
 */
export function observeProtected(policy: Policy, call: () => unknown, recover: Recover): Observable<unknown> {
  return defer(() => {
    const inherited = inheritedCallContext();
    return subscriptionUnder(policy, call, inherited).pipe(
      catchError((error: unknown) => {
        if (hasEnded(inherited)) throw error;
        return toObservable(recover(error));
      }),
    );
  });
}

/** The reason with which a subscriber that leaves gives up its call. */
const subscriberLeft = new DOMException('The subscriber has left.', 'AbortError');

function subscriptionUnder(
  policy: Policy,
  call: () => unknown,
  inherited: CallContext | undefined,
): Observable<unknown> {
  return new Observable((subscriber) => {
    const abandonment = new AbortController();
    subscriber.add(() => abandonment.abort(subscriberLeft));
    policy
      .execute((context) => lastValue(call, subscriber, context), withSignal(inherited, abandonment.signal))
      .then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
  });
}

function withSignal(inherited: CallContext | undefined, signal: AbortSignal): Partial<CallContext> {
  if (inherited === undefined) return { signal };
  const { attempt, deadline } = inherited;
  return { signal: AbortSignal.any([inherited.signal, signal]), attempt, deadline };
}

/** Hands on what the source emits, and waits for its end. */
function lastValue(call: () => unknown, subscriber: Subscriber<unknown>, context: CallContext): Promise<unknown> {
  const { signal } = context;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let last: { readonly value: unknown } | undefined;
    const onEnd = (): void => {
      if (!signal.aborted || (signal.reason === subscriberLeft && last !== undefined)) resolve(last?.value);
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

/** Whether nobody waits for the call any more, so that nothing has to take over from it. */
function hasEnded(inherited: CallContext | undefined): boolean {
  return inherited?.signal.aborted === true;
}

function toObservable(result: unknown): Observable<unknown> {
  return isObservable(result) ? result : from(Promise.resolve(result));
}

/** Tells a programmer, and nobody else: no fallback takes over from it. */
class UndeclaredObservableError extends TypeError {
  constructor({ name, constructor: { name: kind } }: Policy) {
    super(
      `A method under ${kind} '${name}' returned an Observable but is not known to. Declare its ` +
        'return type, and import Observable as a value (not with `import type`), so that the decorator can see it.',
    );
  }
}
