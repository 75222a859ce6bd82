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
  const told: [string, number][] = [];
  limiter.onEvent((event) => told.push([event.type, event.numberOfPermits]));
  return { clock, limiter, told };
}

/** Lets everything run that does not wait for the clock. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('execute', () => {
  it('lets calls through up to the limit of a period, and again in the next', async () => {
    const { clock, limiter, told } = setUp({ timeoutDuration: 0 });
    const ask = () => limiter.execute(() => 'answer');

    await expect(Promise.all([ask(), ask()])).resolves.toStrictEqual(['answer', 'answer']);
    await expect(ask()).rejects.toBeInstanceOf(RateLimitExceededError);
    clock.advance(1_000);
    await expect(ask()).resolves.toBe('answer');

    expect(told).toStrictEqual([
      ['SUCCESSFUL_ACQUIRE', 1],
      ['SUCCESSFUL_ACQUIRE', 1],
      ['FAILED_ACQUIRE', 1],
      ['SUCCESSFUL_ACQUIRE', 1],
    ]);
  });

  it('lets a call wait for the next period, and tells of it then', async () => {
    const { clock, limiter, told } = setUp({ limitForPeriod: 1 });
    const call = vi.fn<() => string>(() => 'answer');
    await limiter.execute(call);
    clock.advance(400);

    const second = limiter.execute(call);
    await settle();
    expect(limiter.metrics).toMatchObject({ availablePermissions: -1, numberOfWaitingThreads: 1 });
    clock.advance(599);
    await settle();
    expect(call).toHaveBeenCalledOnce();
    expect(told).toHaveLength(1);
    clock.advance(1);

    await expect(second).resolves.toBe('answer');
    expect(told).toHaveLength(2);
    expect(limiter.metrics).toMatchObject({ availablePermissions: 0, numberOfWaitingThreads: 0 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses a call at once that would wait too long, without taking a permission, and says for how long', async () => {
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
        "RateLimiter 'customer' does not permit further calls, since its limit of 1 in a period is used up; " +
        'a retry makes sense in 500 ms.',
    });
    expect(limiter.metrics.availablePermissions).toBe(0);
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not let a call wait longer than the deadline of its caller leaves', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1 });
    limiter.reservePermission();

    const late = limiter.execute(() => 'answer', { deadline: Deadline.after(999, clock) });
    await expect(late).rejects.toMatchObject({ code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 1_000 });
    const inTime = limiter.execute(() => 'answer', { deadline: Deadline.after(1_000, clock) });
    clock.advance(1_000);

    await expect(inTime).resolves.toBe('answer');
  });

  it('ends a wait when the caller gives up, without a call; its permission is not given to anybody else', async () => {
    const { clock, limiter, told } = setUp({ limitForPeriod: 1, timeoutDuration: '2s' });
    const call = vi.fn<() => void>();
    const caller = new AbortController();
    limiter.reservePermission();
    const first = limiter.execute(call, { signal: caller.signal });
    first.catch(() => {});
    expect(limiter.reservePermission()).toBe(2_000);

    caller.abort('given up');

    await expect(first).rejects.toBe('given up');
    expect(told.at(-1)).toStrictEqual(['FAILED_ACQUIRE', 1]);
    expect(limiter.metrics).toMatchObject({ availablePermissions: -2, numberOfWaitingThreads: 0 });
    expect(clock.pendingTimers).toBe(0);
    expect(call).not.toHaveBeenCalled();
  });

  it('makes no call when the caller gives up in the moment its wait ends', async () => {
    const { clock, limiter } = setUp({ limitForPeriod: 1 });
    const call = vi.fn<() => void>();
    const caller = new AbortController();
    limiter.reservePermission();
    const waiting = limiter.execute(call, { signal: caller.signal });
    waiting.catch(() => {});

    clock.advance(1_000);
    caller.abort('given up');

    await expect(waiting).rejects.toBe('given up');
    expect(call).not.toHaveBeenCalled();
  });

  it('takes no permission for a caller that has given up already', async () => {
    const { limiter, told } = setUp();

    await expect(limiter.execute(() => 1, { signal: AbortSignal.abort('given up') })).rejects.toBe('given up');

    expect(limiter.metrics.availablePermissions).toBe(2);
    expect(told).toStrictEqual([]);
  });

  it('throws what the call throws, and hands the context on', async () => {
    const { limiter } = setUp();
    const outage = new Error('outage');

    await expect(
      limiter.execute(() => {
        throw outage;
      }),
    ).rejects.toBe(outage);
    await expect(limiter.execute(({ attempt }) => attempt, { attempt: 3 })).resolves.toBe(3);
  });

  it('keeps `this` and the arguments when it decorates', async () => {
    const { limiter } = setUp();
    const service = {
      greeting: 'Hello',
      greet: limiter.decorate(function (this: { greeting: string }, name: string) {
        return `${this.greeting} ${name}`;
      }),
    };

    await expect(service.greet('Ada')).resolves.toBe('Hello Ada');
  });

  it('waits on when a timer fires too early, as those of Node.js may', async () => {
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

describe('reservePermission', () => {
  it('says how long to wait, exact to the nanosecond, or that it refuses', () => {
    const { clock, limiter } = setUp({ limitRefreshPeriod: '1000001ns', limitForPeriod: 1, timeoutDuration: '2ms' });

    expect(limiter.reservePermission()).toBe(0);
    expect(limiter.reservePermission()).toBe(1.000001);
    expect(limiter.reservePermission()).toBe(-1);
    expect(limiter.metrics).toMatchObject({ nanosToWait: 2_000_002, availablePermissions: -1, cycle: 0 });
    clock.advance(1.5);
    expect(limiter.metrics.cycle).toBe(1);
  });

  it('gives more permissions than the limit to who waits for them', () => {
    const { limiter } = setUp({ timeoutDuration: '10s' });

    expect(limiter.reservePermission(7)).toBe(3_000);
    expect(limiter.metrics.availablePermissions).toBe(-5);
  });

  it('loses what is not used in a period', () => {
    const { clock, limiter } = setUp({ timeoutDuration: 0 });

    clock.advance(10_000);

    expect([1, 2, 3].map(() => limiter.reservePermission())).toStrictEqual([0, 0, -1]);
  });

  it.each([0, -1, 1.5, Number.NaN])('does not take %d for a number of permissions', async (permits) => {
    const { limiter } = setUp();

    expect(() => limiter.reservePermission(permits)).toThrow(RangeError);
    await expect(limiter.acquirePermission(permits)).rejects.toThrow(RangeError);
  });
});

describe('acquirePermission', () => {
  it('holds a caller that it refuses for the whole timeout, as Resilience4j does', async () => {
    const { clock, limiter, told } = setUp({ limitForPeriod: 1, timeoutDuration: 300 });
    await expect(limiter.acquirePermission()).resolves.toBe(true);

    const refused = limiter.acquirePermission();
    await settle();
    expect(limiter.metrics.numberOfWaitingThreads).toBe(1);
    clock.advance(300);

    await expect(refused).resolves.toBe(false);
    expect(told).toStrictEqual([
      ['SUCCESSFUL_ACQUIRE', 1],
      ['FAILED_ACQUIRE', 1],
    ]);
  });

  it('ends with the reason of an abort', async () => {
    const { clock, limiter, told } = setUp({ limitForPeriod: 1 });
    const caller = new AbortController();
    limiter.reservePermission();
    const waiting = limiter.acquirePermission(1, caller.signal);
    waiting.catch(() => {});

    caller.abort('given up');

    await expect(waiting).rejects.toBe('given up');
    expect(told.at(-1)).toStrictEqual(['FAILED_ACQUIRE', 1]);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('Changes at run time', () => {
  it('of the limit show with the next period', () => {
    const { clock, limiter } = setUp();

    limiter.changeLimitForPeriod(5);

    expect(limiter.metrics.availablePermissions).toBe(2);
    expect(limiter.config.limitForPeriod).toBe(5);
    clock.advance(1_000);
    expect(limiter.metrics.availablePermissions).toBe(5);
  });

  it('of the timeout show with the next request', () => {
    const { limiter } = setUp({ limitForPeriod: 1, timeoutDuration: 0 });
    limiter.reservePermission();
    expect(limiter.reservePermission()).toBe(-1);

    limiter.changeTimeoutDuration('1s');

    expect(limiter.reservePermission()).toBe(1_000);
  });

  it('are refused as a whole when they are not valid', () => {
    const { limiter } = setUp();

    expect(() => limiter.changeLimitForPeriod(0)).toThrow(InvalidOptionsError);
    expect(() => limiter.changeTimeoutDuration(-1)).toThrow(InvalidOptionsError);

    expect(limiter.config).toMatchObject({ limitForPeriod: 2, timeoutDuration: 1_000 });
    expect(limiter.metrics.availablePermissions).toBe(2);
  });

  it('drain what was available, until the next period', () => {
    const { clock, limiter, told } = setUp({ timeoutDuration: 0 });

    limiter.drainPermissions();

    expect(limiter.reservePermission()).toBe(-1);
    expect(told[0]).toStrictEqual(['DRAINED', 0]);
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
  it('makes one for each name, from its definition', () => {
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

  it('finds faults before an instance is made', () => {
    expect(() => createRegistry('rateLimiter', { instances: { customer: { limitForPeriod: 0 } } })).toThrow(
      /instances\.customer\.limitForPeriod/,
    );
  });
});
