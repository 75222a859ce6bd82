import { getEventListeners } from 'node:events';
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
  const events: string[] = [];
  bulkhead.onEvent((event) => events.push(event.type));
  return { clock, bulkhead, events };
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** An in-flight or queued call that the test ends. */
function startCall(bulkhead: Bulkhead, context?: Partial<CallContext>) {
  const { promise, resolve } = Promise.withResolvers<string>();
  const call = vi.fn<() => Promise<string>>(() => promise);
  const result = bulkhead.execute(call, context);
  result.catch(() => {});
  const end = async () => {
    resolve('response');
    await result;
    await settle();
  };
  return { result, call, end };
}

describe('Bulkhead.execute', () => {
  it('holds a permit while the call is in flight and returns it when the call succeeds or fails', async () => {
    const { bulkhead, events } = setUp({ maxConcurrentCalls: 2 });
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
    expect(events).toStrictEqual([
      'CALL_PERMITTED',
      'CALL_FINISHED',
      'CALL_PERMITTED',
      'CALL_FINISHED',
      'CALL_PERMITTED',
      'CALL_FINISHED',
    ]);
  });

  it('refuses a call at once when no permit is free and maxWaitDuration is 0', async () => {
    const { bulkhead, events } = setUp({ maxConcurrentCalls: 2 });
    startCall(bulkhead);
    startCall(bulkhead);
    const { call, result } = startCall(bulkhead);

    const refusal = await result.catch((error: unknown) => error);

    expect(call).not.toHaveBeenCalled();
    expect(refusal).toBeInstanceOf(RejectedError);
    expect(refusal).toMatchObject({
      name: 'BulkheadFullError',
      code: 'BULKHEAD_FULL',
      bulkheadName: 'customer',
      retryAfterMs: undefined,
      message: "Bulkhead 'customer' is full: its maxConcurrentCalls of 2 is reached; retry when a call has ended.",
    });
    expect(events).toStrictEqual(['CALL_PERMITTED', 'CALL_PERMITTED', 'CALL_REJECTED']);
  });

  it('refuses every call when maxConcurrentCalls is 0, with that reason', async () => {
    const { bulkhead } = setUp({ maxConcurrentCalls: 0 });

    await expect(bulkhead.execute(() => 1)).rejects.toThrow(
      "Bulkhead 'customer' permits no calls, because its maxConcurrentCalls is 0.",
    );
  });

  it('passes the context to the call, and a decorated function keeps `this` and its arguments', async () => {
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

describe('The use of a bulkhead, by which a registry decides what to remove', () => {
  it('includes each call of execute until it ends, also in the queue', async () => {
    const { bulkhead } = setUp({ maxWaitDuration: '1s' });
    const [first, second] = [startCall(bulkhead), startCall(bulkhead)];
    expect(bulkhead.usage.inFlightCalls).toBe(2);

    await first.end();
    expect(bulkhead.usage.inFlightCalls).toBe(1);
    await second.end();
    await bulkhead.execute(() => Promise.reject(outage)).catch(() => {});

    expect(bulkhead.usage.inFlightCalls).toBe(0);
  });

  it.each(['tryAcquirePermission', 'acquirePermission'] as const)('includes %s', async (method) => {
    const { bulkhead } = setUp();
    const before = bulkhead.usage.activity;

    await bulkhead[method]();

    expect(bulkhead.usage.activity).toBeGreaterThan(before);
  });
});

describe('A call in the queue of a bulkhead', () => {
  it('gets a permit as soon as a call ends, first in first out', async () => {
    const { clock, bulkhead, events } = setUp({ maxWaitDuration: '1s' });
    const first = startCall(bulkhead);
    const second = startCall(bulkhead);
    const third = startCall(bulkhead);
    await settle();
    expect(second.call).not.toHaveBeenCalled();
    expect(events).toStrictEqual(['CALL_PERMITTED']);

    await first.end();

    expect(second.call).toHaveBeenCalledOnce();
    expect(third.call).not.toHaveBeenCalled();
    await second.end();
    await third.end();
    expect(events).toStrictEqual([
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

  it('cannot lose its permit to a call that arrives before it runs', async () => {
    const { bulkhead } = setUp({ maxWaitDuration: '1s' });
    bulkhead.tryAcquirePermission();
    const waiting = startCall(bulkhead);

    bulkhead.onComplete();
    const isLaterCallPermitted = bulkhead.tryAcquirePermission();
    await settle();

    expect(isLaterCallPermitted).toBe(false);
    expect(waiting.call).toHaveBeenCalledOnce();
  });

  it('is refused when maxWaitDuration has passed, and leaves the queue', async () => {
    const { clock, bulkhead, events } = setUp({ maxWaitDuration: 300 });
    const first = startCall(bulkhead);
    const second = startCall(bulkhead);
    await settle();

    clock.advance(299);
    await settle();
    expect(events).toStrictEqual(['CALL_PERMITTED']);
    clock.advance(1);

    await expect(second.result).rejects.toThrow(
      "Bulkhead 'customer' is full: its maxConcurrentCalls of 1 is reached and no permit became free within 300 ms; " +
        'retry when a call has ended.',
    );
    await first.end();
    expect(second.call).not.toHaveBeenCalled();
    expect(events).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED', 'CALL_FINISHED']);
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });

  it('waits no longer than until the deadline of its caller', async () => {
    const { clock, bulkhead } = setUp({ maxWaitDuration: '1s' });
    startCall(bulkhead);
    const waiting = startCall(bulkhead, { deadline: Deadline.after(200, clock) });
    const late = startCall(bulkhead, { deadline: Deadline.after(0, clock) });

    await expect(late.result).rejects.toBeInstanceOf(BulkheadFullError);
    clock.advance(200);

    await expect(waiting.result).rejects.toBeInstanceOf(BulkheadFullError);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves the queue when its caller aborts, so that the next call gets the permit', async () => {
    const { clock, bulkhead, events } = setUp({ maxWaitDuration: '1s' });
    const caller = new AbortController();
    const first = startCall(bulkhead);
    const second = startCall(bulkhead, { signal: caller.signal });
    const third = startCall(bulkhead);

    caller.abort('aborted');

    await expect(second.result).rejects.toBe('aborted');
    expect(events).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED']);
    expect(clock.pendingTimers).toBe(1);
    await first.end();
    expect(second.call).not.toHaveBeenCalled();
    expect(third.call).toHaveBeenCalledOnce();
  });

  it('returns its permit to the next call when its caller aborts just after the call got it', async () => {
    const { bulkhead } = setUp({ maxWaitDuration: '1s' });
    const caller = new AbortController();
    bulkhead.tryAcquirePermission();
    const second = startCall(bulkhead, { signal: caller.signal });
    const third = startCall(bulkhead);

    bulkhead.onComplete();
    caller.abort('aborted');
    await settle();

    await expect(second.result).rejects.toBe('aborted');
    expect(second.call).not.toHaveBeenCalled();
    expect(third.call).toHaveBeenCalledOnce();
    await third.end();
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });

  it.each<[string, (scene: ReturnType<typeof setUp>, caller: AbortController) => void]>([
    ['is admitted', ({ bulkhead }) => bulkhead.onComplete()],
    ['is refused', ({ clock }) => clock.advance(1_000)],
    ['is aborted', (_scene, caller) => caller.abort('aborted')],
  ])('leaves no listener on the signal of its caller when it %s', (_end, leaveQueue) => {
    const scene = setUp({ maxWaitDuration: '1s' });
    const caller = new AbortController();
    scene.bulkhead.tryAcquirePermission();
    startCall(scene.bulkhead, { signal: caller.signal });
    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(1);

    leaveQueue(scene, caller);

    expect(getEventListeners(caller.signal, 'abort')).toHaveLength(0);
  });

  it('does not wait when its caller has already aborted', async () => {
    const { clock, bulkhead, events } = setUp({ maxWaitDuration: '1s' });

    await expect(startCall(bulkhead, { signal: AbortSignal.abort('aborted') }).result).rejects.toBe('aborted');
    await expect(bulkhead.acquirePermission(AbortSignal.abort('aborted'))).rejects.toBe('aborted');

    expect(events).toStrictEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('tryAcquirePermission, acquirePermission and releasePermission', () => {
  it('take a permit without waiting, or wait for it up to maxWaitDuration', async () => {
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

  it.each(['tryAcquirePermission', 'acquirePermission'] as const)(
    'take a free permit at once: %s leaves no timer and no call in the queue',
    async (method) => {
      const { clock, bulkhead, events } = setUp({ maxWaitDuration: 300 });

      const permitted = bulkhead[method]();

      expect(events).toStrictEqual(['CALL_PERMITTED']);
      expect([clock.pendingTimers, bulkhead.queueLength]).toStrictEqual([0, 0]);
      await permitted;
      expect(bulkhead.metrics.availableConcurrentCalls).toBe(0);
    },
  );

  it('emit CALL_REJECTED when no permit is free', () => {
    const { bulkhead, events } = setUp();
    bulkhead.tryAcquirePermission();

    bulkhead.tryAcquirePermission();

    expect(events).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED']);
  });

  it('return the permit of a call that was not made without an event', () => {
    const { bulkhead, events } = setUp();
    bulkhead.tryAcquirePermission();

    bulkhead.releasePermission();

    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
    expect(events).toStrictEqual(['CALL_PERMITTED']);
  });
});

describe('Bulkhead.changeConfig', () => {
  it('admits queued calls when maxConcurrentCalls rises', async () => {
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

  it('takes effect as calls end when maxConcurrentCalls falls', async () => {
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

  it('changes nothing when one of the options is invalid', () => {
    const { bulkhead } = setUp();

    expect(() => bulkhead.changeConfig({ maxConcurrentCalls: 9, maxWaitDuration: -1 })).toThrow(InvalidOptionsError);

    expect(bulkhead.metrics).toStrictEqual({ availableConcurrentCalls: 1, maxAllowedConcurrentCalls: 1 });
  });
});

describe('Bulkhead.reconfigure', () => {
  it('keeps as many of the latest events as the new eventConsumerBufferSize', () => {
    const { clock, bulkhead } = setUp({ eventConsumerBufferSize: 2 });
    bulkhead.tryAcquirePermission();
    bulkhead.tryAcquirePermission();
    expect(bulkhead.bufferedEvents()).toHaveLength(2);

    bulkhead.reconfigure({ maxConcurrentCalls: 1, eventConsumerBufferSize: 1 });

    expect(bulkhead.bufferedEvents()).toStrictEqual([
      { type: 'CALL_REJECTED', bulkheadName: 'customer', creationTime: clock.now() },
    ]);
  });
});

describe('A bulkhead inside a time limiter', () => {
  it('keeps the permit of a call that timed out until its work has ended', async () => {
    const { clock, bulkhead, events } = setUp();
    const limiter = new TimeLimiter('customer', { timeoutDuration: '1s' }, { clock });
    const { promise: work, resolve: endWork } = Promise.withResolvers<void>();
    const run = (call: () => unknown) => limiter.execute((context) => bulkhead.execute(call, context));
    const result = run(() => work);

    clock.advance(1_000);

    await expect(result).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(0);
    await expect(run(() => 'response')).rejects.toBeInstanceOf(BulkheadFullError);
    endWork();
    await settle();
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
    expect(events).toStrictEqual(['CALL_PERMITTED', 'CALL_REJECTED', 'CALL_FINISHED']);
  });

  it('removes a call that times out in the queue', async () => {
    const { clock, bulkhead } = setUp({ maxWaitDuration: '1m' });
    const limiter = new TimeLimiter('customer', { timeoutDuration: '1s' }, { clock });
    const call = vi.fn<() => void>();
    const first = startCall(bulkhead);
    const result = limiter.execute((context) => bulkhead.execute(call, context));

    clock.advance(1_000);

    await expect(result).rejects.toMatchObject({ code: 'TIMEOUT_EXCEEDED' });
    expect(clock.pendingTimers).toBe(0);
    await first.end();
    expect(call).not.toHaveBeenCalled();
    expect(bulkhead.metrics.availableConcurrentCalls).toBe(1);
  });
});

describe('The options of a bulkhead', () => {
  it("have Resilience4j's defaults", () => {
    expect(bulkheadOptions.resolve('Bulkhead', {})).toStrictEqual({
      maxConcurrentCalls: 25,
      maxWaitDuration: 0,
      queueCapacity: undefined,
      eventConsumerBufferSize: 0,
    });
  });

  it.each([
    ['maxConcurrentCalls', -1, /^a whole number of at least 0$/],
    ['maxWaitDuration', -1, /^a duration of at least 0 ms/],
    ['queueCapacity', -1, /^a whole number of at least 0$/],
    ['eventConsumerBufferSize', -1, /^a whole number from 0 to/],
  ])('refuse %s: %d, and name what is allowed', (option, value, allowed) => {
    const fault = { option, given: String(value), allowed: expect.stringMatching(allowed) };

    expect(() => bulkheadOptions.resolve('Bulkhead', { [option]: value })).toThrow(
      expect.objectContaining({ faults: [fault] }),
    );
  });

  it.each([
    ['the constructor', () => new Bulkhead('customer', { maxConcurrentCalls: -1 })],
    ['changeConfig', () => setUp().bulkhead.changeConfig({ maxConcurrentCalls: -1 })],
    ['reconfigure', () => setUp().bulkhead.reconfigure({ maxConcurrentCalls: -1 })],
  ])('are refused by %s with the name of the bulkhead', (_where, apply) => {
    expect(apply).toThrow("Bulkhead 'customer' has an invalid option:");
  });
});

describe('The registry of bulkheads', () => {
  it('creates one bulkhead for each name, from its definition', () => {
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

  it('reports faults before a bulkhead is created', () => {
    expect(() => createRegistry('bulkhead', { instances: { customer: { maxConcurrentCalls: -1 } } })).toThrow(
      /instances\.customer\.maxConcurrentCalls/,
    );
  });
});

describe('queueCapacity', () => {
  const queueing: BulkheadOptions = { maxWaitDuration: '1m', queueCapacity: 2 };

  it('refuses a call at once when as many calls are queued, and admits the next one when one has left the queue', async () => {
    const { bulkhead, events } = setUp(queueing);
    const first = startCall(bulkhead);
    const [second, third] = [startCall(bulkhead), startCall(bulkhead)];
    expect(bulkhead.queueLength).toBe(2);

    await expect(bulkhead.execute(() => 'not made')).rejects.toMatchObject({
      code: 'BULKHEAD_FULL',
      message:
        "Bulkhead 'customer' is full: its maxConcurrentCalls of 1 and its queueCapacity of 2 are reached; retry when a call has ended.",
    });
    await first.end();
    const fourth = startCall(bulkhead);

    expect(bulkhead.queueLength).toBe(2);
    for (const call of [second, third, fourth]) await call.end();
    expect(bulkhead.queueLength).toBe(0);
    expect(events.filter((type) => type === 'CALL_REJECTED')).toHaveLength(1);
  });

  it('has no limit by default, and 0 lets no call wait', async () => {
    const unbounded = setUp({ maxWaitDuration: '1m' }).bulkhead;
    const none = setUp({ ...queueing, queueCapacity: 0 }).bulkhead;
    for (let call = 0; call < 1_000; call++) startCall(unbounded);
    startCall(none);

    expect(unbounded.queueLength).toBe(999);
    await expect(none.execute(() => 'not made')).rejects.toBeInstanceOf(BulkheadFullError);
  });

  it('also applies to acquirePermission, and a wait that ends frees its place in the queue', async () => {
    const { bulkhead, clock } = setUp({ ...queueing, queueCapacity: 1 });
    startCall(bulkhead);
    const caller = new AbortController();
    const aborted = bulkhead.acquirePermission(caller.signal);
    await expect(bulkhead.acquirePermission()).rejects.toBeInstanceOf(BulkheadFullError);

    caller.abort('aborted');
    await expect(aborted).rejects.toBe('aborted');
    const timedOut = bulkhead.acquirePermission();
    timedOut.catch(() => {});
    expect(bulkhead.queueLength).toBe(1);
    clock.advance(60_000);

    await expect(timedOut).rejects.toBeInstanceOf(BulkheadFullError);
    expect(bulkhead.queueLength).toBe(0);
  });

  it('can change while calls are queued, which stay in the queue', () => {
    const { bulkhead } = setUp(queueing);
    for (let call = 0; call < 3; call++) startCall(bulkhead);

    bulkhead.changeConfig({ queueCapacity: 1 });

    expect(bulkhead.queueLength).toBe(2);
    expect(bulkhead.config.queueCapacity).toBe(1);
  });

  it('has no limit after a reconfiguration without it', () => {
    const { bulkhead } = setUp(queueing);

    bulkhead.reconfigure({ maxConcurrentCalls: 1, maxWaitDuration: '1m' });
    for (let call = 0; call < 5; call++) startCall(bulkhead);

    expect(bulkhead.config.queueCapacity).toBeUndefined();
    expect(bulkhead.queueLength).toBe(4);
  });

  it.each([-1, 1.5, Number.NaN])('is refused when it is %d', (queueCapacity) => {
    expect(() => new Bulkhead('customer', { queueCapacity })).toThrow(InvalidOptionsError);
  });
});
