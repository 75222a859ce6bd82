import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CallNotPermittedError, ResultRecordedAsFailureError } from './circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';

const outage = new Error('outage');

function setUp(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker(
    'customer',
    { slidingWindowSize: 2, minimumNumberOfCalls: 2, waitDurationInOpenState: '10s', ...options },
    { clock },
  );
  const types: string[] = [];
  breaker.onEvent((event) => types.push(event.type));
  return { clock, breaker, types };
}

/** An in-flight call that the test ends. */
function startCall(breaker: CircuitBreaker, signal?: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const settled = breaker.execute(() => promise, signal && { signal });
  settled.catch(() => {});
  return {
    succeed: async (value: unknown = 'answer') => {
      resolve(value);
      await settled;
    },
    fail: async (error: unknown = outage) => {
      reject(error);
      await settled.catch(() => {});
    },
  };
}

describe('A call that its caller aborts', () => {
  it.each([
    [1_000, 'IGNORED_ERROR', 0],
    [1_001, 'SUCCESS', 1],
  ])(
    'counts as slow only above the threshold: after %s ms of one second it is %s',
    async (lastedMs, type, slowCalls) => {
      const { clock, breaker, types } = setUp({ slowCallDurationThreshold: '1s' });
      const caller = new AbortController();
      const call = startCall(breaker, caller.signal);

      clock.advance(lastedMs);
      caller.abort();
      await call.fail();

      expect(types.at(-1)).toBe(type);
      expect(breaker.metrics.slowCalls).toBe(slowCalls);
    },
  );
});

