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
import { callProtected, observeProtected, type Recover } from './protected-call.ts';

/** The circuit breaker inside of a policy. */
const circuitBreakerUnder =
  (outer: Policy): Policy['execute'] =>
  (call, context) =>
    outer.execute((inner) => circuitBreaker.execute(call, inner), context);

const rethrow: Recover = (error) => {
  throw error;
};

/** Lets everything that is already decided happen. */
const settled = () => new Promise(setImmediate);

let clock: FakeClock;
let circuitBreaker: CircuitBreaker;

beforeEach(() => {
  clock = new FakeClock();
  circuitBreaker = new CircuitBreaker('customer', { slidingWindowSize: 10 }, { clock });
});

describe('a protected call', () => {
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
  ])('that %s is recovered from', async (_, call) => {
    const recover = (error: unknown) => `instead of ${String(error)}`;

    expect(await callProtected(circuitBreaker, call, recover)).toBe('instead of Error: down');
    expect(circuitBreaker.metrics.failedCalls).toBe(1);
  });

  it('that is refused is recovered from, and the method is not called', async () => {
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

  it('runs in the context that the policy makes of the one it inherits', async () => {
    const deadline = Deadline.after('1s', clock);
    const timeLimiter = new TimeLimiter('customer', { timeoutDuration: '5s' }, { clock });

    const seen = await runInCallContext({ deadline, attempt: 3 }, () =>
      callProtected(timeLimiter, currentCallContext, rethrow),
    );

    expect(seen).toMatchObject({ deadline, attempt: 3 });
    expect((seen as CallContext).signal.aborted).toBe(false);
  });

  it('is ended by the signal that it inherits, and nothing takes over from it', async () => {
    const controller = new AbortController();
    const timeLimiter = new TimeLimiter('customer', {}, { clock });
    const result = runInCallContext({ signal: controller.signal }, () =>
      callProtected(
        timeLimiter,
        () => new Promise(() => {}),
        () => 'cached',
      ),
    );

    controller.abort('given up');

    await expect(result).rejects.toBe('given up');
  });

  it('that returns an undeclared Observable says so also when it is begun later, and nothing takes over', async () => {
    const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, maxWaitDuration: '1s' }, { clock });
    bulkhead.tryAcquirePermission();
    const result = callProtected(
      bulkhead,
      () => of(1),
      () => 'cached',
    );

    bulkhead.onComplete();

    await expect(result).rejects.toThrow("A method under Bulkhead 'customer' returned an Observable");
  });

  it('that returns an undeclared Observable says so at once', () => {
    expect(() => callProtected(circuitBreaker, () => of(1), rethrow)).toThrow(
      /CircuitBreaker 'customer' returned an Observable/,
    );
  });
});

describe('a protected Observable', () => {
  it('does nothing before it is subscribed to, and is a call each time it is', async () => {
    let calls = 0;
    const observable = observeProtected(circuitBreaker, () => of(++calls), rethrow);

    expect(calls).toBe(0);
    expect(await lastValueFrom(observable)).toBe(1);
    expect(await lastValueFrom(observable)).toBe(2);
    expect(circuitBreaker.metrics.successfulCalls).toBe(2);
  });

  it('succeeds at its end, not before', async () => {
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

  it('succeeds without a value, too', async () => {
    expect(await lastValueFrom(observeProtected(circuitBreaker, () => EMPTY, rethrow).pipe(toArray()))).toStrictEqual(
      [],
    );
    expect(circuitBreaker.metrics.successfulCalls).toBe(1);
  });

  it('fails when it errs, after values or not', async () => {
    const failing = new Observable((subscriber) => {
      subscriber.next(1);
      subscriber.error(new Error('down'));
    });

    await expect(lastValueFrom(observeProtected(circuitBreaker, () => failing, rethrow))).rejects.toThrow('down');
    expect(circuitBreaker.metrics.failedCalls).toBe(1);
  });

  it('fails when the method throws instead of returning one', async () => {
    const call = () => {
      throw new Error('down');
    };

    await expect(lastValueFrom(observeProtected(circuitBreaker, call, rethrow))).rejects.toThrow('down');
    expect(circuitBreaker.metrics.failedCalls).toBe(1);
  });

  it('succeeds when the subscriber leaves after a value, as firstValueFrom does', async () => {
    const source = new Subject<number>();
    const first = firstValueFrom(observeProtected(circuitBreaker, () => source, rethrow));
    source.next(1);
    await settled();

    expect(await first).toBe(1);
    expect(source.observed).toBe(false);
    expect(circuitBreaker.metrics).toMatchObject({ successfulCalls: 1, failedCalls: 0 });
  });

  it('stops at once when its subscriber leaves in the middle of a synchronous stream', async () => {
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

  it('gives the permission back when the subscriber leaves before a value', async () => {
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

  it('lets its last value be judged as the result', async () => {
    const recordResult = (result: unknown) => result === 3;
    circuitBreaker = new CircuitBreaker('customer', { recordResult }, { clock });

    await lastValueFrom(observeProtected(circuitBreaker, () => range(1, 3), rethrow));
    await lastValueFrom(observeProtected(circuitBreaker, () => range(1, 4), rethrow));

    expect(circuitBreaker.metrics).toMatchObject({ failedCalls: 1, successfulCalls: 1 });
  });

  it('fails when a policy ends it, even after values', async () => {
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

  it('is not subscribed to when nobody waits for it any more', async () => {
    let calls = 0;
    const observable = observeProtected(circuitBreaker, () => of(++calls), rethrow);

    const last = runInCallContext({ signal: AbortSignal.abort('given up') }, () => lastValueFrom(observable));

    await expect(last).rejects.toBe('given up');
    expect(calls).toBe(0);
  });

  it.each([
    ['an Observable', of('cached')],
    ['a promise', Promise.resolve('cached')],
    ['a value', 'cached'],
  ])('is recovered from by %s', async (_, instead) => {
    const failing = () => throwError(() => new Error('down'));

    expect(await lastValueFrom(observeProtected(circuitBreaker, failing, () => instead))).toBe('cached');
  });

  it('is refused when it is subscribed to', async () => {
    circuitBreaker.transitionToForcedOpenState();

    await expect(lastValueFrom(observeProtected(circuitBreaker, () => of(1), rethrow))).rejects.toMatchObject({
      code: 'CALL_NOT_PERMITTED',
    });
  });
});
