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

  it('does not keep unused permissions for the next period', () => {
    const { clock, limiter } = setUp({ timeoutDuration: 0 });

    clock.advance(10_000);

    expect([1, 2, 3].map(() => limiter.reservePermission())).toStrictEqual([0, 0, -1]);
  });

  it.each([0, -1, 1.5, Number.NaN])('rejects %d as a number of permissions', async (permits) => {
    const { limiter } = setUp();

    expect(() => limiter.reservePermission(permits)).toThrow(RangeError);
    await expect(limiter.acquirePermission(permits)).rejects.toThrow(RangeError);
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

describe('A rate limiter at run time', () => {
  it('applies a new limitForPeriod from the next period on', () => {
    const { clock, limiter } = setUp();

    limiter.changeLimitForPeriod(5);

    expect(limiter.metrics.availablePermissions).toBe(2);
    expect(limiter.config.limitForPeriod).toBe(5);
    clock.advance(1_000);
    expect(limiter.metrics.availablePermissions).toBe(5);
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

  it('has no permission after drainPermissions until the next period', () => {
    const { clock, limiter, events } = setUp({ timeoutDuration: 0 });

    limiter.drainPermissions();

    expect(limiter.reservePermission()).toBe(-1);
    expect(events[0]).toStrictEqual(['DRAINED', 0]);
    clock.advance(1_000);
    expect(limiter.reservePermission()).toBe(0);
  });
});

describe('The options of a rate limiter', () => {
  it("have Resilience4j's defaults", () => {
    expect(rateLimiterOptions.resolve('RateLimiter', {})).toMatchObject({
      limitForPeriod: 50,
      limitRefreshPeriod: 0.0005,
      timeoutDuration: 5_000,
    });
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