describe('CircuitBreaker.execute', () => {
  it('returns what the call returns and records a success', async () => {
    const { breaker, types } = setUp();

    await expect(breaker.execute(() => 'immediate')).resolves.toBe('immediate');
    await expect(breaker.execute(async () => 'delayed')).resolves.toBe('delayed');

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 2, successfulCalls: 2 });
    expect(types).toStrictEqual(['SUCCESS', 'SUCCESS']);
  });

  it('records a success when the call returns undefined', async () => {
    const { breaker } = setUp();

    await expect(breaker.execute(() => undefined)).resolves.toBeUndefined();

    expect(breaker.metrics.successfulCalls).toBe(1);
  });

  it('throws what the call throws, synchronously or not, and records a failure', async () => {
    const { breaker } = setUp();

    await expect(
      breaker.execute(() => {
        throw outage;
      }),
    ).rejects.toBe(outage);
    await expect(breaker.execute(() => Promise.reject(outage))).rejects.toBe(outage);

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 2, failedCalls: 2 });
    expect(breaker.state).toBe('OPEN');
  });

  it('measures the duration of calls and counts a call above the threshold as slow', async () => {
    const { breaker, clock } = setUp({ slowCallDurationThreshold: '1s', slowCallRateThreshold: 100 });
    const first = startCall(breaker);
    const second = startCall(breaker);

    clock.advance(1_000);
    await first.succeed();
    clock.advance(1);
    await second.succeed();

    expect(breaker.metrics).toMatchObject({ slowCalls: 1, slowCallRate: 50 });
    expect(breaker.state).toBe('CLOSED');
  });

  it('refuses a call in OPEN with the name, the state and the remaining wait', async () => {
    const { breaker, clock } = setUp();
    breaker.transitionToOpenState();
    clock.advance(5_800);
    const call = vi.fn<() => string>();

    const refusal = await breaker.execute(call).catch((error: unknown) => error);

    expect(call).not.toHaveBeenCalled();
    expect(refusal).toBeInstanceOf(CallNotPermittedError);
    expect(refusal).toMatchObject({
      name: 'CallNotPermittedError',
      code: 'CALL_NOT_PERMITTED',
      circuitBreakerName: 'customer',
      state: 'OPEN',
      retryAfterMs: 4_200,
      message: "CircuitBreaker 'customer' is OPEN and does not permit further calls; retry in 4.2 s.",
    });
  });

  it('reports no remaining wait in FORCED_OPEN', async () => {
    const { breaker } = setUp();
    breaker.transitionToForcedOpenState();

    await expect(breaker.execute(() => 1)).rejects.toMatchObject({ state: 'FORCED_OPEN', retryAfterMs: undefined });
  });

  it('omits the stack trace of refusals when it is disabled', async () => {
    const { breaker } = setUp({ writableStackTraceEnabled: false, initialState: 'FORCED_OPEN' });

    const refusal = await breaker.execute(() => 1).catch((error: unknown) => error as Error);

    expect(refusal).toBeInstanceOf(CallNotPermittedError);
    expect((refusal as Error).stack).not.toContain('\n    at ');
    expect(new Error('another').stack).toContain('\n    at ');
  });

  it('counts a value as a failure by recordResult and still returns it', async () => {
    const { breaker } = setUp({ recordResult: (result) => result === 503 });
    const onError = vi.fn<(event: { error: unknown }) => void>();
    breaker.on('ERROR', onError);

    await expect(breaker.execute(() => 503)).resolves.toBe(503);

    expect(breaker.metrics.failedCalls).toBe(1);
    expect(onError.mock.calls[0]?.[0].error).toBeInstanceOf(ResultRecordedAsFailureError);
  });

  it('passes the signal and the attempt of the caller to the call', async () => {
    const { breaker } = setUp();
    const { signal } = new AbortController();

    const seen = await breaker.execute((context) => ({ signal: context.signal, attempt: context.attempt }), {
      signal,
      attempt: 2,
    });

    expect(seen).toStrictEqual({ signal, attempt: 2 });
  });

  it('passes a signal that is never aborted when the caller has none', async () => {
    const { breaker } = setUp();

    expect(await breaker.execute(({ signal, attempt }) => [signal.aborted, attempt])).toStrictEqual([false, 1]);
  });

  it.each([
    ['throws its reason', (reason: Error) => reason],
    ['throws an AbortError of its own', () => new DOMException('aborted', 'AbortError')],
  ])('ignores a call that the caller aborted and that %s', async (_how, errorOf) => {
    const { breaker, types } = setUp({ initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 1 });
    const controller = new AbortController();
    const reason = new Error('the client disconnected');
    const call = startCall(breaker, controller.signal);

    controller.abort(reason);
    await call.fail(errorOf(reason));

    expect(breaker.metrics.bufferedCalls).toBe(0);
    expect(types).toStrictEqual(['IGNORED_ERROR']);
    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('ignores any error that arrives after an abort by the caller', async () => {
    const { breaker, types } = setUp();
    const controller = new AbortController();
    const call = startCall(breaker, controller.signal);

    controller.abort();
    await call.fail(outage);

    expect(breaker.metrics.bufferedCalls).toBe(0);
    expect(types).toStrictEqual(['IGNORED_ERROR']);
  });

  it('counts a trial call as a failure when a predicate throws, and throws the error of the call', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { breaker } = setUp({
      initialState: 'HALF_OPEN',
      permittedNumberOfCallsInHalfOpenState: 1,
      recordException: () => {
        throw new Error('broken predicate');
      },
    });

    await expect(breaker.execute(() => Promise.reject(outage))).rejects.toBe(outage);

    expect(breaker.state).toBe('OPEN');
    expect(emitWarning).toHaveBeenCalledOnce();
    emitWarning.mockRestore();
  });

  it('succeeds when a listener throws', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { breaker } = setUp();
    breaker.onEvent(() => {
      throw new Error('broken listener');
    });

    await expect(breaker.execute(() => 'answer')).resolves.toBe('answer');

    expect(breaker.metrics.successfulCalls).toBe(1);
    emitWarning.mockRestore();
  });
});

