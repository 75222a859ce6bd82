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
  const told: string[] = [];
  breaker.onEvent((event) => told.push(event.type));
  return { clock, breaker, told };
}

/** A call under way, to be ended when the test wants it. */
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

describe('execute', () => {
  it('returns what the call returns, and records a success', async () => {
    const { breaker, told } = setUp();

    await expect(breaker.execute(() => 'at once')).resolves.toBe('at once');
    await expect(breaker.execute(async () => 'later')).resolves.toBe('later');

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 2, successfulCalls: 2 });
    expect(told).toStrictEqual(['SUCCESS', 'SUCCESS']);
  });

  it('takes undefined for a success like any other value', async () => {
    const { breaker } = setUp();

    await expect(breaker.execute(() => undefined)).resolves.toBeUndefined();

    expect(breaker.metrics.successfulCalls).toBe(1);
  });

  it('throws what the call throws, whether at once or later, and records a failure', async () => {
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

  it('measures how long calls take, and opens on slow ones', async () => {
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

  it('refuses while OPEN without making the call, and says who, why and how long', async () => {
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
      message: "CircuitBreaker 'customer' is OPEN and does not permit further calls; a retry makes sense in 4.2 s.",
    });
  });

  it('says of FORCED_OPEN that no wait ends it', async () => {
    const { breaker } = setUp();
    breaker.transitionToForcedOpenState();

    await expect(breaker.execute(() => 1)).rejects.toMatchObject({ state: 'FORCED_OPEN', retryAfterMs: undefined });
  });

  it('leaves the stack trace out on demand, and only there', async () => {
    const { breaker } = setUp({ writableStackTraceEnabled: false, initialState: 'FORCED_OPEN' });

    const refusal = await breaker.execute(() => 1).catch((error: unknown) => error as Error);

    expect(refusal).toBeInstanceOf(CallNotPermittedError);
    expect((refusal as Error).stack).not.toContain('\n    at ');
    expect(new Error('another').stack).toContain('\n    at ');
  });

  it('counts a returned value as a failure if told so, and still returns it', async () => {
    const { breaker } = setUp({ recordResult: (result) => result === 503 });
    const onError = vi.fn<(event: { error: unknown }) => void>();
    breaker.on('ERROR', onError);

    await expect(breaker.execute(() => 503)).resolves.toBe(503);

    expect(breaker.metrics.failedCalls).toBe(1);
    expect(onError.mock.calls[0]?.[0].error).toBeInstanceOf(ResultRecordedAsFailureError);
  });

  it('hands the caller’s signal and attempt to the call', async () => {
    const { breaker } = setUp();
    const { signal } = new AbortController();

    const seen = await breaker.execute((context) => ({ signal: context.signal, attempt: context.attempt }), {
      signal,
      attempt: 2,
    });

    expect(seen).toStrictEqual({ signal, attempt: 2 });
  });

  it('gives a call without a caller’s signal one that is never aborted', async () => {
    const { breaker } = setUp();

    expect(await breaker.execute(({ signal, attempt }) => [signal.aborted, attempt])).toStrictEqual([false, 1]);
  });

  it.each([
    ['rethrows its reason', (reason: Error) => reason],
    ['throws an AbortError of its own', () => new DOMException('aborted', 'AbortError')],
  ])('takes the caller’s abort for no evidence when the call %s', async (_how, errorOf) => {
    const { breaker, told } = setUp({ initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 1 });
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    const call = startCall(breaker, controller.signal);

    controller.abort(reason);
    await call.fail(errorOf(reason));

    expect(breaker.metrics.bufferedCalls).toBe(0);
    expect(told).toStrictEqual(['IGNORED_ERROR']);
    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('counts an error that only happens to arrive after the caller’s abort', async () => {
    const { breaker } = setUp();
    const controller = new AbortController();
    const call = startCall(breaker, controller.signal);

    controller.abort();
    await call.fail(outage);

    expect(breaker.metrics.failedCalls).toBe(1);
  });

  it('loses no permission to a predicate that throws', async () => {
    const broken = new Error('broken predicate');
    const { breaker } = setUp({
      initialState: 'HALF_OPEN',
      permittedNumberOfCallsInHalfOpenState: 1,
      recordException: () => {
        throw broken;
      },
    });

    await expect(breaker.execute(() => Promise.reject(outage))).rejects.toBe(broken);

    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('is not hurt by listeners that throw', async () => {
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

/** The one difference from the low-level calls, and from Resilience4j. */
describe('A result that arrives after the state that admitted the call has ended', () => {
  it('is told, but does not count in the OPEN that followed', async () => {
    const { breaker, told } = setUp();
    const call = startCall(breaker);

    breaker.transitionToOpenState();
    await call.fail();

    expect(told).toStrictEqual(['STATE_TRANSITION', 'ERROR']);
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('does not decide a HALF_OPEN that it was not admitted by', async () => {
    const { breaker, clock } = setUp({ permittedNumberOfCallsInHalfOpenState: 2 });
    const [late, later] = [startCall(breaker), startCall(breaker)];
    breaker.transitionToOpenState();
    clock.advance(10_001);
    const trial = startCall(breaker);

    await late.fail();
    await later.fail();

    expect(breaker.state).toBe('HALF_OPEN');
    await trial.succeed();
    await breaker.execute(() => 'second on trial');
    expect(breaker.state).toBe('CLOSED');
  });

  it('gives back no permission that it did not take', async () => {
    const { breaker } = setUp({ permittedNumberOfCallsInHalfOpenState: 1, ignoreExceptions: [TypeError] });
    const late = startCall(breaker);
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    expect(breaker.tryAcquirePermission()).toBe(true);

    await late.fail(new TypeError());

    expect(breaker.tryAcquirePermission()).toBe(false);
  });

  it('does not count in a fresh CLOSED either', async () => {
    const { breaker } = setUp();
    const late = startCall(breaker);

    breaker.reset();
    await late.fail();

    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('does count by the low-level calls, as in Resilience4j', () => {
    const { breaker } = setUp();
    breaker.acquirePermission();

    breaker.transitionToOpenState();
    breaker.onError(5, outage);

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 1, failedCalls: 1 });
  });
});

describe('decorate', () => {
  it('hands on this and the arguments', async () => {
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
  it('opens on a single outcome, with a wait of its own', async () => {
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
});

describe('Buffered events', () => {
  it('are the last ones, with their details', () => {
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

  it('are none when none are to be kept', () => {
    const { breaker } = setUp({ eventConsumerBufferSize: 0 });

    breaker.onSuccess(3);

    expect(breaker.bufferedEvents()).toStrictEqual([]);
  });
});
