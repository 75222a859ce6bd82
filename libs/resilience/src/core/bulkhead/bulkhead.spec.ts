import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { Deadline } from '../deadline.ts';
import { ConflictingDefinitionError, InvalidOptionsError, RejectedError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import type { CallContext } from '../policy.ts';
import { TimeLimiter } from '../time-limiter/time-limiter.ts';
import { BulkheadFullError } from './bulkhead.errors.ts';
import { type BulkheadOptions, bulkheadOptions } from './bulkhead.options.ts';
import { Bulkhead } from './bulkhead.ts';

const outage = new Error('outage');

function setUp(options: BulkheadOptions = {}) {
  const clock = new FakeClock();
  const bulkhead = new Bulkhead('customer', { maxConcurrentCalls: 1, ...options }, { clock });
  const told: string[] = [];
  bulkhead.onEvent((event) => told.push(event.type));
  return { clock, bulkhead, told };
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A call under way or waiting, to be ended when the test wants it. */
function startCall(bulkhead: Bulkhead, context?: Partial<CallContext>) {
  const { promise, resolve } = Promise.withResolvers<string>();
  const call = vi.fn<() => Promise<string>>(() => promise);
  const answer = bulkhead.execute(call, context);
  answer.catch(() => {});
  const end = async () => {
    resolve('answer');
    await answer;
    await settle();
  };
  return { answer, call, end };
}

describe('execute', () => {
  it('holds a place while the call is under way, and gives it back however the call ends', async () => {
    const { bulkhead, told } = setUp({ maxConcurrentCalls: 2 });
    const call = startCall(bulkhead);
    expect(bulkhead.metrics).toStrictEqual({ availableConcurrentCalls: 1, maxAllowedConcurrentCalls: 2 });

    await call.end();
    await expect(bulkhead.execute(() => Promise.reject(outage))).rejects.toBe(outage);
    await expect(
      bulkhead.execute(() => {
        throw outage;
      }),
    ).rejects.toBe(outage);

    expect(bulkhead.metrics.availableConcurrentCalls).toBe(2);
    expect(told).toStrictEqual([
      'CALL_PERMITTED',
      'CALL_FINISHED',
      'CALL_PERMITTED',
      'CALL_FINISHED',
      'CALL_PERMITTED',
      'CALL_FINISHED',
    ]);
  });

  it('refuses at once when all places are taken and it may not wait', async () => {
    const { bulkhead, told } = setUp({ maxConcurrentCalls: 2 });
    startCall(bulkhead);
    startCall(bulkhead);
    const { call, answer } = startCall(bulkhead);

    const refusal = await answer.catch((error: unknown) => error);

    expect(call).not.toHaveBeenCalled();
    expect(refusal).toBeInstanceOf(RejectedError);
    expect(refusal).toMatchObject({
      name: 'BulkheadFullError',
      code: 'BULKHEAD_FULL',
      bulkheadName: 'customer',
      retryAfterMs: undefined,
      message: "Bulkhead 'customer' is full: all its 2 calls are under way; a retry makes sense when one has ended.",
    });
    expect(told).toStrictEqual(['CALL_PERMITTED', 'CALL_PERMITTED', 'CALL_REJECTED']);
  });

  it('admits nobody when its maximum is 0, and says so', async () => {
    const { bulkhead } = setUp({ maxConcurrentCalls: 0 });

    await expect(bulkhead.execute(() => 1)).rejects.toThrow(
      "Bulkhead 'customer' admits no calls, since its maxConcurrentCalls is 0.",
    );
  });

  it('hands the context on, and keeps `this` and the arguments when it decorates', async () => {
    const { bulkhead } = setUp();
    const service = {
      greeting: 'Hello',
      greet: bulkhead.decorate(function (this: { greeting: string }, name: string) {
        return `${this.greeting} ${name}`;
      }),
    };

    await expect(service.greet('Ada')).resolves.toBe('Hello Ada');
    await expect(bulkhead.execute(({ attempt }) => attempt, { attempt: 3 })).resolves.toBe(3);
  });
});

describe('A call that waits for a place', () => {
  it('gets it as soon as a call ends, in the order of coming', async () => {
    const { clock, bulkhead, told } = setUp({ maxWaitDuration: '1s' });
    const first = startCall(bulkhead);
    const second = startCall(bulkhead);
    const third = startCall(bulkhead);
    await settle();
    expect(second.call).not.toHaveBeenCalled();
    expect(told).toStrictEqual(['CALL_PERMITTED']);

    await first.end();

    expect(second.call).toHaveBeenCalledOnce();
    expect(third.call).not.toHaveBeenCalled();
    await second.end();
    await third.end();
    expect(told).toStrictEqual([
      'CALL_PERMITTED',
      'CALL_FINISHED',
      'CALL_PERMITTED',
      'CALL_FINISHED',
      'CALL_PERMITTED',
      'CALL_FINISHED',
    ]);
    expect(clock.pendingTimers).toBe(0);
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });

  it('cannot lose it to somebody who comes before it has noticed', async () => {
    const { bulkhead } = setUp({ maxWaitDuration: '1s' });
    bulkhead.tryAcquirePermission();
    const waiting = startCall(bulkhead);

    bulkhead.onComplete();
    const isLaterOnePermitted = bulkhead.tryAcquirePermission();
    await settle();

    expect(isLaterOnePermitted).toBe(false);
    expect(waiting.call).toHaveBeenCalledOnce();
  });

  it('is refused when its wait is over, and leaves the line', async () => {
    const { clock, bulkhead, told } = setUp({ maxWaitDuration: 300 });
    const first = startCall(bulkhead);
    const second = startCall(bulkhead);
    await settle();

    clock.advance(299);
    await settle();
    expect(told).toStrictEqual(['CALL_PERMITTED']);
    clock.advance(1);

    await expect(second.answer).rejects.toThrow(
      "Bulkhead 'customer' is full: its one call is under way, and none ended within 300 ms; " +
        'a retry makes sense when one has ended.',
    );
    await first.end();
    expect(second.call).not.toHaveBeenCalled();
    expect(told).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED', 'CALL_FINISHED']);
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });

  it('waits no longer than the deadline of its caller leaves', async () => {
    const { clock, bulkhead } = setUp({ maxWaitDuration: '1s' });
    startCall(bulkhead);
    const waiting = startCall(bulkhead, { deadline: Deadline.after(200, clock) });
    const late = startCall(bulkhead, { deadline: Deadline.after(0, clock) });

    await expect(late.answer).rejects.toBeInstanceOf(BulkheadFullError);
    clock.advance(200);

    await expect(waiting.answer).rejects.toBeInstanceOf(BulkheadFullError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves the line when its caller gives up; the next one moves up', async () => {
    const { clock, bulkhead, told } = setUp({ maxWaitDuration: '1s' });
    const caller = new AbortController();
    const first = startCall(bulkhead);
    const second = startCall(bulkhead, { signal: caller.signal });
    const third = startCall(bulkhead);

    caller.abort('given up');

    await expect(second.answer).rejects.toBe('given up');
    expect(told).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED']);
    expect(clock.pendingTimers).toBe(1);
    await first.end();
    expect(second.call).not.toHaveBeenCalled();
    expect(third.call).toHaveBeenCalledOnce();
  });

  it('hands its place on when its caller gives up in the moment it is admitted', async () => {
    const { bulkhead } = setUp({ maxWaitDuration: '1s' });
    const caller = new AbortController();
    bulkhead.tryAcquirePermission();
    const second = startCall(bulkhead, { signal: caller.signal });
    const third = startCall(bulkhead);

    bulkhead.onComplete();
    caller.abort('given up');
    await settle();

    await expect(second.answer).rejects.toBe('given up');
    expect(second.call).not.toHaveBeenCalled();
    expect(third.call).toHaveBeenCalledOnce();
    await third.end();
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });

  it('does not begin to wait when its caller has given up already', async () => {
    const { clock, bulkhead, told } = setUp({ maxWaitDuration: '1s' });

    await expect(startCall(bulkhead, { signal: AbortSignal.abort('given up') }).answer).rejects.toBe('given up');
    await expect(bulkhead.acquirePermission(AbortSignal.abort('given up'))).rejects.toBe('given up');

    expect(told).toStrictEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('The low-level calls', () => {
  it('acquire without waiting, or with', async () => {
    const { clock, bulkhead } = setUp({ maxWaitDuration: 300 });

    expect(bulkhead.tryAcquirePermission()).toBe(true);
    expect(bulkhead.tryAcquirePermission()).toBe(false);
    const admitted = bulkhead.acquirePermission();
    const refused = bulkhead.acquirePermission();
    refused.catch(() => {});
    bulkhead.onComplete();

    await expect(admitted).resolves.toBeUndefined();
    clock.advance(300);
    await expect(refused).rejects.toBeInstanceOf(BulkheadFullError);
  });

  it('give a place back without an event when the call was not made', () => {
    const { bulkhead, told } = setUp();
    bulkhead.tryAcquirePermission();

    bulkhead.releasePermission();

    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
    expect(told).toStrictEqual(['CALL_PERMITTED']);
  });
});

describe('Changes at run time', () => {
  it('admit who waits when the maximum rises', async () => {
    const { bulkhead } = setUp({ maxWaitDuration: '1s' });
    startCall(bulkhead);
    const second = startCall(bulkhead);
    const third = startCall(bulkhead);

    bulkhead.changeConfig({ maxConcurrentCalls: 2 });
    await settle();

    expect(second.call).toHaveBeenCalledOnce();
    expect(third.call).not.toHaveBeenCalled();
    expect(bulkhead.metrics).toStrictEqual({ availableConcurrentCalls: 0, maxAllowedConcurrentCalls: 2 });
    expect(bulkhead.config).toMatchObject({ maxConcurrentCalls: 2, maxWaitDuration: 1_000 });
  });

  it('take effect as calls end when the maximum falls', async () => {
    const { bulkhead } = setUp({ maxConcurrentCalls: 3 });
    const calls = [startCall(bulkhead), startCall(bulkhead), startCall(bulkhead)];

    bulkhead.changeConfig({ maxConcurrentCalls: 1 });
    expect(bulkhead.metrics).toStrictEqual({ availableConcurrentCalls: 0, maxAllowedConcurrentCalls: 1 });
    await calls[0]!.end();
    await calls[1]!.end();
    expect(bulkhead.tryAcquirePermission()).toBe(false);
    await calls[2]!.end();

    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });

  it('are refused as a whole when they are not valid', () => {
    const { bulkhead } = setUp();

    expect(() => bulkhead.changeConfig({ maxConcurrentCalls: 9, maxWaitDuration: -1 })).toThrow(InvalidOptionsError);

    expect(bulkhead.metrics).toStrictEqual({ availableConcurrentCalls: 1, maxAllowedConcurrentCalls: 1 });
  });
});

describe('Inside a time limiter', () => {
  it('a call that has timed out keeps its place until its work has really ended', async () => {
    const { clock, bulkhead, told } = setUp();
    const limiter = new TimeLimiter('customer', { timeoutDuration: '1s' }, { clock });
    const { promise: work, resolve: endWork } = Promise.withResolvers<void>();
    const ask = (call: () => unknown) => limiter.execute((context) => bulkhead.execute(call, context));
    const answer = ask(() => work);

    clock.advance(1_000);

    await expect(answer).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(0);
    await expect(ask(() => 'answer')).rejects.toBeInstanceOf(BulkheadFullError);
    endWork();
    await settle();
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
    expect(told).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED', 'CALL_FINISHED']);
  });

  it('a call whose time is up while it waits leaves the line', async () => {
    const { clock, bulkhead } = setUp({ maxWaitDuration: '1m' });
    const limiter = new TimeLimiter('customer', { timeoutDuration: '1s' }, { clock });
    const call = vi.fn<() => void>();
    const first = startCall(bulkhead);
    const answer = limiter.execute((context) => bulkhead.execute(call, context));

    clock.advance(1_000);

    await expect(answer).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(clock.pendingTimers).toBe(0);
    await first.end();
    expect(call).not.toHaveBeenCalled();
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });
});

describe('The options of a bulkhead', () => {
  it("have Resilience4j's defaults", () => {
    expect(bulkheadOptions.resolve('Bulkhead', {})).toMatchObject({ maxConcurrentCalls: 25, maxWaitDuration: 0 });
  });
});

describe('The registry of bulkheads', () => {
  it('makes one for each name, from its definition', () => {
    const registry = createRegistry(
      'bulkhead',
      { configs: { default: { maxConcurrentCalls: 7 } }, instances: { customer: { maxWaitDuration: 50 } } },
      { clock: new FakeClock() },
    );

    const customer = registry.getOrCreate('customer');

    expect(customer.config).toMatchObject({ maxConcurrentCalls: 7, maxWaitDuration: 50 });
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(() => registry.getOrCreate('customer', { maxConcurrentCalls: 8 })).toThrow(ConflictingDefinitionError);
  });

  it('finds faults before an instance is made', () => {
    expect(() => createRegistry('bulkhead', { instances: { customer: { maxConcurrentCalls: -1 } } })).toThrow(
      /instances\.customer\.maxConcurrentCalls/,
    );
  });
});
