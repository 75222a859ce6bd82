import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CallAbortedOnOpenError } from '../circuit-breaker/circuit-breaker.errors.ts';
import { Deadline } from '../deadline.ts';
import { InvalidOptionsError, RejectedError, ResilienceError } from '../errors.ts';
import { IntervalFunction } from '../interval-function.ts';
import { createRegistry } from '../policies.ts';
import type { CallContext } from '../policy.ts';
import { TimeoutExceededError } from '../time-limiter/time-limiter.errors.ts';
import { MaxRetriesExceededError } from './retry.errors.ts';
import type { AnyRetryEvent } from './retry.events.ts';
import type { RetryOptions } from './retry.options.ts';
import { Retry } from './retry.ts';

const outage = new Error('outage');

class Refusal extends RejectedError {
  readonly code = 'REFUSAL';
  readonly retryAfterMs = 10;
}

/** Advances to each timer as soon as it is set, and records the delays. */
class AutoAdvancingClock extends FakeClock {
  readonly waits: number[] = [];

  override schedule(delayMs: number, callback: () => void) {
    this.waits.push(delayMs);
    const cancel = super.schedule(delayMs, callback);
    queueMicrotask(() => this.advance(delayMs));
    return cancel;
  }
}

function setUp(options: RetryOptions = {}, clock = new AutoAdvancingClock()) {
  const retryBudgets = createRegistry(
    'retryBudget',
    {
      instances: { none: { retryRatio: 0, minRetriesPerSecond: 0 }, half: { retryRatio: 0.5, minRetriesPerSecond: 0 } },
    },
    { clock },
  );
  const retry = new Retry('customer', options, { clock, retryBudgets });
  const events: AnyRetryEvent[] = [];
  retry.onEvent((event) => events.push(event));
  return { clock, retry, events, retryBudgets };
}

