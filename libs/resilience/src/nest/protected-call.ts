import { from, fromEvent, isObservable, Observable, type ObservableInput, type Subscriber } from 'rxjs';
import { catchError, takeUntil } from 'rxjs/operators';
import type { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';

/** Takes over from a refused or failed call, or throws the error that it is given. */
export type Recover = (error: unknown) => unknown;

/**
 * Calls a method that returns a promise under a circuit breaker.
 *
 * @throws TypeError when it returns an Observable: what matters there is not the call but each subscription
 */
export function callProtected(circuitBreaker: CircuitBreaker, call: () => unknown, recover: Recover): Promise<unknown> {
  let returned: unknown;
  const result = circuitBreaker.execute(() => (returned = call()));
  if (isObservable(returned)) {
    throw new TypeError(
      `A method under CircuitBreaker '${circuitBreaker.name}' returned an Observable but is not known to. Declare its ` +
        'return type, and import Observable as a value (not with `import type`), so that the decorator can see it.',
    );
  }
  return result.catch(recover);
}

/**
 * An Observable each of whose subscriptions is a call under a circuit breaker. It succeeds at the end of the stream, or
 * when the subscriber leaves after a value (as `firstValueFrom` does); the last value is the result. A subscriber that
 * leaves before gives the permission back.
 */
export function observeProtected(
  circuitBreaker: CircuitBreaker,
  call: () => unknown,
  recover: Recover,
): Observable<unknown> {
  const observable = new Observable((subscriber) => {
    const abandonment = new AbortController();
    subscriber.add(() => abandonment.abort());
    const { signal } = abandonment;
    circuitBreaker
      .execute(() => lastValue(call() as ObservableInput<unknown>, subscriber, signal), { signal })
      .then(
        () => subscriber.complete(),
        (error: unknown) => subscriber.error(error),
      );
  });
  return observable.pipe(catchError((error: unknown) => toObservable(recover(error))));
}

function lastValue(
  source: ObservableInput<unknown>,
  subscriber: Subscriber<unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let last: { readonly value: unknown } | undefined;
    from(source)
      .pipe(takeUntil(fromEvent(signal, 'abort')))
      .subscribe({
        next: (value) => {
          last = { value };
          subscriber.next(value);
        },
        error: reject,
        complete: () => (signal.aborted && last === undefined ? reject(signal.reason) : resolve(last?.value)),
      });
  });
}

function toObservable(result: unknown): Observable<unknown> {
  return isObservable(result) ? result : from(Promise.resolve(result));
}
