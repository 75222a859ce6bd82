import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Deadline } from '../deadline.ts';
import { InvalidOptionsError, RejectedError } from '../errors.ts';
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

/** Runs the timers that are set, each at its time, as soon as whoever set it waits. */
class HurryingClock extends FakeClock {
  readonly waits: number[] = [];

  override schedule(delayMs: number, callback: () => void) {
    this.waits.push(delayMs);
    const cancel = super.schedule(delayMs, callback);
    queueMicrotask(() => this.advance(delayMs));
    return cancel;
  }
}

function setUp(options: RetryOptions = {}, clock = new HurryingClock()) {
  const retryBudgets = createRegistry(
    'retryBudget',
    {
      instances: { none: { retryRatio: 0, minRetriesPerSecond: 0 }, half: { retryRatio: 0.5, minRetriesPerSecond: 0 } },
    },
    { clock },
  );
  const retry = new Retry('customer', options, { clock, retryBudgets });
  const told: AnyRetryEvent[] = [];
  retry.onEvent((event) => told.push(event));
  return { clock, retry, told, retryBudgets };
}

/** A call that ends like this, one time after the other; errors are thrown. */
function ending(...outcomes: readonly unknown[]) {
  let calls = 0;
  return vi.fn<(context: CallContext) => Promise<unknown>>(async () => {
    const outcome = outcomes[calls++];
    if (outcome instanceof Error) throw outcome;
    return outcome;
  });
}

const withRetryAfter = (retryAfterMs: number) => Object.assign(new Error('busy'), { retryAfterMs });

