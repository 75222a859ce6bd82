import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Deadline, DeadlineExceededError } from '../deadline.ts';
import { ConflictingDefinitionError, InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import type { CallContext } from '../policy.ts';
import { TimeoutExceededError } from './time-limiter.errors.ts';
import { timeLimiterOptions, type TimeLimiterOptions } from './time-limiter.options.ts';
import { TimeLimiter } from './time-limiter.ts';

const outage = new Error('outage');

function setUp(options: TimeLimiterOptions = { timeoutDuration: '2s' }) {
  const clock = new FakeClock();
  const limiter = new TimeLimiter('customer', options, { clock });
  const told: string[] = [];
  limiter.onEvent((event) => told.push(event.type));
  return { clock, limiter, told };
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A call under way, to be ended when the test wants it. */
function startCall(limiter: TimeLimiter, context?: Partial<CallContext>) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let seen: CallContext | undefined;
  const answer = limiter.execute((given) => {
    seen = given;
    return promise;
  }, context);
  answer.catch(() => {});
  return { answer, succeed: () => resolve('answer'), fail: () => reject(outage), seen: seen! };
}

describe('A call in time', () => {
  it('returns what it returns, and leaves no timer', async () => {
    const { clock, limiter, told } = setUp();

    await expect(limiter.execute(() => 'at once')).resolves.toBe('at once');
    const call = startCall(limiter);
    clock.advance(1_999);
    call.succeed();

    await expect(call.answer).resolves.toBe('answer');
    expect(told).toStrictEqual(['SUCCESS', 'SUCCESS']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('throws what it throws, whether at once or later, and leaves no timer', async () => {
    const { clock, limiter, told } = setUp();
    const onError = vi.fn<(event: { error: unknown }) => void>();
    limiter.on('ERROR', onError);

    await expect(
      limiter.execute(() => {
        throw outage;
      }),
    ).rejects.toBe(outage);
    const call = startCall(limiter);
    call.fail();

    await expect(call.answer).rejects.toBe(outage);
    expect(told).toStrictEqual(['ERROR', 'ERROR']);
    expect(onError.mock.calls[0]?.[0].error).toBe(outage);
    expect(clock.pendingTimers).toBe(0);
  });

  it('knows its attempt, and a signal that is not aborted when it has ended', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter, { attempt: 2 });

    call.succeed();
    await call.answer;
    clock.advance(5_000);

    expect(call.seen.attempt).toBe(2);
    expect(call.seen.signal.aborted).toBe(false);
  });

  it('keeps `this` and the arguments when it is decorated', async () => {
    const { limiter } = setUp();
    const service = {
      greeting: 'Hello',
      greet: limiter.decorate(function (this: { greeting: string }, name: string) {
        return `${this.greeting} ${name}`;
      }),
    };

    await expect(service.greet('Ada')).resolves.toBe('Hello Ada');
  });
});

describe('A call that takes too long', () => {
  it('is answered as soon as the time is up, and its signal is aborted with the same error', async () => {
    const { clock, limiter, told } = setUp();
    const call = startCall(limiter);

    clock.advance(1_999);
    expect(call.seen.signal.aborted).toBe(false);
    clock.advance(1);

    const error = await call.answer.catch((error: unknown) => error);
    expect(error).toBeInstanceOf(TimeoutExceededError);
    expect(error).toMatchObject({
      name: 'TimeoutExceededError',
      code: 'TIMEOUT_EXCEEDED',
      timeLimiterName: 'customer',
      timeoutMs: 2_000,
      limitedBy: 'timeoutDuration',
      message: "TimeLimiter 'customer' got no result within its timeoutDuration of 2 s.",
    });
    expect(call.seen.signal.reason).toBe(error);
    expect(told).toStrictEqual(['TIMEOUT']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has timed out even if its work rejects with an error of its own when the signal is aborted', async () => {
    const { clock, limiter, told } = setUp();
    const answer = limiter.execute(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('socket closed')));
        }),
    );

    clock.advance(2_000);

    await expect(answer).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(told).toStrictEqual(['TIMEOUT']);
  });

  it.each(['succeed', 'fail'] as const)('may still %s later without anybody noticing', async (end) => {
    const { clock, limiter, told } = setUp();
    const onUnhandledRejection = vi.fn<() => void>();
    process.on('unhandledRejection', onUnhandledRejection);
    const call = startCall(limiter);
    clock.advance(2_000);

    call[end]();
    await settle();

    process.off('unhandledRejection', onUnhandledRejection);
    expect(onUnhandledRejection).not.toHaveBeenCalled();
    await expect(call.answer).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(told).toStrictEqual(['TIMEOUT']);
  });

  it('goes on without an abort when told so, and still heeds its caller', async () => {
    const { clock, limiter } = setUp({ timeoutDuration: '2s', cancelRunningFuture: false });
    const caller = new AbortController();
    const call = startCall(limiter, { signal: caller.signal });

    clock.advance(2_000);

    await expect(call.answer).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(call.seen.signal.aborted).toBe(false);
    caller.abort('given up');
    expect(call.seen.signal.reason).toBe('given up');
  });

  it('does not hold on to the signal of its caller', async () => {
    const { clock, limiter } = setUp();
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const call = startCall(limiter, { signal });

    clock.advance(2_000);

    await expect(call.answer).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(remove).toHaveBeenCalledOnce();
  });
});