/** The one difference from the low-level methods, and from Resilience4j. */
describe('A result that arrives after the state that permitted the call was left', () => {
  it('is emitted as an event and not recorded in OPEN', async () => {
    const { breaker, types } = setUp();
    const call = startCall(breaker);

    breaker.transitionToOpenState();
    await call.fail();

    expect(types).toStrictEqual(['STATE_TRANSITION', 'ERROR']);
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('does not decide a HALF_OPEN that did not permit the call', async () => {
    const { breaker, clock } = setUp({ permittedNumberOfCallsInHalfOpenState: 2 });
    const [late, second] = [startCall(breaker), startCall(breaker)];
    breaker.transitionToOpenState();
    clock.advance(10_001);
    const trial = startCall(breaker);

    await late.fail();
    await second.fail();

    expect(breaker.state).toBe('HALF_OPEN');
    await trial.succeed();
    await breaker.execute(() => 'second trial call');
    expect(breaker.state).toBe('CLOSED');
  });

  it('returns no permission to another state', async () => {
    const { breaker } = setUp({ permittedNumberOfCallsInHalfOpenState: 1, ignoreExceptions: [TypeError] });
    const late = startCall(breaker);
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    expect(breaker.tryAcquirePermission()).toBe(true);

    await late.fail(new TypeError());

    expect(breaker.tryAcquirePermission()).toBe(false);
  });

  it('is not recorded in a new CLOSED', async () => {
    const { breaker } = setUp();
    const late = startCall(breaker);

    breaker.reset();
    await late.fail();

    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('is recorded when it is reported by the low-level methods, as in Resilience4j', () => {
    const { breaker } = setUp();
    breaker.acquirePermission();

    breaker.transitionToOpenState();
    breaker.onError(5, outage);

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 1, failedCalls: 1 });
  });
});

describe('CircuitBreaker.decorate', () => {
  it('passes this and the arguments to the function', async () => {
    const { breaker } = setUp();
    const service = {
      prefix: 'customer',
      find: breaker.decorate(function (this: { prefix: string }, id: number, suffix: string) {
        return `${this.prefix}-${id}${suffix}`;
      }),
    };

    await expect(service.find(7, '!')).resolves.toBe('customer-7!');
    expect(breaker.metrics.successfulCalls).toBe(1);
  });
});

describe('transitionOnResult', () => {
  it('opens on a single outcome with its own wait', async () => {
    const { breaker, clock } = setUp({
      slidingWindowSize: 10,
      minimumNumberOfCalls: 10,
      transitionOnResult: (outcome) => ('error' in outcome ? { toState: 'OPEN', waitDuration: '1s' } : 'NO_TRANSITION'),
    });

    await breaker.execute(() => 'fine');
    expect(breaker.state).toBe('CLOSED');
    await breaker.execute(() => Promise.reject(outage)).catch(() => {});
    expect(breaker.state).toBe('OPEN');
    expect(breaker.remainingMs).toBe(1_000);
    clock.advance(1_001);
    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('receives an error that is not recorded', async () => {
    const outcomes: unknown[] = [];
    const { breaker } = setUp({
      recordExceptions: [TypeError],
      transitionOnResult: (outcome) => {
        outcomes.push(outcome);
        return 'NO_TRANSITION';
      },
    });

    await breaker.execute(() => Promise.reject(outage)).catch(() => {});

    expect(outcomes).toStrictEqual([{ error: outage }]);
    expect(breaker.metrics).toMatchObject({ successfulCalls: 1, failedCalls: 0 });
  });
});

describe('CircuitBreaker.bufferedEvents', () => {
  it('returns the most recent events with their details', () => {
    const { breaker, clock } = setUp({ eventConsumerBufferSize: 2, slidingWindowSize: 10, minimumNumberOfCalls: 10 });
    breaker.onSuccess(3);
    breaker.onError(4, outage);
    breaker.transitionToForcedOpenState();

    expect(breaker.bufferedEvents()).toStrictEqual([
      { type: 'ERROR', circuitBreakerName: 'customer', creationTime: clock.now(), elapsedDurationMs: 4, error: outage },
      {
        type: 'STATE_TRANSITION',
        circuitBreakerName: 'customer',
        creationTime: clock.now(),
        fromState: 'CLOSED',
        toState: 'FORCED_OPEN',
      },
    ]);
  });

  it('returns no events when the buffer size is 0', () => {
    const { breaker } = setUp({ eventConsumerBufferSize: 0 });

    breaker.onSuccess(3);

    expect(breaker.bufferedEvents()).toStrictEqual([]);
  });
});
