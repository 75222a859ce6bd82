import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { type UsedEndpoint, UsedEndpoints } from '../call-endpoints.ts';
import { DeadlineExceededError } from '../deadline.ts';
import type { CallContext } from '../policy.ts';
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
  it('makes no call and uses no permission when its caller has already aborted', async () => {
    const { breaker, types } = setUp({ initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 1 });
    const call = vi.fn<() => string>();
    const reason = new Error('the client disconnected');

    await expect(breaker.execute(call, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(call).not.toHaveBeenCalled();
    expect(types).toStrictEqual([]);
    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('counts a call as in flight until it ends', async () => {
    const { breaker } = setUp();
    const [first, second] = [startCall(breaker), startCall(breaker)];
    expect(breaker.usage.inFlightCalls).toBe(2);

    await first.succeed();
    expect(breaker.usage.inFlightCalls).toBe(1);
    await second.fail();

    expect(breaker.usage.inFlightCalls).toBe(0);
  });

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

describe('The events of a call', () => {
  const response = (status: number) => new Response(null, { status });

  it.each([
    ['response 200', () => response(200), 'SUCCESS', 'success'],
    ['response 404', () => response(404), 'SUCCESS', 'client_error'],
    ['response 503', () => response(503), 'ERROR', 'server_error'],
    ['broken connection', () => Promise.reject(new TypeError('fetch failed')), 'ERROR', 'no_response'],
    ['programming error', () => Promise.reject(new SyntaxError('no JSON')), 'IGNORED_ERROR', 'program_error'],
  ])('have the outcome of a classified call: %s', async (_what, call, type, outcome) => {
    const { breaker, clock } = setUp({ classification: 'http' });
    const events: unknown[] = [];
    breaker.onEvent((event) => events.push(event));

    await breaker.execute<unknown>(call).catch(() => {});

    const common = { type, circuitBreakerName: 'customer', creationTime: clock.now(), elapsedDurationMs: 0, outcome };
    expect(events).toStrictEqual([type === 'SUCCESS' ? common : { ...common, error: expect.any(Error) }]);
    expect(breaker.metrics).toMatchObject({
      bufferedCalls: type === 'IGNORED_ERROR' ? 0 : 1,
      failedCalls: type === 'ERROR' ? 1 : 0,
    });
  });

  it('have no outcome without a classification', async () => {
    const { breaker } = setUp({ eventConsumerBufferSize: 1 });

    await breaker.execute(() => response(503));

    expect(breaker.bufferedEvents()[0]).not.toHaveProperty('outcome');
    expect(breaker.metrics.successfulCalls).toBe(1);
  });

  it('contain the recorded value as an error that names the circuit breaker', async () => {
    const { breaker } = setUp({ recordResult: (result) => result === 503, eventConsumerBufferSize: 1 });

    await breaker.execute(() => 503);

    expect(breaker.bufferedEvents()).toMatchObject([
      { error: { message: "CircuitBreaker 'customer' recorded a returned value as a failure.", result: 503 } },
    ]);
  });
});

describe('recordResult', () => {
  it('also applies to calls that a classification counts as successes', async () => {
    const { breaker } = setUp({ classification: 'http', recordResult: (result) => result === 'stale' });

    await breaker.execute(() => 'stale');
    await breaker.execute(() => 'fresh');

    expect(breaker.metrics).toMatchObject({ failedCalls: 1, successfulCalls: 1 });
  });

  it('does not count the value of a call that its caller has aborted', async () => {
    const { breaker, types } = setUp({ recordResult: () => true });
    const caller = new AbortController();
    const call = startCall(breaker, caller.signal);

    caller.abort();
    await call.succeed(503);

    expect(types).toStrictEqual(['IGNORED_ERROR']);
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('counts no failure when it returns no boolean, which is reported', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());
    const { breaker } = setUp({ recordResult: (() => 'yes') as never });

    await breaker.execute(() => 503);

    expect(breaker.metrics).toMatchObject({ failedCalls: 0, successfulCalls: 1 });
    expect(emitWarning.mock.calls[0]?.[0]).toContain("recordResult of CircuitBreaker 'customer' returned 'yes'");
  });
});

describe("A call that its caller's deadline ends", () => {
  it.each([
    [1_000, 'IGNORED_ERROR', 0],
    [1_001, 'SUCCESS', 1],
  ])('counts at most as slow: after %s ms of one second it is %s', async (lastedMs, type, slowCalls) => {
    const { breaker, clock, types } = setUp({ slowCallDurationThreshold: '1s', recordExceptions: [Error] });
    const { promise, reject } = Promise.withResolvers<never>();
    const call = breaker.execute(() => promise);

    clock.advance(lastedMs);
    reject(new DeadlineExceededError('GET /accounts'));

    await expect(call).rejects.toBeInstanceOf(DeadlineExceededError);
    expect(types).toStrictEqual([type]);
    expect(breaker.metrics).toMatchObject({ failedCalls: 0, slowCalls });
  });

  it('is not passed to transitionOnResult when it was slow', async () => {
    const transitionOnResult = vi.fn(() => 'NO_TRANSITION' as const);
    const { breaker, clock } = setUp({ slowCallDurationThreshold: '1s', transitionOnResult });
    const caller = new AbortController();
    const call = startCall(breaker, caller.signal);

    clock.advance(1_001);
    caller.abort();
    await call.fail();

    expect(breaker.metrics.slowCalls).toBe(1);
    expect(transitionOnResult).not.toHaveBeenCalled();
  });
});

/** An endpoint pool records the endpoint of each attempt in the context. */
describe('A call at an endpoint that its pool has taken out of service', () => {
  const slowAfter = { slowCallDurationThreshold: '1s' } as const;
  const endpoint = (isOutOfService: boolean) => ({ name: 'a', url: 'http://a', isOutOfService });

  /** Makes a call of this duration that uses the endpoints, one after the other. */
  async function callAt(
    { breaker, clock }: ReturnType<typeof setUp>,
    endpoints: readonly UsedEndpoint[],
    { lastedMs, error, context }: { lastedMs: number; error?: Error; context?: Partial<CallContext> },
  ) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = breaker.execute(({ usedEndpoints }) => {
      for (const each of endpoints) usedEndpoints?.add(each);
      return promise;
    }, context);
    clock.advance(lastedMs);
    if (error === undefined) resolve('answer');
    else reject(error);
    await call.catch(() => {});
  }

  it.each([
    ['a failure', outage, 1, 'IGNORED_ERROR', 0],
    ['a slow failure', outage, 1_001, 'IGNORED_ERROR', 0],
    ['a slow success', undefined, 1_001, 'SUCCESS', 0],
    ['a success at the threshold', undefined, 1_000, 'SUCCESS', 1],
  ])('is recorded only if it is neither failed nor slow: %s', async (_what, error, lastedMs, type, recorded) => {
    const scene = setUp({ ...slowAfter, initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 2 });

    await callAt(scene, [endpoint(true)], { lastedMs, ...(error && { error }) });

    expect(scene.types).toStrictEqual([type]);
    expect(scene.breaker.metrics.bufferedCalls).toBe(recorded);
    // A call that is not recorded returns its permission.
    const further = [1, 2, 3].filter(() => scene.breaker.tryAcquirePermission());
    expect(further).toHaveLength(2 - recorded);
  });

  it.each([
    ['an endpoint is in service', [endpoint(true), endpoint(false)]],
    ['no endpoint was used', []],
  ])('is recorded when %s', async (_when, endpoints) => {
    const scene = setUp();

    await callAt(scene, endpoints, { lastedMs: 1, error: outage });

    expect(scene.types).toStrictEqual(['ERROR']);
    expect(scene.breaker.metrics.failedCalls).toBe(1);
  });

  it('has its whole duration in its event', async () => {
    const scene = setUp({ ...slowAfter, eventConsumerBufferSize: 1 });

    await callAt(scene, [endpoint(true)], { lastedMs: 1_001 });

    expect(scene.breaker.bufferedEvents()).toMatchObject([{ type: 'SUCCESS', elapsedDurationMs: 1_001 }]);
  });

  it('is judged by its own endpoints, not by those of earlier attempts', async () => {
    const earlier = () => {
      const usedEndpoints = new UsedEndpoints(true);
      usedEndpoints.add(endpoint(true));
      return { usedEndpoints };
    };
    const scene = setUp({ slidingWindowSize: 10, minimumNumberOfCalls: 10 });

    await callAt(scene, [], { lastedMs: 1, error: outage, context: earlier() });
    expect(scene.breaker.metrics.failedCalls).toBe(1);
    await callAt(scene, [endpoint(true)], { lastedMs: 1, error: outage, context: earlier() });
    expect(scene.breaker.metrics.failedCalls).toBe(1);
  });

  it('keeps its entry, and uses up its permission, when it was recorded as slow before', async () => {
    const { breaker, clock, types } = setUp({
      ...slowAfter,
      initialState: 'HALF_OPEN',
      permittedNumberOfCallsInHalfOpenState: 2,
      slowCallsInFlightEnabled: true,
    });
    const used = { ...endpoint(false) };
    const { promise, resolve } = Promise.withResolvers<string>();
    const call = breaker.execute(({ usedEndpoints }) => {
      usedEndpoints?.add(used);
      return promise;
    });
    clock.advance(1_001);
    expect(breaker.metrics.slowCalls).toBe(1);

    used.isOutOfService = true;
    resolve('answer');
    await call;

    expect(types).toStrictEqual(['SUCCESS']);
    expect(breaker.metrics.slowCalls).toBe(1);
    expect([1, 2].map(() => breaker.tryAcquirePermission())).toStrictEqual([true, false]);
  });

  it('is not recorded as slow while it is in flight', () => {
    const { breaker, clock } = setUp({ ...slowAfter, slowCallsInFlightEnabled: true });
    void breaker.execute(({ usedEndpoints }) => {
      usedEndpoints?.add(endpoint(true));
      return new Promise(() => {});
    });

    clock.advance(1_001);

    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('returns no permission to another state', async () => {
    const scene = setUp({ ...slowAfter, permittedNumberOfCallsInHalfOpenState: 1 });
    const { breaker, clock } = scene;
    const { promise, resolve } = Promise.withResolvers<string>();
    const late = breaker.execute(({ usedEndpoints }) => {
      usedEndpoints?.add(endpoint(true));
      return promise;
    });
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    expect(breaker.tryAcquirePermission()).toBe(true);

    clock.advance(1_001);
    resolve('answer');
    await late;

    expect(breaker.tryAcquirePermission()).toBe(false);
  });
});

describe('The low-level methods of a circuit breaker', () => {
  it('throw a CallNotPermittedError only when the permission is refused', () => {
    const { breaker } = setUp({ initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 1 });

    expect(() => breaker.acquirePermission()).not.toThrow();
    expect(() => breaker.acquirePermission()).toThrow(CallNotPermittedError);
    breaker.releasePermission();
    expect(() => breaker.acquirePermission()).not.toThrow();
  });

  it('record a result as execute does', () => {
    const { breaker, types } = setUp({ recordResult: (result) => result === 503, ignoreExceptions: [TypeError] });

    breaker.onResult(1, 503);
    breaker.onResult(1, 200);
    breaker.onError(1, new TypeError());

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 2, failedCalls: 1, successfulCalls: 1 });
    expect(types.filter((type) => type !== 'STATE_TRANSITION' && type !== 'FAILURE_RATE_EXCEEDED')).toStrictEqual([
      'ERROR',
      'SUCCESS',
      'IGNORED_ERROR',
    ]);
  });

  it('record a success without recordResult, which needs a value', () => {
    const { breaker } = setUp({ recordResult: () => true, classification: 'http', eventConsumerBufferSize: 1 });

    breaker.onSuccess(1);

    expect(breaker.bufferedEvents()).toMatchObject([{ type: 'SUCCESS', outcome: 'success' }]);
    expect(breaker.metrics).toMatchObject({ failedCalls: 0, successfulCalls: 1 });
  });

  it.each<[string, (breaker: CircuitBreaker) => unknown]>([
    ['tryAcquirePermission', (breaker) => breaker.tryAcquirePermission()],
    ['acquirePermission', (breaker) => breaker.acquirePermission()],
    ['onSuccess', (breaker) => breaker.onSuccess(1)],
    ['onError', (breaker) => breaker.onError(1, outage)],
    ['onResult', (breaker) => breaker.onResult(1, 'answer')],
  ])('count as use of the circuit breaker: %s', (_method, use) => {
    const { breaker } = setUp();
    const before = breaker.usage.activity;

    use(breaker);

    expect(breaker.usage.activity).toBeGreaterThan(before);
    expect(breaker.usage.inFlightCalls).toBe(0);
  });

  it.each<[string, (breaker: CircuitBreaker) => void, string]>([
    ['onSuccess', (breaker) => breaker.onSuccess(Number.NaN), 'durationMs must be a finite number, but NaN was given.'],
    ['onError', (breaker) => breaker.onError(Number.NaN, 1), 'durationMs must be a finite number, but NaN was given.'],
    [
      'onResult',
      (breaker) => breaker.onResult(Infinity, 1),
      'durationMs must be a finite number, but Infinity was given.',
    ],
    [
      'transitionToOpenStateFor',
      (breaker) => breaker.transitionToOpenStateFor(-1),
      'waitDuration must be a duration of',
    ],
    [
      'transitionToOpenStateUntil',
      (breaker) => breaker.transitionToOpenStateUntil(Infinity),
      'time must be a finite number',
    ],
  ])('refuse an argument that is no time and change nothing: %s', (_method, use, message) => {
    const { breaker, types } = setUp();

    expect(() => use(breaker)).toThrow(RangeError);
    expect(() => use(breaker)).toThrow(message);

    expect(types).toStrictEqual([]);
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });
});

describe('Transitions by hand', () => {
  it('to OPEN last until the given time, or for the given duration', () => {
    const { breaker, clock } = setUp();

    breaker.transitionToOpenStateUntil(clock.now() + 3_000);
    expect(breaker.remainingMs).toBe(3_000);
    breaker.transitionToOpenStateFor('1m');
    expect(breaker.remainingMs).toBe(60_000);

    clock.advance(60_001);
    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('with a wait of their own are no attempt', () => {
    const { breaker } = setUp();
    const waits = { slidingWindowSize: 2, minimumNumberOfCalls: 2 };
    breaker.reconfigure({ ...waits, waitIntervalFunctionInOpenState: (attempt) => attempt * 1_000 });

    breaker.transitionToOpenStateFor('1m');
    breaker.transitionToHalfOpenState();
    breaker.transitionToOpenState();

    expect(breaker.remainingMs).toBe(1_000);
  });

  it('emit RESET after a reset, and only then', () => {
    const { breaker, types } = setUp({ initialState: 'FORCED_OPEN' });

    breaker.transitionToClosedState();
    expect(types).toStrictEqual(['STATE_TRANSITION']);
    breaker.reset();

    expect(types).toStrictEqual(['STATE_TRANSITION', 'RESET']);
  });

  it.each<[string, (breaker: CircuitBreaker) => void, number]>([
    ['OPEN', (breaker) => breaker.transitionToOpenState(), 1],
    ['FORCED_OPEN', (breaker) => breaker.transitionToForcedOpenState(), 1],
    ['DISABLED', (breaker) => breaker.transitionToDisabledState(), 0],
    ['METRICS_ONLY', (breaker) => breaker.transitionToMetricsOnlyState(), 0],
  ])('to %s abort calls and call releaseOnOpen only if calls are refused', async (state, transition, times) => {
    const releaseOnOpen = vi.fn<() => void>();
    const { breaker } = setUp({ abortCallsOnOpen: true, releaseOnOpen });
    let signal: AbortSignal | undefined;
    void breaker.execute((context) => {
      ({ signal } = context);
      return new Promise(() => {});
    });

    transition(breaker);

    expect(breaker.state).toBe(state);
    expect(releaseOnOpen).toHaveBeenCalledTimes(times);
    expect(signal?.aborted).toBe(times === 1);
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

  it('is not recorded as slow either, when its caller aborts', async () => {
    const { breaker, clock, types } = setUp({ slowCallDurationThreshold: '1s' });
    const caller = new AbortController();
    const late = Promise.withResolvers<never>();
    const call = breaker.execute(() => late.promise, { signal: caller.signal });

    breaker.reset();
    clock.advance(1_001);
    caller.abort();
    late.reject(outage);

    await expect(call).rejects.toBe(outage);
    expect(types).toStrictEqual(['RESET', 'SUCCESS']);
    expect(breaker.metrics.bufferedCalls).toBe(0);
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

  const soon = 1_700_000_005_000;

  it.each([
    [{ toState: 'OPEN' }, 10_000],
    [{ toState: 'OPEN', waitDuration: 0 }, 0],
    [{ toState: 'OPEN', waitDuration: '1m' }, 60_000],
    [{ toState: 'OPEN', waitUntil: soon }, 5_000],
    [{ toState: 'OPEN', waitUntil: soon, waitDuration: 'soon' }, 5_000],
  ])('opens on %o for %s ms', (decision, waitMs) => {
    const { breaker } = setUp({ transitionOnResult: () => decision as never });

    breaker.onSuccess(1);

    expect(breaker.state).toBe('OPEN');
    expect(breaker.remainingMs).toBe(waitMs);
  });

  it.each([
    ['NO_TRANSITION', false],
    ['OPEN', true],
    [null, true],
    [undefined, true],
    [{}, true],
    [{ toState: 'CLOSED' }, true],
    [{ toState: 'OPEN', waitDuration: 'soon' }, true],
    [{ toState: 'OPEN', waitDuration: -1 }, true],
    [{ toState: 'OPEN', waitUntil: Number.NaN }, true],
    [{ toState: 'OPEN', waitUntil: '5s' }, true],
  ])('does not open on %o (reported: %s)', (decision, isReported) => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());
    const { breaker } = setUp({ transitionOnResult: () => decision as never });

    breaker.onSuccess(1);

    expect(breaker.state).toBe('CLOSED');
    expect(emitWarning).toHaveBeenCalledTimes(isReported ? 1 : 0);
    if (isReported) {
      expect(emitWarning.mock.calls[0]?.[0]).toMatch(
        /^transitionOnResult of CircuitBreaker 'customer' returned .* must return 'NO_TRANSITION' or \{ toState: 'OPEN' \} with a valid wait/,
      );
    }
  });

  it.each([
    ['CLOSED', true],
    ['HALF_OPEN', true],
    ['OPEN', false],
    ['METRICS_ONLY', false],
  ] as const)('in %s opens: %s', (initialState, opens) => {
    const { breaker } = setUp({ initialState, transitionOnResult: () => ({ toState: 'OPEN', waitDuration: '1m' }) });

    breaker.onSuccess(1);

    expect(breaker.remainingMs === 60_000).toBe(opens);
    expect(breaker.state).toBe(opens ? 'OPEN' : initialState);
  });

  it('does not receive the outcome of a call that another state had permitted', async () => {
    const transitionOnResult = vi.fn(() => 'NO_TRANSITION' as const);
    const { breaker } = setUp({ transitionOnResult });
    const late = startCall(breaker);

    breaker.reset();
    await late.fail();

    expect(transitionOnResult).not.toHaveBeenCalled();
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