describe('A call whose caller gives up', () => {
  it('is answered at once with the caller’s reason, and is neither a timeout nor an error', async () => {
    const { clock, limiter, told } = setUp();
    const caller = new AbortController();
    const call = startCall(limiter, { signal: caller.signal });

    caller.abort('given up');

    await expect(call.answer).rejects.toBe('given up');
    expect(call.seen.signal.reason).toBe('given up');
    expect(clock.pendingTimers).toBe(0);
    call.fail();
    await settle();
    expect(told).toStrictEqual([]);
  });

  it('is not made when the caller has given up already', async () => {
    const { clock, limiter, told } = setUp();
    const work = vi.fn<() => void>();

    await expect(limiter.execute(work, { signal: AbortSignal.abort('given up') })).rejects.toBe('given up');

    expect(work).not.toHaveBeenCalled();
    expect(told).toStrictEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('A deadline', () => {
  it('of the caller wins when it comes first, and the error says so', async () => {
    const { clock, limiter } = setUp();
    const onTimeout = vi.fn<(event: object) => void>();
    limiter.on('TIMEOUT', onTimeout);
    const deadline = Deadline.after(300, clock);
    const call = startCall(limiter, { deadline });
    expect(call.seen.deadline).toBe(deadline);

    clock.advance(300);

    await expect(call.answer).rejects.toMatchObject({
      code: 'TIMEOUT_EXCEEDED',
      timeoutMs: 300,
      limitedBy: 'deadline',
      message: "TimeLimiter 'customer' got no result within the 300 ms that the caller's deadline left.",
    });
    expect(onTimeout.mock.calls[0]?.[0]).toMatchObject({ timeoutMs: 300, limitedBy: 'deadline' });
  });

  it('of the caller changes nothing when it comes later, and the call is told the earlier one', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter, { deadline: Deadline.after('3s', clock) });
    expect(call.seen.deadline?.remainingMs).toBe(2_000);

    clock.advance(2_000);

    await expect(call.answer).rejects.toMatchObject({ timeoutMs: 2_000, limitedBy: 'timeoutDuration' });
  });

  it('is made for a call without one, so that the next service knows how long it is waited for', () => {
    const { limiter } = setUp();

    expect(startCall(limiter).seen.deadline?.remainingMs).toBe(2_000);
  });

  it('is not made for work that is to go on after the timeout', () => {
    const { clock, limiter } = setUp({ cancelRunningFuture: false });
    const deadline = Deadline.after('1h', clock);

    expect(startCall(limiter).seen.deadline).toBeUndefined();
    expect(startCall(limiter, { deadline }).seen.deadline).toBe(deadline);
  });

  it('that has passed refuses the call at once', async () => {
    const { clock, limiter, told } = setUp();
    const deadline = Deadline.after(300, clock);
    const work = vi.fn<() => void>();
    clock.advance(300);

    const refusal = await limiter.execute(work, { deadline }).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(DeadlineExceededError);
    expect(refusal).toMatchObject({ message: expect.stringContaining("TimeLimiter 'customer'") });
    expect(work).not.toHaveBeenCalled();
    expect(told).toStrictEqual(['TIMEOUT']);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('The options of a time limiter', () => {
  it("have Resilience4j's defaults", () => {
    expect(timeLimiterOptions.resolve('TimeLimiter', {})).toStrictEqual({
      timeoutDuration: 1_000,
      cancelRunningFuture: true,
      eventConsumerBufferSize: 0,
    });
  });

  it.each([0, -1, 'soon'])('refuse a timeout of %j', (timeoutDuration) => {
    expect(() => new TimeLimiter('customer', { timeoutDuration })).toThrow(InvalidOptionsError);
  });
});

describe('The registry of time limiters', () => {
  it('makes one for each name, from its definition', () => {
    const clock = new FakeClock();
    const registry = createRegistry(
      'timeLimiter',
      { configs: { default: { timeoutDuration: '2s' } }, instances: { customer: { cancelRunningFuture: false } } },
      { clock },
    );

    const customer = registry.getOrCreate('customer');

    expect(customer.config).toMatchObject({ timeoutDuration: 2_000, cancelRunningFuture: false });
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(() => registry.getOrCreate('customer', { timeoutDuration: '3s' })).toThrow(ConflictingDefinitionError);
  });

  it('finds faults before an instance is made', () => {
    expect(() => createRegistry('timeLimiter', { instances: { customer: { timeoutDuration: 0 } } })).toThrow(
      /instances\.customer\.timeoutDuration/,
    );
  });
});
