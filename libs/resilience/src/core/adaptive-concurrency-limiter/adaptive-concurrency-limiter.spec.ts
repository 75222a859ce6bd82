import { describe, expect, it, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { policyContract } from '../../testing/policy-contract.ts';
import { InvalidOptionsError, RejectedError, ResilienceError } from '../errors.ts';
import { createRegistry } from '../policies.ts';
import { ConcurrencyLimitExceededError } from './adaptive-concurrency-limiter.errors.ts';
import type { AdaptiveConcurrencyLimiterOptions } from './adaptive-concurrency-limiter.options.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.ts';

const outage = new Error('outage');

class InnerRefusal extends RejectedError {
  readonly code = 'INNER_REFUSAL';
  readonly retryAfterMs = undefined;
}

class TimeoutExceeded extends ResilienceError {
  readonly code = 'TIMEOUT_EXCEEDED';
  readonly limitedBy: string;

  constructor(limitedBy: string) {
    super('too late');
    this.limitedBy = limitedBy;
  }
}

/** Uses AIMD, whose limit changes at a single drop, so that tests can show what counts as a drop. */
function setUp(options: AdaptiveConcurrencyLimiterOptions = {}) {
  const clock = new FakeClock();
  const limiter = new AdaptiveConcurrencyLimiter(
    'customer',
    { algorithm: 'AIMD', initialLimit: 2, timeout: '1s', eventConsumerBufferSize: 100, ...options },
    { clock },
  );
  return { clock, limiter };
}

function startCall(limiter: AdaptiveConcurrencyLimiter, signal?: AbortSignal) {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const settled = limiter.execute(() => promise, signal && { signal });
  settled.catch(() => {});
  return {
    succeed: async () => {
      resolve('response');
      await settled;
    },
    fail: async (error: unknown = outage) => {
      reject(error);
      await settled.catch(() => {});
    },
  };
}

describe('An adaptive concurrency limiter', () => {
  it('refuses a call above its limit without making it, with the limit in the error', async () => {
    const { limiter } = setUp();
    startCall(limiter);
    startCall(limiter);
    const call = vi.fn<() => string>();

    const refusal = await limiter.execute(call).catch((error: unknown) => error);

    expect(call).not.toHaveBeenCalled();
    expect(refusal).toBeInstanceOf(ConcurrencyLimitExceededError);
    expect(refusal).toMatchObject({
      name: 'ConcurrencyLimitExceededError',
      code: 'CONCURRENCY_LIMIT_EXCEEDED',
      adaptiveConcurrencyLimiterName: 'customer',
      limit: 2,
      retryAfterMs: undefined,
      message:
        "AdaptiveConcurrencyLimiter 'customer' does not permit further calls: 2 are in flight and its current limit " +
        'is 2; retry when a call has ended.',
    });
  });

  it('admits a call as soon as another has succeeded or failed', async () => {
    const { limiter } = setUp({ minLimit: 2 });
    const [first, second] = [startCall(limiter), startCall(limiter)];

    await first.succeed();
    await expect(limiter.execute(() => 'third')).resolves.toBe('third');
    await second.fail();
    await expect(limiter.execute(() => 'fourth')).resolves.toBe('fourth');

    expect(limiter.metrics).toStrictEqual({ limit: 2, inFlight: 0 });
  });

  it('raises the limit as calls succeed', async () => {
    const { limiter } = setUp();
    const calls = [startCall(limiter), startCall(limiter)];

    for (const call of calls) await call.succeed();

    expect(limiter.metrics.limit).toBe(3);
  });

  it('lowers the limit when a call fails or is slower than the timeout', async () => {
    const failing = setUp({ initialLimit: 10 });
    const slow = setUp({ initialLimit: 10 });

    await startCall(failing.limiter).fail();
    const call = startCall(slow.limiter);
    slow.clock.advance(1_001);
    await call.succeed();

    expect(failing.limiter.metrics.limit).toBe(9);
    expect(slow.limiter.metrics.limit).toBe(9);
  });

  it.each([
    ['rethrows its reason', (reason: unknown) => reason],
    ['throws an AbortError of its own', () => new DOMException('aborted', 'AbortError')],
  ])('lowers the limit when an outer time limiter ended the call, which %s', async (_how, errorOf) => {
    const { limiter } = setUp({ initialLimit: 10 });
    const controller = new AbortController();
    const call = startCall(limiter, controller.signal);

    const reason = new TimeoutExceeded('timeoutDuration');
    controller.abort(reason);
    await call.fail(errorOf(reason));

    expect(limiter.metrics).toStrictEqual({ limit: 9, inFlight: 0 });
  });

  it.each([
    ['abort', new Error('the client disconnected')],
    ['deadline', new TimeoutExceeded('deadline')],
  ])('keeps the limit when a call ends by the %s of its caller', async (_what, reason) => {
    const { limiter } = setUp({ initialLimit: 10 });
    const controller = new AbortController();
    const call = startCall(limiter, controller.signal);

    controller.abort(reason);
    await call.fail(reason);

    expect(limiter.metrics).toStrictEqual({ limit: 10, inFlight: 0 });
  });

  it.each([
    ['AIMD', 1_000, 'IGNORED'],
    ['AIMD', 1_001, 'DROPPED'],
    ['GRADIENT', 1_001, 'IGNORED'],
  ] as const)(
    'with %s takes a call that its caller aborts after %i ms of 1 s as %s',
    async (algorithm, lastedMs, outcome) => {
      const { clock, limiter } = setUp({ algorithm });
      const caller = new AbortController();
      const call = startCall(limiter, caller.signal);

      clock.advance(lastedMs);
      caller.abort();
      await call.fail(caller.signal.reason);

      expect(limiter.bufferedEvents()[1]).toMatchObject({ type: 'CALL_FINISHED', outcome });
    },
  );

  it.each([
    ['a deadline that passed without an abort', new TimeoutExceeded('deadline')],
    ['a refusal by another policy', new InnerRefusal('full')],
    ['an ignored error', new TypeError()],
  ])('neither raises nor lowers the limit after %s, and throws the error', async (_what, error) => {
    const { limiter } = setUp({ initialLimit: 1, ignoreExceptions: [TypeError] });

    await expect(limiter.execute(() => Promise.reject(error))).rejects.toBe(error);

    expect(limiter.bufferedEvents().at(-1)).toMatchObject({ type: 'CALL_FINISHED', outcome: 'IGNORED' });
    expect(limiter.metrics.limit).toBe(1);
  });

  it.each([
    ['AIMD', 9],
    ['GRADIENT', 10],
  ] as const)('with %s has a limit of %i of 10 after a single drop', async (algorithm, limit) => {
    const { limiter } = setUp({ algorithm, initialLimit: 10 });

    await startCall(limiter).fail();

    expect(limiter.metrics.limit).toBe(limit);
  });

  it('reports the duration of a call that fails', async () => {
    const { clock, limiter } = setUp();
    const call = startCall(limiter);
    clock.advance(30);

    await call.fail();

    expect(limiter.bufferedEvents()[1]).toMatchObject({ elapsedDurationMs: 30, outcome: 'DROPPED' });
  });

  it('keeps the limit after refusals by another policy and by itself', async () => {
    const { limiter } = setUp({ initialLimit: 2 });

    await startCall(limiter).fail(new InnerRefusal('full'));
    expect(limiter.metrics).toStrictEqual({ limit: 2, inFlight: 0 });

    const calls = [startCall(limiter), startCall(limiter)];
    await expect(limiter.execute(() => 1)).rejects.toBeInstanceOf(ConcurrencyLimitExceededError);
    expect(limiter.metrics).toStrictEqual({ limit: 2, inFlight: 2 });
    for (const call of calls) await call.succeed();
    expect(limiter.metrics).toStrictEqual({ limit: 3, inFlight: 0 });
  });

  it('keeps the limit after errors that ignoreExceptions or ignoreException select', async () => {
    const { limiter } = setUp({
      initialLimit: 10,
      ignoreExceptions: [TypeError],
      ignoreException: (error) => error instanceof RangeError,
    });

    await startCall(limiter).fail(new TypeError());
    await startCall(limiter).fail(new RangeError());

    expect(limiter.metrics.limit).toBe(10);
  });

  it('counts a call as ended, and throws its error, when ignoreException throws', async () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { limiter } = setUp({
      ignoreException: () => {
        throw new Error('broken predicate');
      },
    });

    await expect(limiter.execute(() => Promise.reject(outage))).rejects.toBe(outage);

    expect(limiter.metrics.inFlight).toBe(0);
    expect(emitWarning.mock.calls[0]?.[0]).toContain(
      "ignoreException of AdaptiveConcurrencyLimiter 'customer' threw an error",
    );
    emitWarning.mockRestore();
  });

  it('emits an event for each call that is permitted, rejected or finished', async () => {
    const { clock, limiter } = setUp({ initialLimit: 1, maxLimit: 1 });
    const call = startCall(limiter);
    await limiter.execute(() => 1).catch(() => {});
    clock.advance(30);
    await call.succeed();

    const common = { adaptiveConcurrencyLimiterName: 'customer' };
    expect(limiter.bufferedEvents()).toStrictEqual([
      { type: 'CALL_PERMITTED', ...common, creationTime: clock.now() - 30, inFlight: 1 },
      { type: 'CALL_REJECTED', ...common, creationTime: clock.now() - 30, limit: 1, inFlight: 1 },
      { type: 'CALL_FINISHED', ...common, creationTime: clock.now(), elapsedDurationMs: 30, outcome: 'SUCCESS' },
    ]);
  });

  it('emits LIMIT_CHANGED, and the outcome of each finished call', async () => {
    const { limiter } = setUp({ initialLimit: 10, ignoreExceptions: [TypeError] });

    await startCall(limiter).fail();
    await startCall(limiter).fail(new TypeError());

    expect(limiter.bufferedEvents()).toMatchObject([
      { type: 'CALL_PERMITTED' },
      { type: 'CALL_FINISHED', outcome: 'DROPPED' },
      { type: 'LIMIT_CHANGED', oldLimit: 10, newLimit: 9 },
      { type: 'CALL_PERMITTED' },
      { type: 'CALL_FINISHED', outcome: 'IGNORED' },
    ]);
  });

  it('counts each call as in use until it ends, so that no registry removes it', async () => {
    const { limiter } = setUp();
    const call = startCall(limiter);
    expect(limiter.usage.inFlightCalls).toBe(1);

    await call.succeed();

    expect(limiter.usage.inFlightCalls).toBe(0);
  });

  it('names one call in flight in the singular', () => {
    expect(new ConcurrencyLimitExceededError('customer', 1, 1).message).toContain(': 1 is in flight and');
  });

  describe.each(['AIMD', 'GRADIENT'] as const)('with %s keeps the contract of every policy:', (algorithm) => {
    it.each(policyContract)('$title', async ({ run }) => {
      await expect(
        run(({ clock }) => new AdaptiveConcurrencyLimiter('customer', { algorithm }, { clock })),
      ).resolves.toBeUndefined();
    });
  });
});

