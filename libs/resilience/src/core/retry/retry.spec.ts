import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { CallAbortedOnOpenError } from '../circuit-breaker/circuit-breaker.errors.ts';
import { Deadline } from '../deadline.ts';
import { InvalidOptionsError, RejectedError, ResilienceError } from '../errors.ts';
import { IntervalFunction } from '../interval-function.ts';
import { createRegistry } from '../policies.ts';
import type { CallContext } from '../policy.ts';
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

  it('repeats immediately, without a timer, when waitDuration is 0', async () => {
    const { retry, clock } = setUp({ waitDuration: 0 });

    await expect(retry.execute(callWith(outage, 'response'))).resolves.toBe('response');

    expect(clock.waits).toStrictEqual([]);
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

  it('ignores a retryAfterMs that is not a positive number', async () => {
    const { retry, clock } = setUp({ waitDuration: 500, maxAttempts: 5 });
    const odd = (retryAfterMs: unknown) => Object.assign(new Error('busy'), { retryAfterMs });

    await retry.execute(callWith(odd('soon'), odd(Number.NaN), odd(-1), odd(undefined), 'response'));

    expect(clock.waits).toStrictEqual([500, 500, 500, 500]);
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

describe('A retry with a budget', () => {
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
    expect(() => new Retry('customer', { retryBudget: 'shared' })).toThrow(InvalidOptionsError);
    expect(() => new Retry('customer', { retryBudget: 'shared' })).toThrow(/a registry of retry budgets/);
  });
});
