import {
  EMPTY,
  firstValueFrom,
  lastValueFrom,
  NEVER,
  Observable,
  of,
  range,
  Subject,
  take,
  throwError,
  toArray,
} from 'rxjs';
import { beforeEach, describe, expect, it } from 'vitest';
import { Bulkhead } from '../core/bulkhead/bulkhead.ts';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { Deadline } from '../core/deadline.ts';
import type { CallContext, Policy } from '../core/policy.ts';
import { TimeLimiter } from '../core/time-limiter/time-limiter.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { currentCallContext, runInCallContext } from './call-context.ts';
import { callProtected, observeProtected, type RunFallback } from './protected-call.ts';

/** Executes calls under the circuit breaker inside of another policy. */
const circuitBreakerUnder =
  (outer: Policy): Policy['execute'] =>
  (call, context) =>
    outer.execute((inner) => circuitBreaker.execute(call, inner), context);

const rethrow: RunFallback = (error) => {
  throw error;
};

/** Waits until all settled promises have called their handlers. */
const settled = () => new Promise(setImmediate);

let clock: FakeClock;
let circuitBreaker: CircuitBreaker;

beforeEach(() => {
  clock = new FakeClock();
  circuitBreaker = new CircuitBreaker('customer', { slidingWindowSize: 10 }, { clock });
});

describe('callProtected', () => {
  it('returns what the method returns', async () => {
    expect(await callProtected(circuitBreaker, () => Promise.resolve('Ada'), rethrow)).toBe('Ada');
    expect(circuitBreaker.metrics.successfulCalls).toBe(1);
  });

  it.each([
    ['rejects', () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
  ])('calls the fallback when the method %s', async (_, call) => {
    const fallback = (error: unknown) => `instead of ${String(error)}`;

    expect(await callProtected(circuitBreaker, call, fallback)).toBe('instead of Error: down');
    expect(circuitBreaker.metrics.failedCalls).toBe(1);
  });

  it('calls the fallback and not the method when the policy refuses', async () => {
    circuitBreaker.transitionToForcedOpenState();
    let called = false;
    const result = callProtected(
      circuitBreaker,
      () => (called = true),
      () => 'cached',
    );

    expect(await result).toBe('cached');
    expect(called).toBe(false);
  });

  it('runs the method in a context that the policy derives from the inherited one', async () => {
    const deadline = Deadline.after('1s', clock);
    const timeLimiter = new TimeLimiter('customer', { timeoutDuration: '5s' }, { clock });

    const seen = await runInCallContext({ deadline, attempt: 3 }, () =>
      callProtected(timeLimiter, currentCallContext, rethrow),
    );

    expect(seen).toMatchObject({ deadline, attempt: 3 });
    expect((seen as CallContext).signal.aborted).toBe(false);
  });

  it('rejects when the inherited signal is aborted, and calls no fallback', async () => {
    const controller = new AbortController();
    const timeLimiter = new TimeLimiter('customer', {}, { clock });
    const result = runInCallContext({ signal: controller.signal }, () =>
      callProtected(
        timeLimiter,
        () => new Promise(() => {}),
        () => 'cached',
      ),
    );

    controller.abort('aborted by the caller');

    await expect(result).rejects.toBe('aborted by the caller');
  });

  it('rejects the Observable of a queued call that should be a promise, and calls no fallback', async () => {
    const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: '1s' }, { clock });
    bulkhead.tryAcquirePermission();
    const result = callProtected(
      bulkhead,
      () => of(1),
      () => 'cached',
    );

    bulkhead.onComplete();

    await expect(result).rejects.toThrow("A method protected by Bulkhead 'customer' returned an Observable");
  });

  it('throws synchronously if the method returns an Observable although a promise is declared', () => {
    expect(() => callProtected(circuitBreaker, () => of(1), rethrow)).toThrow(
      /CircuitBreaker 'customer' returned an Observable/,
    );
  });
});

