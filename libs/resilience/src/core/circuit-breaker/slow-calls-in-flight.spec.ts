import { AsyncLocalStorage } from 'node:async_hooks';
import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { CallContext } from '../policy.ts';
import { CallAbortedOnOpenError } from './circuit-breaker.errors.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

const options: CircuitBreakerOptions = {
  slidingWindowSize: 4,
  minimumNumberOfCalls: 4,
  slowCallDurationThreshold: '1s',
  slowCallRateThreshold: 50,
  permittedNumberOfCallsInHalfOpenState: 2,
  waitDurationInOpenState: '10s',
  slowCallsInFlightEnabled: true,
};

function setUp(further: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker('customer', { ...options, ...further }, { clock });
  const events: string[] = [];
  breaker.onEvent((event) => {
    if (event.type === 'STATE_TRANSITION') events.push(`${event.fromState}->${event.toState}`);
    else if (event.type === 'SLOW_CALL_RATE_EXCEEDED') events.push(`${event.type} ${event.slowCallRate}`);
    else events.push('elapsedDurationMs' in event ? `${event.type} ${event.elapsedDurationMs}` : event.type);
  });
  return { clock, breaker, events };
}

/** Starts a call that the returned functions end. */
function start(breaker: CircuitBreaker, context?: Partial<CallContext>) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = breaker.execute(() => promise, context).catch(() => {});
  return {
    succeed: async () => {
      resolve('ok');
      await call;
    },
    fail: async (error: Error = new Error('outage')) => {
      reject(error);
      await call;
    },
  };
}

const countsOf = ({ metrics }: CircuitBreaker) => ({
  calls: metrics.bufferedCalls,
  slow: metrics.slowCalls,
  slowFailed: metrics.slowFailedCalls,
});