/** A call that has these outcomes one after the other: errors are thrown, other values returned. */
function callWith(...outcomes: readonly unknown[]) {
  let calls = 0;
  return vi.fn<(context: CallContext) => Promise<unknown>>(async () => {
    const outcome = outcomes[calls++];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
}

const withRetryAfter = (retryAfterMs: number) => Object.assign(new Error('busy'), { retryAfterMs });

describe('Retry.execute', () => {
  it('makes one call and emits no event when the first attempt succeeds', async () => {
    const { retry, events, clock } = setUp();

    await expect(retry.execute(() => 'response')).resolves.toBe('response');

    expect(events).toStrictEqual([]);
    expect(clock.waits).toStrictEqual([]);
    expect(retry.metrics).toStrictEqual({
      numberOfSuccessfulCallsWithoutRetryAttempt: 1,
      numberOfSuccessfulCallsWithRetryAttempt: 0,
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 0,
      numberOfTotalCalls: 1,
    });
  });

  it('repeats a failed call after the wait and passes the attempt number to each attempt', async () => {
    const { retry, events, clock } = setUp({ waitDuration: '2s' });
    const startedAt = clock.now();
    const call = callWith(outage, 'response');

    await expect(retry.execute(call)).resolves.toBe('response');

    expect(call.mock.calls.map(([context]) => context.attempt)).toStrictEqual([1, 2]);
    expect(clock.waits).toStrictEqual([2_000]);
    expect(events).toStrictEqual([
      {
        type: 'RETRY',
        retryName: 'customer',
        creationTime: startedAt,
        numberOfRetryAttempts: 1,
        waitIntervalMs: 2_000,
        lastError: outage,
      },
      {
        type: 'SUCCESS',
        retryName: 'customer',
        creationTime: startedAt + 2_000,
        numberOfRetryAttempts: 1,
        lastError: outage,
      },
    ]);
  });

  it('throws the last error when all attempts fail', async () => {
    const { retry, events } = setUp({ intervalFunction: IntervalFunction.ofExponentialBackoff(100, 2) });
    const last = new Error('last');
    const call = callWith(outage, outage, last);

    await expect(retry.execute(call)).rejects.toBe(last);

    expect(call).toHaveBeenCalledTimes(3);
    expect(events).toMatchObject([
      { type: 'RETRY', waitIntervalMs: 100 },
      { type: 'RETRY', waitIntervalMs: 200 },
      { type: 'ERROR', numberOfRetryAttempts: 3, lastError: last },
    ]);
    expect(retry.metrics).toMatchObject({ numberOfFailedCallsWithRetryAttempt: 1, numberOfTotalCalls: 3 });
  });

  it('repeats a call that throws synchronously', async () => {
    const { retry } = setUp();
    const call = vi.fn<() => string>(() => {
      throw outage;
    });

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledTimes(3);
  });

  it('retries a value that retryOnResult selects and returns the last one when attempts are used up', async () => {
    const { retry, events } = setUp({ retryOnResult: (result) => result === 'bad', maxAttempts: 2 });

    await expect(retry.execute(callWith('bad', 'bad'))).resolves.toBe('bad');

    expect(events).toMatchObject([
      { type: 'RETRY', lastError: undefined },
      { type: 'ERROR', numberOfRetryAttempts: 2, lastError: { code: 'MAX_RETRIES_EXCEEDED' } },
    ]);
  });

  it('throws MaxRetriesExceededError for a rejected last value if failAfterMaxAttempts is true', async () => {
    const { retry } = setUp({
      retryOnResult: (result) => result === 'bad',
      maxAttempts: 2,
      failAfterMaxAttempts: true,
    });

    const error = await retry.execute(callWith('bad', 'bad')).catch((error: unknown) => error);

    expect(error).toBeInstanceOf(MaxRetriesExceededError);
    expect(error).toMatchObject({
      name: 'MaxRetriesExceededError',
      retryName: 'customer',
      numberOfAttempts: 2,
      message:
        "Retry 'customer' failed after 2 attempts: the last one also returned a value that retryOnResult rejects.",
    });
  });

  it('does not retry an error of ignoreExceptions, and emits IGNORED_ERROR', async () => {
    const { retry, events } = setUp({ retryExceptions: [Error], ignoreExceptions: [TypeError] });
    const ignored = new TypeError();
    const call = callWith(outage, ignored);

    await expect(retry.execute(call)).rejects.toBe(ignored);

    expect(call).toHaveBeenCalledTimes(2);
    expect(events.at(-1)).toMatchObject({ type: 'IGNORED_ERROR', numberOfRetryAttempts: 0, lastError: ignored });
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });

  it('retries only errors that retryExceptions or retryOnException select', async () => {
    const { retry } = setUp({
      retryExceptions: [TypeError],
      retryOnException: (error) => error instanceof Error && error.message === 'outage',
      maxAttempts: 2,
    });
    const attemptsFor = async (error: Error) => {
      const call = callWith(error, error);
      await retry.execute(call).catch(() => {});
      return call.mock.calls.length;
    };

    expect(await attemptsFor(new TypeError())).toBe(2);
    expect(await attemptsFor(outage)).toBe(2);
    expect(await attemptsFor(new RangeError())).toBe(1);
  });

  it.each([
    ['a RejectedError', new Refusal('refused')],
    ['a call that a circuit breaker aborted when it opened', new CallAbortedOnOpenError('customer')],
  ])('never retries %s, even if retryExceptions lists it', async (_what, refusal) => {
    const { retry, events } = setUp({ retryExceptions: [ResilienceError], retryOnException: () => true });
    const call = callWith(refusal);

    await expect(retry.execute(call)).rejects.toBe(refusal);

    expect(call).toHaveBeenCalledOnce();
    expect(events.map(({ type }) => type)).toStrictEqual(['IGNORED_ERROR']);
  });

  it('passes the attempt and its outcome to intervalBiFunction', async () => {
    const intervalBiFunction = vi.fn<NonNullable<RetryOptions['intervalBiFunction']>>((attempt) => attempt * 10);
    const { retry, clock } = setUp({ intervalBiFunction, retryOnResult: (result) => result === 'bad' });

    await retry.execute(callWith(outage, 'bad', 'response'));

    expect(intervalBiFunction.mock.calls).toStrictEqual([
      [1, { error: outage }],
      [2, { result: 'bad' }],
    ]);
    expect(clock.waits).toStrictEqual([10, 20]);
  });

  it.each([-1, Number.NaN])('stops when the interval is %d', async (interval) => {
    const { retry, events } = setUp({ intervalFunction: () => interval });
    const call = callWith(outage);

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledOnce();
    expect(events).toMatchObject([{ type: 'ERROR', numberOfRetryAttempts: 1 }]);
  });

  it('counts a rejected value as a failure when a negative interval ends the attempts', async () => {
    const { retry, events } = setUp({ intervalFunction: () => -1, retryOnResult: (result) => result === 'bad' });

    await expect(retry.execute(callWith('bad'))).resolves.toBe('bad');

    expect(events.map(({ type }) => type)).toStrictEqual(['ERROR']);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });

  it.each([
    ['errors', [outage, outage]],
    ['rejected values', ['bad', 'bad']],
  ])('repeats immediately, without a timer, after %s when waitDuration is 0', async (_what, outcomes) => {
    const { retry, clock, events } = setUp({ waitDuration: 0, retryOnResult: (result) => result === 'bad' });
    const call = callWith(...outcomes, 'response');

    await expect(retry.execute(call)).resolves.toBe('response');

    expect(clock.waits).toStrictEqual([]);
    expect(call.mock.calls.map(([context]) => context.attempt)).toStrictEqual([1, 2, 3]);
    expect(events.map(({ type }) => type)).toStrictEqual(['RETRY', 'RETRY', 'SUCCESS']);
  });

  it.each([
    ['a value that is not retried', ['good'], { numberOfSuccessfulCallsWithoutRetryAttempt: 1, numberOfTotalCalls: 1 }],
    [
      'a rejected value, then another',
      ['bad', 'good'],
      { numberOfSuccessfulCallsWithRetryAttempt: 1, numberOfTotalCalls: 2 },
    ],
    ['an error, then a value', [outage, 'good'], { numberOfSuccessfulCallsWithRetryAttempt: 1, numberOfTotalCalls: 2 }],
    ['only rejected values', ['bad', 'bad'], { numberOfFailedCallsWithRetryAttempt: 1, numberOfTotalCalls: 3 }],
    ['only errors', [outage, outage], { numberOfFailedCallsWithRetryAttempt: 1, numberOfTotalCalls: 2 }],
  ])('counts a call with %s', async (_what, outcomes, expected) => {
    const { retry } = setUp({ retryOnResult: (result) => result === 'bad', maxAttempts: 2 });

    await retry.execute(callWith(...outcomes)).catch(() => {});

    expect(retry.metrics).toStrictEqual({
      numberOfSuccessfulCallsWithoutRetryAttempt: 0,
      numberOfSuccessfulCallsWithRetryAttempt: 0,
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 0,
      ...expected,
    });
  });

  it('counts a rejected value as a call with retries when maxAttempts is 1, as Resilience4j', async () => {
    const { retry } = setUp({ retryOnResult: (result) => result === 'bad', maxAttempts: 1 });

    await retry.execute(callWith('bad'));

    expect(retry.metrics).toMatchObject({
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 1,
    });
  });

  it('counts an error that a negative interval ends in none of the four counters of calls, as Resilience4j', async () => {
    const { retry } = setUp({ intervalFunction: () => -1 });

    await retry.execute(callWith(outage)).catch(() => {});

    expect(retry.metrics).toStrictEqual({
      numberOfSuccessfulCallsWithoutRetryAttempt: 0,
      numberOfSuccessfulCallsWithRetryAttempt: 0,
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 0,
      numberOfTotalCalls: 1,
    });
  });

  it('emits the last error when a rejected value ends a call with an error before it', async () => {
    const options = { retryOnResult: (result: unknown) => result === 'bad', maxAttempts: 2 };
    const lenient = setUp(options);
    const strict = setUp({ ...options, failAfterMaxAttempts: true });

    await expect(lenient.retry.execute(callWith(outage, 'bad'))).resolves.toBe('bad');
    await expect(strict.retry.execute(callWith(outage, 'bad'))).rejects.toThrow(MaxRetriesExceededError);

    expect(lenient.events.at(-1)).toMatchObject({ type: 'ERROR', lastError: outage });
    expect(strict.events.at(-1)).toMatchObject({ type: 'ERROR', lastError: { code: 'MAX_RETRIES_EXCEEDED' } });
  });

  it('names a single attempt in MaxRetriesExceededError', async () => {
    const { retry } = setUp({ retryOnResult: () => true, maxAttempts: 1, failAfterMaxAttempts: true });

    await expect(retry.execute(callWith('bad'))).rejects.toThrow("Retry 'customer' failed after one attempt: the last");
  });

  it('counts a call as in flight while an attempt or a wait is pending', async () => {
    const { retry, clock } = setUp({ maxAttempts: 2 }, new FakeClock() as AutoAdvancingClock);

    const success = retry.execute(callWith(outage, 'response'));
    const failure = retry.execute(callWith(outage, outage));
    expect(retry.usage.inFlightCalls).toBe(2);
    await vi.waitFor(() => expect(clock.pendingTimers).toBe(2));
    expect(retry.usage.inFlightCalls).toBe(2);
    clock.advance(500);
    await Promise.allSettled([success, failure, retry.execute(() => 'response')]);

    expect(retry.usage.inFlightCalls).toBe(0);
  });

  it('passes the request and the endpoint of the caller to each attempt', async () => {
    const { retry } = setUp();
    const call = callWith(outage, 'response');
    const request = { method: 'GET' };
    const endpoint = { url: 'http://a' } as never;

    await retry.execute(call, { request, endpoint });

    expect(call.mock.calls.map(([context]) => context.request)).toStrictEqual([request, request]);
    expect(call.mock.calls.map(([context]) => context.endpoint)).toStrictEqual([endpoint, endpoint]);
  });

  it('passes one record of used endpoints to all attempts of a call, and another one to the next call', async () => {
    const { retry } = setUp();
    const call = callWith(outage, 'response', 'response');

    await retry.execute(call);
    await retry.execute(call);

    const [first, second, ofNextCall] = call.mock.calls.map(([context]) => context.usedEndpoints);
    expect(first?.areOfOneCall).toBe(true);
    expect(second).toBe(first);
    expect(ofNextCall).not.toBe(first);
  });

  it('selects the values that retryOnResult selects', () => {
    const { retry } = setUp({ retryOnResult: (result) => result === 'bad' });

    expect(retry.selectsResult('bad')).toBe(true);
    expect(retry.selectsResult('good')).toBe(false);
  });

  it('counts the attempts of each call separately', async () => {
    const { retry } = setUp({ maxAttempts: 2 });

    await retry.execute(callWith(outage, 'response'));
    await expect(retry.execute(callWith(outage, 'response'))).resolves.toBe('response');

    expect(retry.metrics.numberOfSuccessfulCallsWithRetryAttempt).toBe(2);
  });

  it('keeps `this` and the arguments of a decorated function', async () => {
    const { retry } = setUp();
    const service = {
      prefix: 'customer',
      find: retry.decorate(function (this: { prefix: string }, id: number) {
        return `${this.prefix}-${id}`;
      }),
    };

    await expect(service.find(7)).resolves.toBe('customer-7');
  });
});

describe('A retry of a dependency that requests a wait', () => {
  it('waits at least the requested time', async () => {
    const { retry, clock, events } = setUp({ waitDuration: 500 });

    await retry.execute(callWith(withRetryAfter(2_000), withRetryAfter(100), 'response'));

    expect(clock.waits).toStrictEqual([2_000, 500]);
    expect(events[0]).toMatchObject({ type: 'RETRY', waitIntervalMs: 2_000 });
  });

  it('stops at once when the requested wait exceeds maxRetryAfterDuration', async () => {
    const { retry, clock, events } = setUp({ maxRetryAfterDuration: '30s' });
    const busy = withRetryAfter(30_001);
    const call = callWith(busy);

    await expect(retry.execute(call)).rejects.toBe(busy);

    expect(call).toHaveBeenCalledOnce();
    expect(clock.waits).toStrictEqual([]);
    expect(events).toMatchObject([{ type: 'ERROR', lastError: busy }]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
    await expect(retry.execute(callWith(withRetryAfter(30_000), 'response'))).resolves.toBe('response');
  });

  it('waits the requested time when waitDuration is 0', async () => {
    const { retry, clock } = setUp({ waitDuration: 0 });

    await retry.execute(callWith(withRetryAfter(2_000), 'response'));

    expect(clock.waits).toStrictEqual([2_000]);
  });

  it('reads no Retry-After header without a classification', async () => {
    const { retry, clock } = setUp({ waitDuration: 500 });

    await retry.execute(callWith(Object.assign(new Error('busy'), { headers: { 'retry-after': '3' } }), 'response'));

    expect(clock.waits).toStrictEqual([500]);
  });

  it('ignores a retryAfterMs that is not a positive number', async () => {
    const { retry, clock } = setUp({ waitDuration: 500, maxAttempts: 6 });
    const odd = (retryAfterMs: unknown) => Object.assign(new Error('busy'), { retryAfterMs });

    await retry.execute(callWith(...['soon', '2000', Number.NaN, -1, undefined].map(odd), 'response'));

    expect(clock.waits).toStrictEqual([500, 500, 500, 500, 500]);
  });

  it('reads the requested wait of returned values with retryAfterFunction', async () => {
    const { retry, clock } = setUp({
      retryOnResult: (result) => typeof result === 'number',
      retryAfterFunction: (outcome) => ('result' in outcome ? (outcome.result as number) : undefined),
    });

    await retry.execute(callWith(3_000, 'response'));

    expect(clock.waits).toStrictEqual([3_000]);
  });
});

describe('A retry with the classification http', () => {
  const request = { method: 'GET' };
  const withStatus = (status: number) => Object.assign(new Error('error status'), { status });

  it.each([
    ['a thrown 503', withStatus(503), 2],
    ['a returned 503', { status: 503 }, 2],
    ['a thrown 404', withStatus(404), 1],
    ['a returned 404', { status: 404 }, 1],
    ['a TypeError', new TypeError('mistake'), 1],
  ])('makes the right number of attempts for %s', async (_what, outcome, attempts) => {
    const { retry } = setUp({ classification: 'http' });
    const call = callWith(outcome, 'response');

    await retry.execute(call, { request }).catch(() => {});

    expect(call).toHaveBeenCalledTimes(attempts);
  });

  it('retries no returned value by its status without the classification', async () => {
    const { retry } = setUp();

    await expect(retry.execute(callWith({ status: 503 }, 'response'), { request })).resolves.toStrictEqual({
      status: 503,
    });
  });

  it('retries the errors that other options select too', async () => {
    const { retry } = setUp({
      classification: 'http',
      retryExceptions: [RangeError],
      retryOnResult: (result) => result === 'bad',
    });

    await expect(retry.execute(callWith(new RangeError(), 'bad', 'response'), { request })).resolves.toBe('response');
    await expect(retry.execute(callWith(withStatus(503), 'response'), { request })).resolves.toBe('response');
    await expect(retry.execute(callWith(new TypeError(), 'response'), { request })).rejects.toThrow(TypeError);
  });

  it('waits as long as the Retry-After header of an error or a value requires', async () => {
    const { retry, clock } = setUp({ classification: 'http', waitDuration: 500 });
    const headers = { 'retry-after': '3' };
    const date = new Date(clock.now() + 3_000 + 20_000).toUTCString();

    await retry.execute(
      callWith(
        Object.assign(withStatus(503), { headers }),
        { status: 503, headers: { 'retry-after': date } },
        'response',
      ),
      { request },
    );

    expect(clock.waits).toStrictEqual([3_000, 20_000]);
  });

  it('prefers retryAfterFunction to the Retry-After header', async () => {
    const { retry, clock } = setUp({ classification: 'http', retryAfterFunction: () => 700 });

    await retry.execute(callWith({ status: 503, headers: { 'retry-after': '3' } }, 'response'), { request });

    expect(clock.waits).toStrictEqual([700]);
  });

  it.each([
    ['an error', withStatus(503)],
    ['a value', { status: 503 }],
  ])('repeats no request that must not be repeated after %s', async (_what, outcome) => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { retry, events } = setUp({ classification: 'http' });
    const call = callWith(outcome, 'response');

    await retry.execute(call, { request: { method: 'POST' } }).catch(() => {});

    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
    expect(call).toHaveBeenCalledOnce();
    expect(events.map(({ type }) => type)).toStrictEqual(outcome instanceof Error ? ['IGNORED_ERROR'] : []);
  });

  it('reads the request from the failure if the caller does not pass it', async () => {
    const { retry } = setUp({ classification: 'http' });
    const failed = (method: string) => Object.assign(withStatus(503), { config: { method } });

    await expect(retry.execute(callWith(failed('get'), 'response'))).resolves.toBe('response');
    await expect(retry.execute(callWith(failed('post'), 'response'))).rejects.toThrow('error status');
    await expect(retry.execute(callWith(failed('post'), 'response'), { request })).resolves.toBe('response');
  });

  it('reports once that it repeats no call whose request is unknown', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { retry } = setUp({ classification: 'http' });

    for (let call = 0; call < 2; call++) {
      await expect(retry.execute(callWith(withStatus(503), 'response'))).rejects.toThrow('error status');
    }

    expect(warned).toHaveBeenCalledExactlyOnceWith(
      "Retry 'customer' does not repeat a failed call, because it does not know which request the call makes. " +
        "Pass it to the call, e.g. execute(call, { request: { method: 'GET' } }). This is reported once.",
      { type: 'ResilienceRetryWarning' },
    );
    warned.mockRestore();
  });
});

describe('A function in the options of a retry', () => {
  const broken = (): never => {
    throw new Error('broken');
  };
  let warned: MockInstance<typeof process.emitWarning>;

  beforeEach(() => {
    warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  });

  afterEach(() => {
    vi.restoreAllMocks();
  });

  it.each([
    ['intervalFunction', 'a finite number of milliseconds'],
    ['intervalBiFunction', 'a finite number of milliseconds'],
    ['retryAfterFunction', 'a number of milliseconds or undefined'],
    ['retryOnException', 'true or false'],
  ])('that throws as %s is reported once and makes each attempt the last', async (option, allowed) => {
    const { retry } = setUp({ [option]: broken });
    const call = callWith(outage, outage, 'response');

    await expect(retry.execute(call)).rejects.toBe(outage);
    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(warned).toHaveBeenCalledOnce();
    expect(warned.mock.calls[0]?.[0]).toMatch(
      `${option} of Retry 'customer' threw an error, but must return ${allowed}.`,
    );
  });

  it('that throws as retryOnResult is reported, and the value is the result', async () => {
    const { retry, events } = setUp({ retryOnResult: broken });

    await expect(retry.execute(callWith('first', 'second'))).resolves.toBe('first');

    expect(events).toStrictEqual([]);
    expect(warned.mock.calls[0]?.[0]).toMatch(/^retryOnResult of Retry 'customer' threw an error/);
  });

  it.each([
    [undefined, [500]],
    [-7, [500]],
    [0, [500]],
    [700, [700]],
    [Infinity, []],
  ])('may return %s as retryAfterFunction', async (returned, waits) => {
    const { retry, clock } = setUp({ retryAfterFunction: () => returned });

    await retry.execute(callWith(outage, 'response')).catch(() => {});

    expect(clock.waits).toStrictEqual(waits);
    expect(warned).not.toHaveBeenCalled();
  });

  it.each([Number.NaN, '700'])(
    'must not return %o as retryAfterFunction: the attempt is the last',
    async (returned) => {
      const { retry } = setUp({ retryAfterFunction: () => returned as number });

      await expect(retry.execute(callWith(outage, 'response'))).rejects.toBe(outage);

      expect(warned).toHaveBeenCalledOnce();
    },
  );
});

describe('Invalid options of a retry', () => {
  it('are refused with the name of the retry', () => {
    expect(() => new Retry('customer', { maxAttempts: 0 })).toThrow(/^Retry 'customer' has an invalid option/);
  });
});

describe('Changed options of a retry', () => {
  it('apply to new calls, and calls in flight keep theirs', async () => {
    const { retry, clock } = setUp({ maxAttempts: 2 }, new FakeClock() as AutoAdvancingClock);
    const inFlight = retry.execute(callWith(outage, 'response'));
    await vi.waitFor(() => expect(clock.pendingTimers).toBe(1));

    retry.reconfigure({ maxAttempts: 1 });
    clock.advance(500);

    await expect(inFlight).resolves.toBe('response');
    await expect(retry.execute(callWith(outage, 'response'))).rejects.toBe(outage);
    expect(retry.config.maxAttempts).toBe(1);
  });

  it('take retries from the budget that they name', async () => {
    const { retry } = setUp();

    retry.reconfigure({ retryBudget: 'none' });

    await expect(retry.execute(callWith(outage, 'response'))).rejects.toBe(outage);
  });

  it('keep as many buffered events as they permit', async () => {
    const { retry } = setUp({ eventConsumerBufferSize: 10 });
    await retry.execute(callWith(outage, outage, 'response'));

    retry.reconfigure({ eventConsumerBufferSize: 1 });

    expect(retry.bufferedEvents()).toMatchObject([{ type: 'SUCCESS' }]);
  });

  it('change nothing when one of them is invalid', () => {
    const { retry } = setUp();
    const { config } = retry;

    expect(() => retry.reconfigure({ maxAttempts: 0 })).toThrow(/^Retry 'customer' has an invalid option/);

    expect(retry.config).toBe(config);
  });

  it('cannot name a budget without a registry of retry budgets', () => {
    const retry = new Retry('customer');

    expect(() => retry.reconfigure({ retryBudget: 'shared' })).toThrow(/^Retry 'customer' has an invalid option/);

    expect(retry.config.retryBudget).toBeUndefined();
  });
});

describe('A retry whose caller aborts', () => {
  const reason = new Error('the client disconnected');

  it('ends a pending wait at once with the reason of the abort, and leaves no timer', async () => {
    const { retry, clock, events } = setUp({}, new FakeClock() as AutoAdvancingClock);
    const controller = new AbortController();
    const call = callWith(outage);
    const settled = retry.execute(call, { signal: controller.signal });
    await vi.waitFor(() => expect(clock.pendingTimers).toBe(1));

    controller.abort(reason);

    await expect(settled).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
    expect(call).toHaveBeenCalledOnce();
    expect(events).toMatchObject([{ type: 'RETRY' }, { type: 'IGNORED_ERROR', lastError: reason }]);
    expect(retry.metrics).toMatchObject({
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 0,
    });
  });

  it('makes no further attempt when the caller aborts as the wait ends', async () => {
    const { retry, clock } = setUp({}, new FakeClock() as AutoAdvancingClock);
    const controller = new AbortController();
    const call = callWith(outage, 'response');
    const settled = retry.execute(call, { signal: controller.signal });
    await vi.waitFor(() => expect(clock.pendingTimers).toBe(1));

    clock.advance(500);
    controller.abort(reason);

    await expect(settled).rejects.toBe(reason);
    expect(call).toHaveBeenCalledOnce();
  });

  it.each([
    ['the reason of the abort', reason],
    ['an error of its own', outage],
  ])('makes no further attempt after an aborted one that throws %s, and throws that error', async (_what, error) => {
    const { retry, events } = setUp();
    const controller = new AbortController();
    const call = vi.fn<() => never>(() => {
      controller.abort(reason);
      throw error;
    });

    await expect(retry.execute(call, { signal: controller.signal })).rejects.toBe(error);

    expect(call).toHaveBeenCalledOnce();
    expect(events).toMatchObject([{ type: 'IGNORED_ERROR', lastError: error }]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(0);
  });

  it('makes no further attempt after an aborted second one, and throws its error', async () => {
    const { retry, events } = setUp();
    const controller = new AbortController();
    const call = vi.fn<(context: CallContext) => never>(({ attempt }) => {
      if (attempt === 2) controller.abort(reason);
      throw outage;
    });

    await expect(retry.execute(call, { signal: controller.signal })).rejects.toBe(outage);

    expect(call).toHaveBeenCalledTimes(2);
    expect(events.map(({ type }) => type)).toStrictEqual(['RETRY', 'IGNORED_ERROR']);
  });

  it('returns the result of an attempt that succeeds after the abort', async () => {
    const { retry } = setUp();
    const controller = new AbortController();

    const result = retry.execute(
      () => {
        controller.abort(reason);
        return 'response';
      },
      { signal: controller.signal },
    );

    await expect(result).resolves.toBe('response');
  });

  it('makes no call when the signal is already aborted', async () => {
    const { retry } = setUp();
    const call = callWith('response');

    await expect(retry.execute(call, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(call).not.toHaveBeenCalled();
  });

  it('passes the signal to each attempt', async () => {
    const { retry } = setUp();
    const { signal } = new AbortController();
    const call = callWith(outage, 'response');

    await retry.execute(call, { signal });

    expect(call.mock.calls.map(([context]) => context.signal)).toStrictEqual([signal, signal]);
  });
});

describe('A retry under a deadline', () => {
  it('throws the error without waiting when the next attempt could only start after the deadline', async () => {
    const { retry, clock, events } = setUp({ waitDuration: 500 });
    const call = callWith(outage, outage);
    const deadline = Deadline.after(1_000, clock);

    await expect(retry.execute(call, { deadline })).rejects.toBe(outage);

    expect(call).toHaveBeenCalledTimes(2);
    expect(call.mock.calls.map(([context]) => context.deadline)).toStrictEqual([deadline, deadline]);
    expect(clock.waits).toStrictEqual([500]);
    expect(events.map(({ type }) => type)).toStrictEqual(['RETRY', 'ERROR']);
    expect(retry.metrics.numberOfFailedCallsWithRetryAttempt).toBe(1);
  });
});

describe('A retry under a deadline', () => {
  it.each([
    [500, 1],
    [501, 2],
  ])('that is %d ms away makes %d attempts with a wait of 500 ms', async (remainingMs, attempts) => {
    const { retry, clock } = setUp({ waitDuration: 500 });
    const call = callWith(outage, 'response');

    await retry.execute(call, { deadline: Deadline.after(remainingMs, clock) }).catch(() => {});

    expect(call).toHaveBeenCalledTimes(attempts);
  });

  it('makes no further attempt after a timeout because of the deadline', async () => {
    const { retry, events } = setUp();
    const error = new TimeoutExceededError('customer', 500, 'deadline');

    await expect(retry.execute(callWith(error, 'response'))).rejects.toBe(error);

    expect(events).toMatchObject([{ type: 'ERROR', lastError: error }]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });
});

describe('A retry with a budget', () => {
  it.each([
    ['an error', outage],
    ['a rejected value', 'bad'],
  ])('counts a call with %s by its retries when the budget ends it', async (_what, outcome) => {
    const retryOnResult = (result: unknown) => result === 'bad';
    const withoutRetry = setUp({ retryBudget: 'none', retryOnResult });
    const withRetry = setUp({ retryBudget: 'half', retryOnResult });
    withRetry.retryBudgets.getOrCreate('half').deposit();

    await withoutRetry.retry.execute(callWith(outcome, outcome)).catch(() => {});
    await withRetry.retry.execute(callWith(outcome, outcome)).catch(() => {});

    expect(withoutRetry.retry.metrics).toMatchObject({
      numberOfFailedCallsWithoutRetryAttempt: 1,
      numberOfFailedCallsWithRetryAttempt: 0,
    });
    expect(withRetry.retry.metrics).toMatchObject({
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 1,
    });
  });

  it('makes no retry and emits RETRY_BUDGET_EXHAUSTED when the budget is exhausted', async () => {
    const { retry, events, clock } = setUp({ retryBudget: 'none' });
    const call = callWith(outage);

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledOnce();
    expect(clock.waits).toStrictEqual([]);
    expect(events).toMatchObject([
      { type: 'RETRY_BUDGET_EXHAUSTED', retryBudgetName: 'none', numberOfRetryAttempts: 1, lastError: outage },
      { type: 'ERROR', numberOfRetryAttempts: 1, lastError: outage },
    ]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });

  it('returns a rejected value when the budget has no retry left', async () => {
    const { retry, events } = setUp({ retryBudget: 'none', retryOnResult: (result) => result === 'bad' });

    await expect(retry.execute(callWith('bad'))).resolves.toBe('bad');

    expect(events.map(({ type }) => type)).toStrictEqual(['RETRY_BUDGET_EXHAUSTED', 'ERROR']);
  });

  it('shares the budget with every retry that names it', async () => {
    const { retry, clock, retryBudgets } = setUp({ retryBudget: 'half' });
    const other = new Retry('ledger', { retryBudget: 'half' }, { clock, retryBudgets });
    const call = callWith(outage, 'response');
    await other.execute(() => 'response');

    await expect(retry.execute(call)).resolves.toBe('response');
    await expect(other.execute(callWith(outage))).rejects.toBe(outage);

    expect(retryBudgets.getOrCreate('half').balance).toBe(0);
  });

  it('withdraws nothing from the budget when maxAttempts permits no retry', async () => {
    const { retry, retryBudgets } = setUp({ retryBudget: 'half', maxAttempts: 1 });
    for (let call = 0; call < 4; call++) await retry.execute(callWith(outage)).catch(() => {});

    expect(retryBudgets.getOrCreate('half').balance).toBe(2);
  });

  it('refuses a retryBudget without a registry of retry budgets', () => {
    const create = () => new Retry('customer', { retryBudget: 'shared' });

    expect(create).toThrow(InvalidOptionsError);
    expect(create).toThrow(
      "Retry 'customer' has an invalid option:\n  - retryBudget is 'shared'; allowed: a name only together with a " +
        'registry of retry budgets (`retryBudgets` of the environment)',
    );
  });
});

describe('The context of a retry, for code that makes the attempts itself,', () => {
  it('returns the wait after a failure, and a negative one when there is no further attempt', () => {
    const { retry, events } = setUp({ maxAttempts: 2, waitDuration: 500, retryOnResult: (result) => result === 'bad' });
    const failing = retry.context();
    const succeeding = retry.context();

    expect(failing.onError(outage)).toBe(500);
    expect(failing.onError(outage)).toBeLessThan(0);
    expect(succeeding.onResult('bad')).toBe(500);
    expect(succeeding.onResult('good')).toBeLessThan(0);
    succeeding.onComplete();

    expect(events.map(({ type }) => type)).toStrictEqual(['RETRY', 'ERROR', 'RETRY', 'SUCCESS']);
  });

  it('returns the negative wait of an interval function unchanged', () => {
    const { retry } = setUp({ intervalFunction: () => -7, retryOnResult: () => true });

    expect(retry.context().onError(outage)).toBe(-7);
    expect(retry.context().onResult('bad')).toBe(-7);
  });

  it('respects the deadline and the request of the caller', () => {
    const { retry, clock } = setUp({ classification: 'http' });
    const error = Object.assign(new Error('error status'), { status: 503 });
    const request = { method: 'GET' };

    expect(retry.context({ request }).onError(error)).toBe(500);
    expect(retry.context({ request: { method: 'POST' } }).onError(error)).toBeLessThan(0);
    expect(retry.context({ request, deadline: Deadline.after(500, clock) }).onError(error)).toBeLessThan(0);
  });
});
