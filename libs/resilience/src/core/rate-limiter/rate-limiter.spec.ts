import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import type { Clock } from '../clock.ts';
import { Deadline } from '../deadline.ts';
import { ConflictingDefinitionError, InvalidOptionsError, RejectedError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import { RateLimitExceededError } from './rate-limiter.errors.ts';
import { type RateLimiterOptions, rateLimiterOptions } from './rate-limiter.options.ts';
import { RateLimiter } from './rate-limiter.ts';

function setUp(options: RateLimiterOptions = {}) {
  const clock = new FakeClock();
  const limiter = new RateLimiter(
    'customer',
    { limitForPeriod: 2, limitRefreshPeriod: '1s', timeoutDuration: '1s', ...options },
    { clock },
  );
  const events: [string, number][] = [];
  limiter.onEvent((event) => events.push([event.type, event.numberOfPermits]));
  return { clock, limiter, events };
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('RateLimiter.execute', () => {
  it('permits limitForPeriod calls in each period', async () => {
    const { clock, limiter, events } = setUp({ timeoutDuration: 0 });
    const run = () => limiter.execute(() => 'response');

    await expect(Promise.all([run(), run()])).resolves.toStrictEqual(['response', 'response']);
    await expect(run()).rejects.toBeInstanceOf(RateLimitExceededError);
    clock.advance(1_000);
    await expect(run()).resolves.toBe('response');

    expect(events).toStrictEqual([
      ['SUCCESSFUL_ACQUIRE', 1],
      ['SUCCESSFUL_ACQUIRE', 1],
      ['FAILED_ACQUIRE', 1],
      ['SUCCESSFUL_ACQUIRE', 1],
    ]);
  });

  it('lets an excess call wait for the next period, and then emits SUCCESSFUL_ACQUIRE', async () => {
    const { clock, limiter, events } = setUp({ limitForPeriod: 1 });
    const call = vi.fn<() => string>(() => 'response');
    await limiter.execute(call);
    clock.advance(400);

    const second = limiter.execute(call);
    await settle();
    expect(limiter.metrics).toMatchObject({ availablePermissions: -1, numberOfWaitingThreads: 1 });
    clock.advance(599);
    await settle();
    expect(call).toHaveBeenCalledOnce();
    expect(events).toHaveLength(1);
    clock.advance(1);

    await expect(second).resolves.toBe('response');
    expect(events).toHaveLength(2);
    expect(limiter.metrics).toMatchObject({ availablePermissions: 0, numberOfWaitingThreads: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses a call at once that would wait longer than timeoutDuration, and takes no permission', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1, timeoutDuration: 400 });
    const call = vi.fn<() => void>();
    limiter.reservePermission();
    clock.advance(500);

    const refusal = await limiter.execute(call).catch((error: unknown) => error);

    expect(call).not.toHaveBeenCalled();
    expect(refusal).toBeInstanceOf(RejectedError);
    expect(refusal).toMatchObject({
      name: 'RateLimitExceededError',
      code: 'RATE_LIMIT_EXCEEDED',
      rateLimiterName: 'customer',
      retryAfterMs: 500,
      message:
        "RateLimiter 'customer' does not permit further calls: its limitForPeriod of 1 is used up; " +
        'retry in 500 ms.',
    });
    expect(limiter.metrics.availablePermissions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses a call that would wait beyond the deadline of its caller', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1 });
    limiter.reservePermission();

    const late = limiter.execute(() => 'response', { deadline: Deadline.after(999, clock) });
    await expect(late).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 1_000 });
    const inTime = limiter.execute(() => 'response', { deadline: Deadline.after(1_000, clock) });
    clock.advance(1_000);

    await expect(inTime).resolves.toBe('response');
  });

  it('ends the wait when the caller aborts, makes no call and keeps the permission reserved', async () => {
    const { clock, limiter, events } = setUp({ limitForPeriod: 1, timeoutDuration: '2s' });
    const call = vi.fn<() => void>();
    const caller = new AbortController();
    limiter.reservePermission();
    const first = limiter.execute(call, { signal: caller.signal });
    first.catch(() => {});
    expect(limiter.reservePermission()).toBe(2_000);

    caller.abort('aborted');

    await expect(first).rejects.toBe('aborted');
    expect(events.at(-1)).toStrictEqual(['FAILED_ACQUIRE', 1]);
    expect(limiter.metrics).toMatchObject({ availablePermissions: -2, numberOfWaitingThreads: 0 });
    expect(clock.pendingTimers).toBe(0);
    expect(call).not.toHaveBeenCalled();
  });

  it('makes no call when the caller aborts as its wait ends', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1 });
    const call = vi.fn<() => void>();
    const caller = new AbortController();
    limiter.reservePermission();
    const waiting = limiter.execute(call, { signal: caller.signal });
    waiting.catch(() => {});

    clock.advance(1_000);
    caller.abort('aborted');

    await expect(waiting).rejects.toBe('aborted');
    expect(call).not.toHaveBeenCalled();
  });

  it('takes no permission when the caller has already aborted', async () => {
    const { limiter, events } = setUp();

    await expect(limiter.execute(() => 1, { signal: AbortSignal.abort('aborted') })).rejects.toBe('aborted');

    expect(limiter.metrics.availablePermissions).toBe(2);
    expect(events).toStrictEqual([]);
  });

  it('throws what the call throws and passes the context to the call', async () => {
    const { limiter } = setUp();
    const outage = new Error('outage');

    await expect(
      limiter.execute(() => {
        throw outage;
      }),
    ).rejects.toBe(outage);
    await expect(limiter.execute(({ attempt }) => attempt, { attempt: 3 })).resolves.toBe(3);
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

  it('makes a call at once, in the same turn, when a permission is free', () => {
    const { limiter } = setUp();
    const call = vi.fn<() => void>();

    void limiter.execute(call);

    expect(call).toHaveBeenCalledOnce();
  });

  it('continues to wait when a timer fires too early, as those of Node.js may', async () => {
    const fake = new FakeClock();
    const truncating: Clock = {
      now: () => fake.now(),
      schedule: (delayMs, callback) => fake.schedule(Math.max(0.01, Math.floor(delayMs)), callback),
    };
    const limiter = new RateLimiter(
      'customer',
      { limitForPeriod: 1, limitRefreshPeriod: '1500us', timeoutDuration: '1s' },
      { clock: truncating },
    );
    limiter.reservePermission();
    const cycles: number[] = [];

    const call = limiter.execute(() => cycles.push(limiter.metrics.cycle));
    for (let step = 0; step < 100 && cycles.length === 0; step++) {
      fake.advance(0.1);
      await settle();
    }
    await call;

    expect(cycles).toStrictEqual([1]);
  });
});

describe('RateLimiter.reservePermission', () => {
  it('returns the wait, exact to the nanosecond, or -1 for a refusal', () => {
    const { clock, limiter } = setUp({ limitRefreshPeriod: '1000001ns', limitForPeriod: 1, timeoutDuration: '2ms' });

    expect(limiter.reservePermission()).toBe(0);
    expect(limiter.reservePermission()).toBe(1.000001);
    expect(limiter.reservePermission()).toBe(-1);
    expect(limiter.metrics).toMatchObject({ nanosToWait: 2_000_002, availablePermissions: -1, cycle: 0 });
    clock.advance(1.5);
    expect(limiter.metrics.cycle).toBe(1);
  });

  it('reserves more permissions than limitForPeriod with a longer wait', () => {
    const { limiter } = setUp({ timeoutDuration: '10s' });

    expect(limiter.reservePermission(7)).toBe(3_000);
    expect(limiter.metrics.availablePermissions).toBe(-5);
  });

  it('emits whether the permissions were granted', () => {
    const { limiter, events } = setUp({ timeoutDuration: 0 });

    limiter.reservePermission(2);
    limiter.reservePermission();

    expect(events).toStrictEqual([
      ['SUCCESSFUL_ACQUIRE', 2],
      ['FAILED_ACQUIRE', 1],
    ]);
  });

  it('does not keep unused permissions for the next period', () => {
    const { clock, limiter } = setUp({ timeoutDuration: 0 });

    clock.advance(10_000);

    expect([1, 2, 3].map(() => limiter.reservePermission())).toStrictEqual([0, 0, -1]);
  });

  it.each([0, -1, 1.5, Number.NaN])('rejects %d as a number of permissions', async (permits) => {
    const { limiter } = setUp();

    const refusal = expect.objectContaining({ name: 'RangeError', message: expect.stringMatching(/^permits must be/) });
    expect(() => limiter.reservePermission(permits)).toThrow(refusal);
    await expect(limiter.acquirePermission(permits)).rejects.toThrow(refusal);
  });
});

describe('RateLimiter.acquirePermission', () => {
  it('refuses only after timeoutDuration, as Resilience4j does', async () => {
    const { clock, limiter, events } = setUp({ limitForPeriod: 1, timeoutDuration: 300 });
    await expect(limiter.acquirePermission()).resolves.toBe(true);

    const refused = limiter.acquirePermission();
    await settle();
    expect(limiter.metrics.numberOfWaitingThreads).toBe(1);
    clock.advance(300);

    await expect(refused).resolves.toBe(false);
    expect(events).toStrictEqual([
      ['SUCCESSFUL_ACQUIRE', 1],
      ['FAILED_ACQUIRE', 1],
    ]);
  });

  it('grants a permission after a wait of exactly timeoutDuration', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1, timeoutDuration: '1s' });
    limiter.reservePermission();
    const waiting = limiter.acquirePermission();

    clock.advance(1_000);

    await expect(waiting).resolves.toBe(true);
  });

  it('takes several free permissions at once, without a wait', async () => {
    const { clock, limiter, events } = setUp();

    const granted = limiter.acquirePermission(2);

    expect(events).toStrictEqual([['SUCCESSFUL_ACQUIRE', 2]]);
    expect(limiter.metrics).toMatchObject({ availablePermissions: 0, numberOfWaitingThreads: 0 });
    expect(clock.pendingTimers).toBe(0);
    await expect(granted).resolves.toBe(true);
  });

  it('takes no permission when the caller has already aborted', async () => {
    const { limiter, events } = setUp();

    await expect(limiter.acquirePermission(1, AbortSignal.abort('aborted'))).rejects.toBe('aborted');

    expect(limiter.metrics.availablePermissions).toBe(2);
    expect(events).toStrictEqual([]);
  });

  it('rejects with the reason of an abort', async () => {
    const { clock, limiter, events } = setUp({ limitForPeriod: 1 });
    const caller = new AbortController();
    limiter.reservePermission();
    const waiting = limiter.acquirePermission(1, caller.signal);
    waiting.catch(() => {});

    caller.abort('aborted');

    await expect(waiting).rejects.toBe('aborted');
    expect(events.at(-1)).toStrictEqual(['FAILED_ACQUIRE', 1]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('The use of a rate limiter, by which a registry decides what to remove', () => {
  it('includes each call of execute until it ends, also while it waits', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1 });
    limiter.reservePermission();
    const waiting = limiter.execute(() => 'response');
    expect(limiter.usage.inFlightCalls).toBe(1);

    clock.advance(1_000);
    await waiting;

    expect(limiter.usage.inFlightCalls).toBe(0);
  });

  it.each(['reservePermission', 'acquirePermission'] as const)('includes %s', async (method) => {
    const { limiter } = setUp();
    const before = limiter.usage.activity;

    await limiter[method]();

    expect(limiter.usage.activity).toBeGreaterThan(before);
  });
});

describe('A rate limiter at run time', () => {
  it('applies a new limitForPeriod from the next period on', () => {
    const { clock, limiter } = setUp();

    limiter.changeLimitForPeriod(5);

    expect(limiter.metrics.availablePermissions).toBe(2);
    expect(limiter.config.limitForPeriod).toBe(5);
    clock.advance(1_000);
    expect(limiter.metrics.availablePermissions).toBe(5);
  });

  it('keeps the permissions of the current period when limitForPeriod falls', () => {
    const { clock, limiter } = setUp();

    limiter.changeLimitForPeriod(1);

    expect(limiter.metrics.availablePermissions).toBe(2);
    clock.advance(1_000);
    expect(limiter.metrics.availablePermissions).toBe(1);
  });

  it('applies a new timeoutDuration to the next request', () => {
    const { limiter } = setUp({ limitForPeriod: 1, timeoutDuration: 0 });
    limiter.reservePermission();
    expect(limiter.reservePermission()).toBe(-1);

    limiter.changeTimeoutDuration('1s');

    expect(limiter.reservePermission()).toBe(1_000);
  });

  it('changes nothing when a new limit or timeout is invalid', () => {
    const { limiter } = setUp();

    expect(() => limiter.changeLimitForPeriod(0)).toThrow(InvalidOptionsError);
    expect(() => limiter.changeTimeoutDuration(-1)).toThrow(InvalidOptionsError);

    expect(limiter.config).toMatchObject({ limitForPeriod: 2, timeoutDuration: 1_000 });
    expect(limiter.metrics.availablePermissions).toBe(2);
  });

  it.each([
    [
      'limitForPeriod',
      (limiter: RateLimiter) => limiter.changeLimitForPeriod(undefined as never),
      /a whole number of at/,
    ],
    [
      'timeoutDuration',
      (limiter: RateLimiter) => limiter.changeTimeoutDuration(undefined as never),
      /a duration of at/,
    ],
  ])('does not take undefined as the default of %s', (option, change, allowed) => {
    const fault = { option, given: 'undefined', allowed: expect.stringMatching(allowed) };

    expect(() => change(setUp().limiter)).toThrow(
      expect.objectContaining({ subject: "RateLimiter 'customer'", faults: [fault] }),
    );
  });

  it('has no permission after drainPermissions until the next period', () => {
    const { clock, limiter, events } = setUp({ timeoutDuration: 0 });

    limiter.drainPermissions();

    expect(limiter.reservePermission()).toBe(-1);
    expect(events[0]).toStrictEqual(['DRAINED', 0]);
    clock.advance(1_000);
    expect(limiter.reservePermission()).toBe(0);
  });
});

describe('RateLimiter.drainPermissions', () => {
  it('removes a debt from reservations', () => {
    const { limiter, events } = setUp({ limitForPeriod: 1, timeoutDuration: '10s' });
    limiter.reservePermission(3);

    limiter.drainPermissions();

    expect(limiter.metrics.availablePermissions).toBe(0);
    expect(events.at(-1)).toStrictEqual(['DRAINED', -2]);
  });

  it('removes only the permissions that were available at the last operation', () => {
    const { clock, limiter } = setUp();
    limiter.reservePermission();
    clock.advance(1_000);

    limiter.drainPermissions();

    expect(limiter.metrics.availablePermissions).toBe(1);
  });
});

describe('RateLimiter.reconfigure', () => {
  it('applies a new limitForPeriod from the next period on, and the other options at once', () => {
    const { clock, limiter } = setUp();
    clock.advance(400);

    limiter.reconfigure({
      limitForPeriod: 5,
      limitRefreshPeriod: '1s',
      timeoutDuration: 0,
      eventConsumerBufferSize: 1,
    });

    expect([1, 2, 3].map(() => limiter.reservePermission())).toStrictEqual([0, 0, -1]);
    expect(limiter.bufferedEvents()).toStrictEqual([
      { type: 'FAILED_ACQUIRE', rateLimiterName: 'customer', creationTime: clock.now(), numberOfPermits: 1 },
    ]);
    clock.advance(600);
    expect(limiter.metrics).toMatchObject({ availablePermissions: 5, cycle: 1 });
  });

  it('keeps the permissions of the current period if only limitForPeriod falls', () => {
    const { clock, limiter } = setUp();

    limiter.reconfigure({ limitForPeriod: 1, limitRefreshPeriod: '1s' });

    expect(limiter.metrics.availablePermissions).toBe(2);
    clock.advance(1_000);
    expect(limiter.metrics.availablePermissions).toBe(1);
  });

  it.each([
    { before: 5, after: 3, available: 3 },
    { before: 3, after: 5, available: 3 },
  ])(
    'keeps $available of $before permissions with a new period and a limit of $after',
    ({ before, after, available }) => {
      const { clock, limiter } = setUp({ limitForPeriod: before });
      clock.advance(250);

      limiter.reconfigure({ limitForPeriod: after, limitRefreshPeriod: 100 });

      expect(limiter.metrics).toMatchObject({ availablePermissions: available, cycle: 2 });
      clock.advance(50);
      expect(limiter.metrics).toMatchObject({ availablePermissions: after, cycle: 3 });
    },
  );

  it('keeps reservations, which later ones of the new periods follow', () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1, timeoutDuration: '10s' });
    limiter.reservePermission(2);
    clock.advance(950);

    limiter.reconfigure({ limitForPeriod: 1, limitRefreshPeriod: 100 });

    expect(limiter.metrics).toMatchObject({ availablePermissions: -1, nanosToWait: 150e6 });
    expect(limiter.reservePermission()).toBe(150);
  });

  it('changes nothing when an option is invalid', () => {
    const { limiter } = setUp();

    expect(() => limiter.reconfigure({ limitForPeriod: 9, limitRefreshPeriod: 0 })).toThrow(
      "RateLimiter 'customer' has an invalid option:",
    );

    expect(limiter.config).toMatchObject({ limitForPeriod: 2, limitRefreshPeriod: 1_000 });
  });
});