describe('AdaptiveConcurrencyLimiter.reconfigure', () => {
  it('restarts the limit at initialLimit with the new algorithm, and in-flight calls still count', async () => {
    const { limiter } = setUp({ algorithm: 'GRADIENT', initialLimit: 10 });
    const calls = [startCall(limiter), startCall(limiter)];

    limiter.reconfigure({ algorithm: 'AIMD', initialLimit: 2, eventConsumerBufferSize: 1 });

    expect(limiter.config).toMatchObject({ algorithm: 'AIMD', initialLimit: 2 });
    expect(limiter.metrics).toStrictEqual({ limit: 2, inFlight: 2 });
    expect(limiter.bufferedEvents()).toHaveLength(1);
    await expect(limiter.execute(() => 1)).rejects.toBeInstanceOf(ConcurrencyLimitExceededError);
    for (const call of calls) await call.fail();
    expect(limiter.metrics).toStrictEqual({ limit: 1, inFlight: 0 });
  });

  it('changes nothing when an option is invalid', () => {
    const { limiter } = setUp({ initialLimit: 10 });

    expect(() => limiter.reconfigure({ initialLimit: 9, maxLimit: 0 })).toThrow(InvalidOptionsError);

    expect(limiter.config.initialLimit).toBe(10);
    expect(limiter.metrics.limit).toBe(10);
  });
});

describe('The options of an adaptive concurrency limiter', () => {
  it.each([
    ['reconfigure', () => setUp().limiter.reconfigure({ initialLimit: 0 })],
    ['the constructor', () => setUp({ initialLimit: 0 })],
  ])('are refused by %s with the name of the limiter', (_where, apply) => {
    expect(apply).toThrow("AdaptiveConcurrencyLimiter 'customer' has ");
  });
});

describe('A registry of adaptive concurrency limiters', () => {
  it('creates each limiter once, from its definition and the default config', () => {
    const registry = createRegistry('adaptiveConcurrencyLimiter', {
      configs: { default: { maxLimit: 50 } },
      instances: { customer: { algorithm: 'AIMD' } },
    });

    const customer = registry.getOrCreate('customer');

    expect(customer.config).toMatchObject({ algorithm: 'AIMD', maxLimit: 50 });
    expect(registry.getOrCreate('customer')).toBe(customer);
  });
});
