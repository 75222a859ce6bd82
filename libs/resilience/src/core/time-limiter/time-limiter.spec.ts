import { getEventListeners } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { Clock } from '../clock.ts';
import { Deadline, DeadlineExceededError } from '../deadline.ts';
import { ConflictingDefinitionError, InvalidOptionsError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import type { CallContext } from '../policy.ts';
import { TimeoutExceededError } from './time-limiter.errors.ts';
import { timeLimiterOptions, type TimeLimiterOptions, totalDeadlineOptions } from './time-limiter.options.ts';
import { TimeLimiter, TotalDeadline } from './time-limiter.ts';

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

  it('names the function that awaits it in the stack trace of the error', async () => {
    const { clock, limiter } = setUp();
    const findCustomer = async () => {
      await limiter.execute(() => new Promise(() => {}));
    };
    const error = findCustomer().catch(({ stack }: Error) => stack);

    clock.advance(2_000);

    expect(await error).toContain('findCustomer');
  });

  it('leaves no listener on the signal of its caller once its work has ended, if cancelRunningFuture is false', async () => {
    const { clock, limiter } = setUp({ timeoutDuration: '2s', cancelRunningFuture: false });
    const { signal } = new AbortController();
    const call = startCall(limiter, { signal });
    clock.advance(2_000);
    await call.result.catch(() => {});
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);

    call.succeed();
    await settle();

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
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

  it('reports its own timeout when the deadline of the caller ends at the same time', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter, { deadline: Deadline.after('2s', clock) });

    clock.advance(2_000);

    await expect(call.result).rejects.toMatchObject({ timeoutMs: 2_000, limitedBy: 'timeoutDuration' });
  });

  it('reports its own timeout when a time limiter inside ends the call first, by the deadline of this one', async () => {
    const clock = new FakeClock();
    const late: Clock = {
      now: () => clock.now(),
      schedule: (delayMs, callback) => clock.schedule(delayMs + 1, callback),
    };
    const outer = new TimeLimiter('customer', { timeoutDuration: '2s', eventConsumerBufferSize: 1 }, { clock: late });
    const inner = new TimeLimiter('database', { timeoutDuration: '5s' }, { clock });
    const result = outer.execute((context) => startCall(inner, context).result);

    clock.advance(2_000);

    await expect(result).rejects.toMatchObject({ timeLimiterName: 'customer', limitedBy: 'timeoutDuration' });
    expect(outer.bufferedEvents()).toMatchObject([{ type: 'TIMEOUT', timeoutMs: 2_000, limitedBy: 'timeoutDuration' }]);
    expect(clock.pendingTimers).toBe(0);
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
    const { clock, limiter } = setUp({ eventConsumerBufferSize: 1 });
    const deadline = Deadline.after(300, clock);
    const work = vi.fn<() => void>();
    clock.advance(300);

    const refusal = await limiter.execute(work, { deadline }).catch((error: unknown) => error);

    expect(refusal).toBeInstanceOf(DeadlineExceededError);
    expect(refusal).toMatchObject({ message: expect.stringContaining("TimeLimiter 'customer'") });
    expect(work).not.toHaveBeenCalled();
    expect(limiter.bufferedEvents()).toMatchObject([{ type: 'TIMEOUT', timeoutMs: 0, limitedBy: 'deadline' }]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('The use of a time limiter, by which a registry decides what to remove', () => {
  it.each(['succeed', 'fail'] as const)('includes each call until it ends: %s', async (end) => {
    const { limiter } = setUp();
    const call = startCall(limiter);
    expect(limiter.usage.inFlightCalls).toBe(1);

    call[end]();
    await call.result.catch(() => {});

    expect(limiter.usage.inFlightCalls).toBe(0);
  });
});

describe('TimeLimiter.reconfigure', () => {
  it('applies to new calls; in-flight calls keep their time limit', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter);

    limiter.reconfigure({ timeoutDuration: '5s', eventConsumerBufferSize: 1 });
    clock.advance(2_000);

    await expect(call.result).rejects.toMatchObject({ timeoutMs: 2_000 });
    expect(limiter.bufferedEvents()).toStrictEqual([
      {
        type: 'TIMEOUT',
        timeLimiterName: 'customer',
        creationTime: clock.now(),
        timeoutMs: 2_000,
        limitedBy: 'timeoutDuration',
      },
    ]);
    expect(startCall(limiter).seen.deadline?.remainingMs).toBe(5_000);
  });

  it.each([true, false])('applies cancelRunningFuture to new calls: in-flight calls keep %s', async (before) => {
    const { clock, limiter } = setUp({ timeoutDuration: '2s', cancelRunningFuture: before });
    const call = startCall(limiter);

    limiter.reconfigure({ timeoutDuration: '2s', cancelRunningFuture: !before });
    clock.advance(2_000);

    await expect(call.result).rejects.toThrow('2 s');
    expect(call.seen.signal.aborted).toBe(before);
  });

  it('changes nothing when an option is invalid', () => {
    const { limiter } = setUp();

    expect(() => limiter.reconfigure({ timeoutDuration: '5s', cancelRunningFuture: 1 as never })).toThrow(
      "TimeLimiter 'customer' has an invalid option:",
    );

    expect(limiter.config.timeoutDuration).toBe(2_000);
  });
});

describe('A total deadline', () => {
  it('is a time limiter of the kind deadline, and names itself in its errors', async () => {
    const clock = new FakeClock();
    const total = new TotalDeadline('customer', {}, { clock });
    const call = startCall(total);

    clock.advance(30_000);

    expect(total.kind).toBe('deadline');
    await expect(call.result).rejects.toThrow(
      "TotalDeadline 'customer' got no result within its timeoutDuration of 30 s.",
    );
    await expect(total.execute(() => 1, { deadline: Deadline.after(0, clock) })).rejects.toThrow(
      "TotalDeadline 'customer': the caller's deadline has passed.",
    );
    expect(() => new TotalDeadline('customer', { timeoutDuration: 0 })).toThrow("TotalDeadline 'customer' has an");
  });
});

describe('TimeoutExceededError', () => {
  it('names a time limiter unless it gets another label', () => {
    const { message } = new TimeoutExceededError('customer', 2_000, 'timeoutDuration');

    expect(message).toBe("TimeLimiter 'customer' got no result within its timeoutDuration of 2 s.");
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

  it.each([
    ['timeoutDuration', 0, /^a duration above 0 ms/],
    ['cancelRunningFuture', 1, /^true or false$/],
    ['eventConsumerBufferSize', -1, /^a whole number from 0 to/],
  ])('refuse %s: %d, and name what is allowed and the time limiter', (option, value, allowed) => {
    const fault = { option, given: String(value), allowed: expect.stringMatching(allowed) };

    expect(() => new TimeLimiter('customer', { [option]: value })).toThrow(
      expect.objectContaining({ subject: "TimeLimiter 'customer'", faults: [fault] }),
    );
  });

  it('have 30 s as the default of a total deadline', () => {
    expect(totalDeadlineOptions.resolve('TotalDeadline', {})).toStrictEqual({
      timeoutDuration: 30_000,
      cancelRunningFuture: true,
      eventConsumerBufferSize: 0,
    });
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