describe('A slow call in flight', () => {
  it('is recorded when it passes the threshold, and not when it reaches it', () => {
    const { clock, breaker, events } = setUp();
    start(breaker);

    clock.advance(1_000);
    expect(breaker.metrics.bufferedCalls).toBe(0);
    clock.advance(1);

    expect(countsOf(breaker)).toStrictEqual({ calls: 1, slow: 1, slowFailed: 0 });
    // The events of a call report its end.
    expect(events).toStrictEqual([]);
  });

  it('is recorded only at its end with the option off', async () => {
    const { clock, breaker } = setUp({ slowCallsInFlightEnabled: false });
    const call = start(breaker);

    clock.advance(5_000);
    expect(breaker.metrics.bufferedCalls).toBe(0);
    expect(clock.pendingTimers).toBe(0);

    await call.succeed();
    expect(countsOf(breaker)).toStrictEqual({ calls: 1, slow: 1, slowFailed: 0 });
  });

  it('opens the circuit breaker before any call has ended, and is not recorded after that', () => {
    const { clock, breaker, events } = setUp({ slidingWindowSize: 10, slidingWindowType: 'TIME_BASED' });
    for (let each = 0; each < 6; each++) start(breaker);

    clock.advance(1_001);

    expect(breaker.state).toBe('OPEN');
    expect(events).toStrictEqual(['SLOW_CALL_RATE_EXCEEDED 100', 'CLOSED->OPEN']);
    expect(breaker.metrics.bufferedCalls).toBe(4);
  });

  it('lets callers continue at that moment, together with abortCallsOnOpen', async () => {
    const { clock, breaker, events } = setUp({ abortCallsOnOpen: true });
    const hang = ({ signal }: CallContext) =>
      new Promise<never>((_resolve, reject) => {
        // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the test checks the reason
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    const calls = [1, 2, 3, 4, 5].map(() => breaker.execute(hang));

    clock.advance(1_001);

    const results = await Promise.allSettled(calls);
    expect(
      results.map((result) => result.status === 'rejected' && result.reason instanceof CallAbortedOnOpenError),
    ).toStrictEqual(Array.from({ length: 5 }, () => true));
    expect(countsOf(breaker)).toStrictEqual({ calls: 4, slow: 4, slowFailed: 0 });
    expect(events.slice(2)).toStrictEqual(Array.from({ length: 5 }, () => 'IGNORED_ERROR 1001'));
  });

  it('keeps its entry when it succeeds, and emits its event with its whole duration', async () => {
    const { clock, breaker, events } = setUp();
    const call = start(breaker);
    clock.advance(3_000);

    await call.succeed();

    expect(countsOf(breaker)).toStrictEqual({ calls: 1, slow: 1, slowFailed: 0 });
    expect(events).toStrictEqual(['SUCCESS 3000']);
  });

  it('becomes slow and failed when it fails', async () => {
    const { clock, breaker, events } = setUp();
    const call = start(breaker);
    clock.advance(3_000);

    await call.fail();

    expect(countsOf(breaker)).toStrictEqual({ calls: 1, slow: 1, slowFailed: 1 });
    expect(breaker.window).toMatchObject({ outcomes: ['SLOW_ERROR'] });
    expect(events).toStrictEqual(['ERROR 3000']);
  });

  it('opens the circuit breaker when its failure reaches the failure rate', async () => {
    const { clock, breaker, events } = setUp({ slowCallRateThreshold: 100, failureRateThreshold: 25 });
    const slow = start(breaker);
    clock.advance(1_001);
    for (let each = 0; each < 3; each++) await start(breaker).succeed();
    expect(breaker.state).toBe('CLOSED');

    await slow.fail();

    expect(breaker.state).toBe('OPEN');
    expect(events.slice(-3)).toStrictEqual(['ERROR 1001', 'FAILURE_RATE_EXCEEDED', 'CLOSED->OPEN']);
  });

  it.each(['COUNT_BASED', 'TIME_BASED'] as const)(
    'changes nothing when it fails after its entry has left a %s window',
    async (slidingWindowType) => {
      const { clock, breaker } = setUp({ slidingWindowType, slowCallRateThreshold: 100, failureRateThreshold: 100 });
      const slow = start(breaker);
      clock.advance(1_001);
      if (slidingWindowType === 'TIME_BASED') clock.advance(4_000);
      for (let each = 0; each < 4; each++) await start(breaker).succeed();

      await slow.fail();

      expect(countsOf(breaker)).toStrictEqual({ calls: 4, slow: 0, slowFailed: 0 });
    },
  );

  it('keeps its entry when its caller aborts, and when its error is ignored', async () => {
    class NotFoundError extends Error {}
    const { clock, breaker, events } = setUp({ ignoreExceptions: [NotFoundError] });
    const controller = new AbortController();
    const calls = [start(breaker, { signal: controller.signal }), start(breaker)] as const;
    clock.advance(1_001);

    controller.abort();
    await calls[0].fail();
    await calls[1].fail(new NotFoundError());

    expect(countsOf(breaker)).toStrictEqual({ calls: 2, slow: 2, slowFailed: 0 });
    expect(events).toStrictEqual(['SUCCESS 1001', 'IGNORED_ERROR 1001']);
  });

  it('passes its outcome to transitionOnResult when it ends', async () => {
    const { clock, breaker } = setUp({
      transitionOnResult: (outcome) => ('error' in outcome ? { toState: 'OPEN' } : 'NO_TRANSITION'),
    });
    const slow = start(breaker);
    clock.advance(1_001);
    expect(breaker.state).toBe('CLOSED');

    await slow.fail();

    expect(breaker.state).toBe('OPEN');
  });

  it('has no entry in a state that did not permit it, and changes none there', async () => {
    const { clock, breaker } = setUp();
    const before = [start(breaker), start(breaker)] as const;
    breaker.reset();
    clock.advance(1_001);
    expect(breaker.metrics.bufferedCalls).toBe(0);

    const noticed = start(breaker);
    clock.advance(1_001);
    breaker.transitionToOpenState();
    await before[0].fail();
    await noticed.fail();

    expect(countsOf(breaker)).toStrictEqual({ calls: 1, slow: 1, slowFailed: 0 });
  });

  it('uses up its trial call in HALF_OPEN, however it ends', async () => {
    class NotFoundError extends Error {}
    const { clock, breaker } = setUp({ initialState: 'HALF_OPEN', ignoreExceptions: [NotFoundError] });
    const slow = start(breaker);
    clock.advance(1_001);
    await slow.fail(new NotFoundError());

    expect(breaker.tryAcquirePermission()).toBe(true);
    expect(breaker.tryAcquirePermission()).toBe(false);
  });

  it('opens HALF_OPEN again when the trial calls hang', () => {
    const { clock, breaker, events } = setUp({ initialState: 'HALF_OPEN' });
    start(breaker);
    start(breaker);

    clock.advance(1_001);

    expect(events).toStrictEqual(['HALF_OPEN->OPEN']);
  });

  it('is recorded in METRICS_ONLY, which announces the rate and stays', () => {
    const { clock, breaker, events } = setUp({ initialState: 'METRICS_ONLY' });
    for (let each = 0; each < 5; each++) start(breaker);

    clock.advance(1_001);

    expect(breaker.state).toBe('METRICS_ONLY');
    expect(events).toStrictEqual(['SLOW_CALL_RATE_EXCEEDED 100']);
    expect(breaker.metrics.slowCalls).toBe(4);
  });

  it('is not recorded in DISABLED, and needs no timer there', () => {
    const { clock, breaker } = setUp({ initialState: 'DISABLED' });
    start(breaker);

    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_001);
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('is recorded in the current step of a ramp-up', async () => {
    const { clock, breaker } = setUp({ initialState: 'HALF_OPEN', rampUpSteps: [50], slowCallRateThreshold: 50 });
    await start(breaker).succeed();
    await start(breaker).succeed();
    start(breaker);
    // Refused: every second call is permitted.
    start(breaker);
    start(breaker);

    clock.advance(1_001);

    expect(breaker.state).toBe('OPEN');
  });

  it('is not known for permissions that are acquired by hand', () => {
    const { clock, breaker } = setUp();
    breaker.acquirePermission();

    clock.advance(5_000);
    expect(breaker.metrics.bufferedCalls).toBe(0);

    breaker.onError(5_000, new Error('outage'));
    expect(countsOf(breaker)).toStrictEqual({ calls: 1, slow: 1, slowFailed: 1 });
  });
});

describe('The timer of slow calls in flight', () => {
  it('is one for all calls, and none is left without calls', async () => {
    const { clock, breaker } = setUp({ slowCallRateThreshold: 100 });
    for (let each = 0; each < 100; each++) {
      const call = start(breaker);
      expect(clock.pendingTimers).toBe(1);
      clock.advance(1);
      await call.succeed();
    }

    clock.advance(1_001);

    expect(clock.pendingTimers).toBe(0);
    expect(() => breaker.dispose()).not.toThrow();
  });

  it('does not fire for each call, but when the threshold of the oldest has passed', async () => {
    const { clock, breaker } = setUp({ slowCallRateThreshold: 100 });
    const schedule = vi.spyOn(clock, 'schedule');
    start(breaker);
    for (let each = 0; each < 10; each++) {
      const call = start(breaker);
      clock.advance(100);
      await call.succeed();
    }

    expect(schedule).toHaveBeenCalledTimes(1);
    clock.advance(1);

    expect(breaker.metrics.slowCalls).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not record a younger call that has just reached the threshold', () => {
    const { clock, breaker } = setUp();
    start(breaker);
    clock.advance(1);
    start(breaker);

    clock.advance(1_000);
    expect(breaker.metrics.slowCalls).toBe(1);
    clock.advance(1);

    expect(breaker.metrics.slowCalls).toBe(2);
  });

  it('starts again for calls after the last slow one', () => {
    const { clock, breaker } = setUp();
    start(breaker);
    clock.advance(5_000);

    start(breaker);
    clock.advance(1_001);

    expect(breaker.metrics.slowCalls).toBe(2);
  });

  it('waits for the next call when the oldest has ended in time', async () => {
    const { clock, breaker } = setUp();
    const first = start(breaker);
    clock.advance(600);
    start(breaker);
    await first.succeed();

    clock.advance(1_000);
    expect(breaker.metrics.slowCalls).toBe(0);
    clock.advance(1);

    expect(breaker.metrics.slowCalls).toBe(1);
  });

  it('does not see the async context of the first caller', () => {
    const request = new AsyncLocalStorage<string>();
    const { clock, breaker } = setUp({ slidingWindowSize: 1 });
    const contexts: (string | undefined)[] = [];
    breaker.on('STATE_TRANSITION', () => contexts.push(request.getStore()));

    request.run('request 1', () => start(breaker));
    request.run('request 2', () => clock.advance(1_001));

    expect(contexts).toStrictEqual([undefined]);
  });

  it('follows a new threshold, also for calls that have passed it already', () => {
    const { clock, breaker } = setUp();
    start(breaker);
    clock.advance(500);
    start(breaker);

    breaker.reconfigure({ ...options, slowCallDurationThreshold: '300ms' });
    clock.advance(1);
    expect(breaker.metrics.slowCalls).toBe(1);
    breaker.reconfigure({ ...options, slowCallDurationThreshold: '2s' });
    clock.advance(1_999);
    expect(breaker.metrics.slowCalls).toBe(1);
    clock.advance(1);

    expect(breaker.metrics.slowCalls).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when the option is turned off', async () => {
    const { clock, breaker } = setUp();
    const call = start(breaker);

    breaker.reconfigure({ ...options, slowCallsInFlightEnabled: false });

    expect(clock.pendingTimers).toBe(0);
    clock.advance(1_001);
    expect(breaker.metrics.slowCalls).toBe(0);
    await call.succeed();
    expect(breaker.metrics.slowCalls).toBe(1);
  });

  it('ends when the circuit breaker is disposed, and starts neither for a later call nor with new options', async () => {
    const { clock, breaker } = setUp();
    const call = start(breaker);

    breaker.dispose();
    start(breaker);
    breaker.reconfigure({ ...options, slowCallDurationThreshold: '2s' });

    expect(clock.pendingTimers).toBe(0);
    await call.fail();
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });
});