describe('A retry', () => {
  it('makes one call when it ends well, and tells nothing', async () => {
    const { retry, told, clock } = setUp();

    await expect(retry.execute(() => 'answer')).resolves.toBe('answer');

    expect(told).toStrictEqual([]);
    expect(clock.waits).toStrictEqual([]);
    expect(retry.metrics).toStrictEqual({
      numberOfSuccessfulCallsWithoutRetryAttempt: 1,
      numberOfSuccessfulCallsWithRetryAttempt: 0,
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 0,
      numberOfTotalCalls: 1,
    });
  });

  it('repeats a call that fails, after the wait, and tells each attempt its number', async () => {
    const { retry, told, clock } = setUp({ waitDuration: '2s' });
    const startedAt = clock.now();
    const call = ending(outage, 'answer');

    await expect(retry.execute(call)).resolves.toBe('answer');

    expect(call.mock.calls.map(([context]) => context.attempt)).toStrictEqual([1, 2]);
    expect(clock.waits).toStrictEqual([2_000]);
    expect(told).toStrictEqual([
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
    const { retry, told } = setUp({ intervalFunction: IntervalFunction.ofExponentialBackoff(100, 2) });
    const last = new Error('last');
    const call = ending(outage, outage, last);

    await expect(retry.execute(call)).rejects.toBe(last);

    expect(call).toHaveBeenCalledTimes(3);
    expect(told).toMatchObject([
      { type: 'RETRY', waitIntervalMs: 100 },
      { type: 'RETRY', waitIntervalMs: 200 },
      { type: 'ERROR', numberOfRetryAttempts: 3, lastError: last },
    ]);
    expect(retry.metrics).toMatchObject({ numberOfFailedCallsWithRetryAttempt: 1, numberOfTotalCalls: 3 });
  });

  it('repeats a call that throws before it returns a promise, too', async () => {
    const { retry } = setUp();
    const call = vi.fn<() => string>(() => {
      throw outage;
    });

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledTimes(3);
  });

  it('repeats a value that is not wanted, and returns the last one all the same', async () => {
    const { retry, told } = setUp({ retryOnResult: (result) => result === 'bad', maxAttempts: 2 });

    await expect(retry.execute(ending('bad', 'bad'))).resolves.toBe('bad');

    expect(told).toMatchObject([
      { type: 'RETRY', lastError: undefined },
      { type: 'ERROR', numberOfRetryAttempts: 2, lastError: { code: 'MAX_RETRIES_EXCEEDED' } },
    ]);
  });

  it('throws for it when told to', async () => {
    const { retry } = setUp({
      retryOnResult: (result) => result === 'bad',
      maxAttempts: 2,
      failAfterMaxAttempts: true,
    });

    const error = await retry.execute(ending('bad', 'bad')).catch((error: unknown) => error);

    expect(error).toBeInstanceOf(MaxRetriesExceededError);
    expect(error).toMatchObject({
      name: 'MaxRetriesExceededError',
      retryName: 'customer',
      numberOfAttempts: 2,
      message:
        "Retry 'customer' gave up after 2 attempts: the last one, too, returned a value that retryOnResult rejects.",
    });
  });

  it('lets the ignore list win, and tells the error as ignored', async () => {
    const { retry, told } = setUp({ retryExceptions: [Error], ignoreExceptions: [TypeError] });
    const ignored = new TypeError();
    const call = ending(outage, ignored);

    await expect(retry.execute(call)).rejects.toBe(ignored);

    expect(call).toHaveBeenCalledTimes(2);
    expect(told.at(-1)).toMatchObject({ type: 'IGNORED_ERROR', numberOfRetryAttempts: 0, lastError: ignored });
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });

  it('retries what the list or the predicate names, and nothing else then', async () => {
    const { retry } = setUp({
      retryExceptions: [TypeError],
      retryOnException: (error) => error instanceof Error && error.message === 'outage',
      maxAttempts: 2,
    });
    const attemptsFor = async (error: Error) => {
      const call = ending(error, error);
      await retry.execute(call).catch(() => {});
      return call.mock.calls.length;
    };

    expect(await attemptsFor(new TypeError())).toBe(2);
    expect(await attemptsFor(outage)).toBe(2);
    expect(await attemptsFor(new RangeError())).toBe(1);
  });

  it('never repeats a refusal, not even one that is listed', async () => {
    const { retry, told } = setUp({ retryExceptions: [Refusal], retryOnException: () => true });
    const refusal = new Refusal('refused');
    const call = ending(refusal);

    await expect(retry.execute(call)).rejects.toBe(refusal);

    expect(call).toHaveBeenCalledOnce();
    expect(told.map(({ type }) => type)).toStrictEqual(['IGNORED_ERROR']);
  });

  it('asks the interval function what to do about each outcome', async () => {
    const intervalBiFunction = vi.fn<NonNullable<RetryOptions['intervalBiFunction']>>((attempt) => attempt * 10);
    const { retry, clock } = setUp({ intervalBiFunction, retryOnResult: (result) => result === 'bad' });

    await retry.execute(ending(outage, 'bad', 'answer'));

    expect(intervalBiFunction.mock.calls).toStrictEqual([
      [1, { error: outage }],
      [2, { result: 'bad' }],
    ]);
    expect(clock.waits).toStrictEqual([10, 20]);
  });

  it.each([-1, Number.NaN])('stops when the interval is %d', async (interval) => {
    const { retry, told } = setUp({ intervalFunction: () => interval });
    const call = ending(outage);

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledOnce();
    expect(told).toMatchObject([{ type: 'ERROR', numberOfRetryAttempts: 1 }]);
  });

  it('takes a value that is not wanted for no success when a negative interval ends the attempts', async () => {
    const { retry, told } = setUp({ intervalFunction: () => -1, retryOnResult: (result) => result === 'bad' });

    await expect(retry.execute(ending('bad'))).resolves.toBe('bad');

    expect(told.map(({ type }) => type)).toStrictEqual(['ERROR']);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });

  it('repeats at once, without a timer, when there is nothing to wait for', async () => {
    const { retry, clock } = setUp({ waitDuration: 0 });

    await expect(retry.execute(ending(outage, 'answer'))).resolves.toBe('answer');

    expect(clock.waits).toStrictEqual([]);
  });

  it('counts each call from the beginning', async () => {
    const { retry } = setUp({ maxAttempts: 2 });

    await retry.execute(ending(outage, 'answer'));
    await expect(retry.execute(ending(outage, 'answer'))).resolves.toBe('answer');

    expect(retry.metrics.numberOfSuccessfulCallsWithRetryAttempt).toBe(2);
  });

  it('hands on this and the arguments of a decorated function', async () => {
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

describe('A retry of a dependency that asks for a wait', () => {
  it('never waits less than asked', async () => {
    const { retry, clock, told } = setUp({ waitDuration: 500 });

    await retry.execute(ending(withRetryAfter(2_000), withRetryAfter(100), 'answer'));

    expect(clock.waits).toStrictEqual([2_000, 500]);
    expect(told[0]).toMatchObject({ type: 'RETRY', waitIntervalMs: 2_000 });
  });

  it('gives up at once when the wait is longer than it may be', async () => {
    const { retry, clock, told } = setUp({ maxRetryAfterDuration: '30s' });
    const busy = withRetryAfter(30_001);
    const call = ending(busy);

    await expect(retry.execute(call)).rejects.toBe(busy);

    expect(call).toHaveBeenCalledOnce();
    expect(clock.waits).toStrictEqual([]);
    expect(told).toMatchObject([{ type: 'ERROR', lastError: busy }]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
    await expect(retry.execute(ending(withRetryAfter(30_000), 'answer'))).resolves.toBe('answer');
  });

  it('takes what is not a length of time for no wish', async () => {
    const { retry, clock } = setUp({ waitDuration: 500, maxAttempts: 5 });
    const odd = (retryAfterMs: unknown) => Object.assign(new Error('busy'), { retryAfterMs });

    await retry.execute(ending(odd('soon'), odd(Number.NaN), odd(-1), odd(undefined), 'answer'));

    expect(clock.waits).toStrictEqual([500, 500, 500, 500]);
  });

  it('can be told by a function, for returned values, too', async () => {
    const { retry, clock } = setUp({
      retryOnResult: (result) => typeof result === 'number',
      retryAfterFunction: (outcome) => ('result' in outcome ? (outcome.result as number) : undefined),
    });

    await retry.execute(ending(3_000, 'answer'));

    expect(clock.waits).toStrictEqual([3_000]);
  });
});

describe('A retry whose caller aborts', () => {
  const reason = new Error('the client has gone');

  it('ends a wait at once with the reason, and leaves no timer', async () => {
    const { retry, clock, told } = setUp({}, new FakeClock() as HurryingClock);
    const controller = new AbortController();
    const call = ending(outage);
    const settled = retry.execute(call, { signal: controller.signal });
    await vi.waitFor(() => expect(clock.pendingTimers).toBe(1));

    controller.abort(reason);

    await expect(settled).rejects.toBe(reason);
    expect(clock.pendingTimers).toBe(0);
    expect(call).toHaveBeenCalledOnce();
    expect(told).toMatchObject([{ type: 'RETRY' }, { type: 'IGNORED_ERROR', lastError: reason }]);
    expect(retry.metrics).toMatchObject({
      numberOfFailedCallsWithoutRetryAttempt: 0,
      numberOfFailedCallsWithRetryAttempt: 0,
    });
  });

  it('makes no other call when the abort comes as the wait ends', async () => {
    const { retry, clock } = setUp({}, new FakeClock() as HurryingClock);
    const controller = new AbortController();
    const call = ending(outage, 'answer');
    const settled = retry.execute(call, { signal: controller.signal });
    await vi.waitFor(() => expect(clock.pendingTimers).toBe(1));

    clock.advance(500);
    controller.abort(reason);

    await expect(settled).rejects.toBe(reason);
    expect(call).toHaveBeenCalledOnce();
  });

  it.each([
    ['the reason', reason],
    ['an error of its own', outage],
  ])('makes no other call after one that ends with %s, and passes that on', async (_what, error) => {
    const { retry, told } = setUp();
    const controller = new AbortController();
    const call = vi.fn<() => never>(() => {
      controller.abort(reason);
      throw error;
    });

    await expect(retry.execute(call, { signal: controller.signal })).rejects.toBe(error);

    expect(call).toHaveBeenCalledOnce();
    expect(told).toMatchObject([{ type: 'IGNORED_ERROR', lastError: error }]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(0);
  });

  it('still returns an answer that comes after it', async () => {
    const { retry } = setUp();
    const controller = new AbortController();

    const answer = retry.execute(
      () => {
        controller.abort(reason);
        return 'answer';
      },
      { signal: controller.signal },
    );

    await expect(answer).resolves.toBe('answer');
  });

  it('makes no call at all when that was before', async () => {
    const { retry } = setUp();
    const call = ending('answer');

    await expect(retry.execute(call, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(call).not.toHaveBeenCalled();
  });

  it('hands the signal to each attempt', async () => {
    const { retry } = setUp();
    const { signal } = new AbortController();
    const call = ending(outage, 'answer');

    await retry.execute(call, { signal });

    expect(call.mock.calls.map(([context]) => context.signal)).toStrictEqual([signal, signal]);
  });
});

describe('A retry under a deadline', () => {
  it('gives up at once, with the error, when the next attempt could only begin after it', async () => {
    const { retry, clock, told } = setUp({ waitDuration: 500 });
    const call = ending(outage, outage);
    const deadline = Deadline.after(1_000, clock);

    await expect(retry.execute(call, { deadline })).rejects.toBe(outage);

    expect(call).toHaveBeenCalledTimes(2);
    expect(call.mock.calls.map(([context]) => context.deadline)).toStrictEqual([deadline, deadline]);
    expect(clock.waits).toStrictEqual([500]);
    expect(told.map(({ type }) => type)).toStrictEqual(['RETRY', 'ERROR']);
    expect(retry.metrics.numberOfFailedCallsWithRetryAttempt).toBe(1);
  });
});

describe('A retry with a budget', () => {
  it('makes no retry when the budget is exhausted, and says so', async () => {
    const { retry, told, clock } = setUp({ retryBudget: 'none' });
    const call = ending(outage);

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledOnce();
    expect(clock.waits).toStrictEqual([]);
    expect(told).toMatchObject([
      { type: 'RETRY_BUDGET_EXHAUSTED', retryBudgetName: 'none', numberOfRetryAttempts: 1, lastError: outage },
      { type: 'ERROR', numberOfRetryAttempts: 1, lastError: outage },
    ]);
    expect(retry.metrics.numberOfFailedCallsWithoutRetryAttempt).toBe(1);
  });

  it('returns a value that is not wanted when there is no retry left for it', async () => {
    const { retry, told } = setUp({ retryBudget: 'none', retryOnResult: (result) => result === 'bad' });

    await expect(retry.execute(ending('bad'))).resolves.toBe('bad');

    expect(told.map(({ type }) => type)).toStrictEqual(['RETRY_BUDGET_EXHAUSTED', 'ERROR']);
  });

  it('shares it with every retry that names the same one', async () => {
    const { retry, clock, retryBudgets } = setUp({ retryBudget: 'half' });
    const other = new Retry('ledger', { retryBudget: 'half' }, { clock, retryBudgets });
    const call = ending(outage, 'answer');
    await other.execute(() => 'answer');

    await expect(retry.execute(call)).resolves.toBe('answer');
    await expect(other.execute(ending(outage))).rejects.toBe(outage);

    expect(retryBudgets.getOrCreate('half').balance).toBe(0);
  });

  it('draws nothing on it for attempts that are not to be made', async () => {
    const { retry, retryBudgets } = setUp({ retryBudget: 'half', maxAttempts: 1 });
    for (let call = 0; call < 4; call++) await retry.execute(ending(outage)).catch(() => {});

    expect(retryBudgets.getOrCreate('half').balance).toBe(2);
  });

  it('refuses the name of a budget that it cannot find', () => {
    expect(() => new Retry('customer', { retryBudget: 'shared' })).toThrow(InvalidOptionsError);
    expect(() => new Retry('customer', { retryBudget: 'shared' })).toThrow(/a registry of retry budgets/);
  });
});