describe('observeProtected', () => {
  it('makes one call for each subscription', async () => {
    let calls = 0;
    const observable = observeProtected(circuitBreaker, () => of(++calls), rethrow);

    expect(calls).toBe(0);
    expect(await lastValueFrom(observable)).toBe(1);
    expect(await lastValueFrom(observable)).toBe(2);
    expect(circuitBreaker.metrics.successfulCalls).toBe(2);
  });

  it('records a success when the stream completes', async () => {
    const source = new Subject<number>();
    const values = lastValueFrom(observeProtected(circuitBreaker, () => source, rethrow).pipe(toArray()));
    source.next(1);
    source.next(2);
    await settled();
    expect(circuitBreaker.metrics.bufferedCalls).toBe(0);
    clock.advance(61_000);
    source.complete();

    expect(await values).toStrictEqual([1, 2]);
    expect(circuitBreaker.metrics).toMatchObject({ successfulCalls: 1, slowCalls: 1 });
  });

  it('records a success when the stream completes without a value', async () => {
    expect(await lastValueFrom(observeProtected(circuitBreaker, () => EMPTY, rethrow).pipe(toArray()))).toStrictEqual(
      [],
    );
    expect(circuitBreaker.metrics.successfulCalls).toBe(1);
  });

  it('records a failure when the stream fails after a value', async () => {
    const failing = new Observable((subscriber) => {
      subscriber.next(1);
      subscriber.error(new Error('down'));
    });

    await expect(lastValueFrom(observeProtected(circuitBreaker, () => failing, rethrow))).rejects.toThrow('down');
    expect(circuitBreaker.metrics.failedCalls).toBe(1);
  });

  it('records a failure when the method throws', async () => {
    const call = () => {
      throw new Error('down');
    };

    await expect(lastValueFrom(observeProtected(circuitBreaker, call, rethrow))).rejects.toThrow('down');
    expect(circuitBreaker.metrics.failedCalls).toBe(1);
  });

  it('records a success when the subscriber unsubscribes after a value, as firstValueFrom does', async () => {
    const source = new Subject<number>();
    const first = firstValueFrom(observeProtected(circuitBreaker, () => source, rethrow));
    source.next(1);
    await settled();

    expect(await first).toBe(1);
    expect(source.observed).toBe(false);
    expect(circuitBreaker.metrics).toMatchObject({ successfulCalls: 1, failedCalls: 0 });
  });

  it('ends a synchronous stream when its subscriber unsubscribes', async () => {
    let emitted = 0;
    const source = new Observable<number>((subscriber) => {
      while (!subscriber.closed && emitted < 100) subscriber.next(++emitted);
    });

    const values = await lastValueFrom(
      observeProtected(circuitBreaker, () => source, rethrow).pipe(take(2), toArray()),
    );
    await settled();

    expect(values).toStrictEqual([1, 2]);
    expect(emitted).toBe(2);
    expect(circuitBreaker.metrics.successfulCalls).toBe(1);
  });

  it('releases the permission when the subscriber unsubscribes before a value', async () => {
    circuitBreaker = new CircuitBreaker('customer', { permittedNumberOfCallsInHalfOpenState: 1 }, { clock });
    circuitBreaker.transitionToOpenState();
    circuitBreaker.transitionToHalfOpenState();
    observeProtected(circuitBreaker, () => NEVER, rethrow)
      .subscribe()
      .unsubscribe();
    await settled();

    expect(circuitBreaker.metrics.bufferedCalls).toBe(0);
    expect(circuitBreaker.tryAcquirePermission()).toBe(true);
  });

  it('passes the last value to recordResult', async () => {
    const recordResult = (result: unknown) => result === 3;
    circuitBreaker = new CircuitBreaker('customer', { recordResult }, { clock });

    await lastValueFrom(observeProtected(circuitBreaker, () => range(1, 3), rethrow));
    await lastValueFrom(observeProtected(circuitBreaker, () => range(1, 4), rethrow));

    expect(circuitBreaker.metrics).toMatchObject({ failedCalls: 1, successfulCalls: 1 });
  });

  it('fails when a policy ends the call, even after values', async () => {
    const timeLimiter = new TimeLimiter('customer', {}, { clock });
    const both = { name: 'both', execute: circuitBreakerUnder(timeLimiter) } as unknown as Policy;
    const source = new Subject<number>();
    const values: unknown[] = [];
    const errors: unknown[] = [];
    observeProtected(both, () => source, rethrow).subscribe({
      next: (value) => values.push(value),
      error: (error: unknown) => errors.push(error),
    });
    source.next(1);
    clock.advance(1_000);
    await settled();

    expect(values).toStrictEqual([1]);
    expect(errors).toMatchObject([{ code: 'TIMEOUT_EXCEEDED' }]);
    expect(source.observed).toBe(false);
    expect(circuitBreaker.metrics.successfulCalls).toBe(0);
  });

  it('does not subscribe to the source when the caller has aborted', async () => {
    let calls = 0;
    const observable = observeProtected(circuitBreaker, () => of(++calls), rethrow);

    const last = runInCallContext({ signal: AbortSignal.abort('aborted by the caller') }, () =>
      lastValueFrom(observable),
    );

    await expect(last).rejects.toBe('aborted by the caller');
    expect(calls).toBe(0);
  });

  it.each([
    ['an Observable', of('cached')],
    ['a promise', Promise.resolve('cached')],
    ['a value', 'cached'],
  ])('accepts %s as the result of a fallback', async (_, result) => {
    const failing = () => throwError(() => new Error('down'));

    expect(await lastValueFrom(observeProtected(circuitBreaker, failing, () => result))).toBe('cached');
  });

  it('refuses a subscription when the policy refuses', async () => {
    circuitBreaker.transitionToForcedOpenState();

    await expect(lastValueFrom(observeProtected(circuitBreaker, () => of(1), rethrow))).rejects.toMatchObject({
      code: 'CALL_NOT_PERMITTED',
    });
  });
});
