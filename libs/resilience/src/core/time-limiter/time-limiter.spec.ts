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
  const events: string[] = [];
  limiter.onEvent((event) => events.push(event.type));
  return { clock, limiter, events };
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** An in-flight call that the test ends. */
function startCall(limiter: TimeLimiter, context?: Partial<CallContext>) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  let seen: CallContext | undefined;
  const result = limiter.execute((given) => {
    seen = given;
    return promise;
  }, context);
  result.catch(() => {});
  return { result, succeed: () => resolve('response'), fail: () => reject(outage), seen: seen! };
}

describe('A call that ends within the time limit', () => {
  it('returns the result of the call and leaves no timer', async () => {
    const { clock, limiter, events } = setUp();

    await expect(limiter.execute(() => 'at once')).resolves.toBe('at once');
    const call = startCall(limiter);
    clock.advance(1_999);
    call.succeed();

    await expect(call.result).resolves.toBe('response');
    expect(events).toStrictEqual(['SUCCESS', 'SUCCESS']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('throws what the call throws, synchronously or not, and leaves no timer', async () => {
    const { clock, limiter, events } = setUp();
    const onError = vi.fn<(event: { error: unknown }) => void>();
    limiter.on('ERROR', onError);

    await expect(
      limiter.execute(() => {
        throw outage;
      }),
    ).rejects.toBe(outage);
    const call = startCall(limiter);
    call.fail();

    await expect(call.result).rejects.toBe(outage);
    expect(events).toStrictEqual(['ERROR', 'ERROR']);
    expect(onError.mock.calls[0]?.[0].error).toBe(outage);
    expect(clock.pendingTimers).toBe(0);
  });

  it('has its attempt number, and a signal that is not aborted after it has ended', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter, { attempt: 2 });

    call.succeed();
    await call.result;
    clock.advance(5_000);

    expect(call.seen.attempt).toBe(2);
    expect(call.seen.signal.aborted).toBe(false);
  });

  it('keeps `this` and the arguments of a decorated function', async () => {
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

describe('A call that exceeds the time limit', () => {
  it('rejects with TimeoutExceededError after timeoutDuration, and its signal is aborted with that error', async () => {
    const { clock, limiter, events } = setUp();
    const call = startCall(limiter);

    clock.advance(1_999);
    expect(call.seen.signal.aborted).toBe(false);
    clock.advance(1);

    const error = await call.result.catch((error: unknown) => error);
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
    expect(events).toStrictEqual(['TIMEOUT']);
    expect(clock.pendingTimers).toBe(0);
  });

  it('rejects with TimeoutExceededError even if its work rejects with another error on abort', async () => {
    const { clock, limiter, events } = setUp();
    const result = limiter.execute(
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('socket closed')));
        }),
    );

    clock.advance(2_000);

    await expect(result).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(events).toStrictEqual(['TIMEOUT']);
  });

  it.each(['succeed', 'fail'] as const)('may %s later without an event or an unhandled rejection', async (end) => {
    const { clock, limiter, events } = setUp();
    const onUnhandledRejection = vi.fn<() => void>();
    process.on('unhandledRejection', onUnhandledRejection);
    const call = startCall(limiter);
    clock.advance(2_000);

    call[end]();
    await settle();

    process.off('unhandledRejection', onUnhandledRejection);
    expect(onUnhandledRejection).not.toHaveBeenCalled();
    await expect(call.result).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(events).toStrictEqual(['TIMEOUT']);
  });

  it('is not aborted if cancelRunningFuture is false, but its caller can still abort it', async () => {
    const { clock, limiter } = setUp({ timeoutDuration: '2s', cancelRunningFuture: false });
    const caller = new AbortController();
    const call = startCall(limiter, { signal: caller.signal });

    clock.advance(2_000);

    await expect(call.result).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(call.seen.signal.aborted).toBe(false);
    caller.abort('aborted');
    expect(call.seen.signal.reason).toBe('aborted');
  });

  it('removes its listener from the signal of its caller', async () => {
    const { clock, limiter } = setUp();
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    const call = startCall(limiter, { signal });

    clock.advance(2_000);

    await expect(call.result).rejects.toBeInstanceOf(TimeoutExceededError);
    expect(remove).toHaveBeenCalledOnce();
  });
});

describe('A time-limited call whose caller aborts', () => {
  it('rejects at once with the reason of the abort and emits no event', async () => {
    const { clock, limiter, events } = setUp();
    const caller = new AbortController();
    const call = startCall(limiter, { signal: caller.signal });

    caller.abort('aborted');

    await expect(call.result).rejects.toBe('aborted');
    expect(call.seen.signal.reason).toBe('aborted');
    expect(clock.pendingTimers).toBe(0);
    call.fail();
    await settle();
    expect(events).toStrictEqual([]);
  });

  it('is not made when the caller has already aborted', async () => {
    const { clock, limiter, events } = setUp();
    const work = vi.fn<() => void>();

    await expect(limiter.execute(work, { signal: AbortSignal.abort('aborted') })).rejects.toBe('aborted');

    expect(work).not.toHaveBeenCalled();
    expect(events).toStrictEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('A time limiter and a deadline', () => {
  it('reports the deadline of the caller in the error when it is earlier than the timeout', async () => {
    const { clock, limiter } = setUp();
    const onTimeout = vi.fn<(event: object) => void>();
    limiter.on('TIMEOUT', onTimeout);
    const deadline = Deadline.after(300, clock);
    const call = startCall(limiter, { deadline });
    expect(call.seen.deadline).toBe(deadline);

    clock.advance(300);

    await expect(call.result).rejects.toMatchObject({
      code: 'TIMEOUT_EXCEEDED',
      timeoutMs: 300,
      limitedBy: 'deadline',
      message: "TimeLimiter 'customer' got no result within the 300 ms that the caller's deadline left.",
    });
    expect(onTimeout.mock.calls[0]?.[0]).toMatchObject({ timeoutMs: 300, limitedBy: 'deadline' });
  });

  it('gives the call the earlier deadline when the deadline of the caller is later than the timeout', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter, { deadline: Deadline.after('3s', clock) });
    expect(call.seen.deadline?.remainingMs).toBe(2_000);

    clock.advance(2_000);

    await expect(call.result).rejects.toMatchObject({ timeoutMs: 2_000, limitedBy: 'timeoutDuration' });
  });

  it('gives a call without a deadline one that ends with the timeout', () => {
    const { limiter } = setUp();

    expect(startCall(limiter).seen.deadline?.remainingMs).toBe(2_000);
  });

  it('gives the call no deadline of its own if cancelRunningFuture is false', () => {
    const { clock, limiter } = setUp({ cancelRunningFuture: false });
    const deadline = Deadline.after('1h', clock);

    expect(startCall(limiter).seen.deadline).toBeUndefined();
    expect(startCall(limiter, { deadline }).seen.deadline).toBe(deadline);
  });

  it('refuses a call at once when the deadline has passed', async () => {
    const { clock, limiter, events } = setUp();
    const deadline = Deadline.after(300, clock);
    const work = vi.fn<() => void>();
    clock.advance(300);

    const refusal = await limiter.execute(work, { deadline }).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(DeadlineExceededError);
    expect(refusal).toMatchObject({ message: expect.stringContaining("TimeLimiter 'customer'") });
    expect(work).not.toHaveBeenCalled();
    expect(events).toStrictEqual(['TIMEOUT']);
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
  it('creates one time limiter for each name, from its definition', () => {
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

  it('reports faults before a time limiter is created', () => {
    expect(() => createRegistry('timeLimiter', { instances: { customer: { timeoutDuration: 0 } } })).toThrow(
      /instances\.customer\.timeoutDuration/,
    );
  });
});