describe('The options of a rate limiter', () => {
  it("have Resilience4j's defaults", () => {
    expect(rateLimiterOptions.resolve('RateLimiter', {})).toStrictEqual({
      limitForPeriod: 50,
      limitRefreshPeriod: 0.0005,
      timeoutDuration: 5_000,
      eventConsumerBufferSize: 0,
    });
  });

  it.each([
    ['limitForPeriod', 0, /^a whole number of at least 1$/],
    ['limitRefreshPeriod', 0, /^a duration of at least 0.000001 ms/],
    ['timeoutDuration', -1, /^a duration of at least 0 ms/],
    ['eventConsumerBufferSize', -1, /^a whole number from 0 to/],
  ])('refuse %s: %d, and name what is allowed', (option, value, allowed) => {
    const fault = { option, given: String(value), allowed: expect.stringMatching(allowed) };

    expect(() => rateLimiterOptions.resolve('RateLimiter', { [option]: value })).toThrow(
      expect.objectContaining({ faults: [fault] }),
    );
  });

  it.each([
    ['the constructor', () => new RateLimiter('customer', { limitForPeriod: 0 })],
    ['changeLimitForPeriod', () => setUp().limiter.changeLimitForPeriod(0)],
    ['changeTimeoutDuration', () => setUp().limiter.changeTimeoutDuration(-1)],
  ])('are refused by %s with the name of the rate limiter', (_where, apply) => {
    expect(apply).toThrow("RateLimiter 'customer' has an invalid option:");
  });
});

describe('The registry of rate limiters', () => {
  it('creates one rate limiter for each name, from its definition', () => {
    const registry = createRegistry(
      'rateLimiter',
      { configs: { default: { limitForPeriod: 7 } }, instances: { customer: { timeoutDuration: 0 } } },
      { clock: new FakeClock() },
    );

    const customer = registry.getOrCreate('customer');

    expect(customer.config).toMatchObject({ limitForPeriod: 7, timeoutDuration: 0 });
    expect(registry.getOrCreate('customer')).toBe(customer);
    expect(() => registry.getOrCreate('customer', { limitForPeriod: 8 })).toThrow(ConflictingDefinitionError);
  });

  it('reports faults before a rate limiter is created', () => {
    expect(() => createRegistry('rateLimiter', { instances: { customer: { limitForPeriod: 0 } } })).toThrow(
      /instances\.customer\.limitForPeriod/,
    );
  });
});
