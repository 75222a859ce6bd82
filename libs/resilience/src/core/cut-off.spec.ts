import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
import { BulkheadFullError } from './bulkhead/bulkhead.errors.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker.options.ts';
import { isAborted, isCutOff, isDeadlineError, isTimeout } from './cut-off.ts';
import { Deadline, DeadlineExceededError } from './deadline.ts';
import { ResilienceError } from './errors.ts';
import { Hedge } from './hedge/hedge.ts';
import { pipeline } from './pipeline.ts';
import { pipelineKindsOf, createRegistry } from './policies.ts';
import type { CallContext, Policy, ProtectedCall } from './policy.ts';
import { Retry } from './retry/retry.ts';
import { TimeoutExceededError } from './time-limiter/time-limiter.errors.ts';
import { TimeLimiter } from './time-limiter/time-limiter.ts';

/** An error of a class that only its client knows. */
function errorOf(name: string, code?: string): Error {
  return Object.assign(new Error('canceled'), { name, ...(code !== undefined && { code }) });
}

/** What calls throw when their signal is aborted. */
const abortErrors: readonly (readonly [client: string, error: (reason: unknown) => unknown])[] = [
  ['fetch', (reason) => reason],
  ['axios', () => errorOf('CanceledError', 'ERR_CANCELED')],
  ['got', () => errorOf('AbortError', 'ERR_ABORTED')],
  ['undici', () => errorOf('RequestAbortedError', 'UND_ERR_ABORTED')],
  ['superagent', () => errorOf('Error', 'ABORTED')],
  ['an unsubscribed Observable', () => errorOf('EmptyError')],
  ['a socket that is closed', () => errorOf('Error', 'ECONNRESET')],
  ['code that throws a string', () => 'aborted'],
  ['code that throws undefined', () => undefined],
];

const disconnected = new Error('the client disconnected');

/** Starts a call that ends with `error` when its signal is aborted. */
function failOnAbort(error: (reason: unknown) => unknown): ProtectedCall<never> {
  return ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(error(signal.reason)), { once: true });
    });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

async function abortedCall(policy: Policy, call: ProtectedCall<unknown>, whileInFlight = () => {}): Promise<void> {
  const controller = new AbortController();
  const ended = policy.execute(call, { signal: controller.signal }).catch(() => {});
  await settle();
  whileInFlight();
  controller.abort(disconnected);
  await ended;
}

function breakerWith(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const given = { slidingWindowSize: 4, minimumNumberOfCalls: 4, slowCallDurationThreshold: '1s', ...options };
  return { clock, breaker: new CircuitBreaker('customer', given, { clock }) };
}

describe('A circuit breaker', () => {
  it.each(abortErrors)(
    'stays CLOSED after four aborts by its callers, with the error of %s (axios#6142, std#6940)',
    async (_client, error) => {
      const { breaker } = breakerWith();

      for (let call = 0; call < 4; call++) await abortedCall(breaker, failOnAbort(error));

      expect(breaker.state).toBe('CLOSED');
      expect(breaker.metrics).toMatchObject({ bufferedCalls: 0, failedCalls: 0 });
    },
  );

  it.each(abortErrors)(
    'does not count an attempt that an outer hedge aborts, with the error of %s',
    async (_client, error) => {
      const { breaker, clock } = breakerWith();
      const hedge = new Hedge('customer', { delay: 10 }, { clock });
      let attempts = 0;

      for (let call = 0; call < 4; call++) {
        const hedged = pipeline('customer', [hedge, breaker]).execute((context) =>
          ++attempts % 2 === 1 ? failOnAbort(error)(context) : 'response',
        );
        await settle();
        clock.advance(10);
        await hedged;
        await settle();
      }

      expect(breaker.state).toBe('CLOSED');
      expect(breaker.metrics).toMatchObject({ bufferedCalls: 4, failedCalls: 0, successfulCalls: 4 });
    },
  );

  it('counts an aborted call as slow, not as failed, when it had lasted longer than the threshold', async () => {
    const { breaker, clock } = breakerWith({ slowCallRateThreshold: 80 });
    const events: string[] = [];
    breaker.onEvent(({ type }) => events.push(type));

    for (let call = 0; call < 4; call++) {
      await abortedCall(breaker, failOnAbort(abortErrors[1]![1]), () => clock.advance(1_001));
    }

    expect(breaker.state).toBe('OPEN');
    expect(breaker.metrics).toMatchObject({ slowCalls: 4, slowSuccessfulCalls: 4, failedCalls: 0 });
    expect(events.slice(0, 4)).toStrictEqual(['SUCCESS', 'SUCCESS', 'SUCCESS', 'SUCCESS']);
  });

  it('does not pass the error of a slow aborted call to transitionOnResult', async () => {
    const transitionOnResult = () => ({ toState: 'OPEN' }) as const;
    const { breaker, clock } = breakerWith({ transitionOnResult });

    await abortedCall(breaker, failOnAbort(abortErrors[0]![1]), () => clock.advance(1_001));

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics.slowCalls).toBe(1);
  });

  it('returns the trial permission of a call that its caller aborts', async () => {
    const { breaker } = breakerWith({ initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 1 });

    await abortedCall(breaker, failOnAbort(abortErrors[1]![1]));

    expect(breaker.tryAcquirePermission()).toBe(true);
  });

  it('does not count a value that reports an abort as a failure', async () => {
    const { breaker } = breakerWith({ recordResult: (result) => !(result as { ok: boolean }).ok });
    const call: ProtectedCall<unknown> = async (context) => {
      try {
        return await failOnAbort(() => 'aborted')(context);
      } catch {
        return { ok: false };
      }
    };

    for (let each = 0; each < 4; each++) await abortedCall(breaker, call);

    expect(breaker.metrics).toMatchObject({ bufferedCalls: 0, failedCalls: 0 });
  });

  it('counts a failure that arrives before the abort', async () => {
    const { breaker } = breakerWith();
    const controller = new AbortController();

    await breaker.execute(() => Promise.reject(new Error('outage')), { signal: controller.signal }).catch(() => {});
    controller.abort(disconnected);

    expect(breaker.metrics.failedCalls).toBe(1);
  });

  it('counts an error with the name of an abort when nothing aborted the call', async () => {
    const { breaker } = breakerWith();
    const { signal } = new AbortController();

    await breaker.execute(() => Promise.reject(new DOMException('', 'AbortError')), { signal }).catch(() => {});

    expect(breaker.metrics.failedCalls).toBe(1);
  });
});

describe('A circuit breaker under the deadline of its caller', () => {
  const hangs = () => new Promise<never>(() => {});

  async function callsWith(deadlineMs: number, { breaker, clock }: ReturnType<typeof breakerWith>): Promise<void> {
    const customer = pipeline('customer', [breaker, new TimeLimiter('customer', { timeoutDuration: '3s' }, { clock })]);
    for (let call = 0; call < 40; call++) {
      const ended = customer.execute(hangs, { deadline: Deadline.after(deadlineMs, clock) }).catch(() => {});
      await settle();
      clock.advance(deadlineMs);
      await ended;
    }
  }

  it('stays CLOSED after forty calls that a deadline of 15 ms cut off', async () => {
    const given = breakerWith({ slowCallRateThreshold: 80 });

    await callsWith(15, given);

    expect(given.breaker.state).toBe('CLOSED');
    expect(given.breaker.metrics.bufferedCalls).toBe(0);
  });

  it('opens after calls that hang until a deadline of 2.5 s', async () => {
    const given = breakerWith({ slowCallRateThreshold: 80, waitDurationInOpenState: '1h' });

    await callsWith(2_500, given);

    expect(given.breaker.state).toBe('OPEN');
    expect(given.breaker.metrics).toMatchObject({ slowCalls: 4, failedCalls: 0 });
  });

  it.each([
    ['TimeoutExceededError at the deadline', new TimeoutExceededError('customer', 15, 'deadline')],
    ['DeadlineExceededError', new DeadlineExceededError('GET /customers')],
    ['error with such a cause', new Error('no customer', { cause: new DeadlineExceededError('GET /customers') })],
  ])('ignores a quick %s and counts a slow one as slow', async (_what, error) => {
    const { breaker, clock } = breakerWith();
    const failing = () => breaker.execute(() => Promise.reject(error)).catch(() => {});

    await failing();
    expect(breaker.metrics.bufferedCalls).toBe(0);

    const late = Promise.withResolvers<never>();
    const slow = breaker.execute(() => late.promise).catch(() => {});
    clock.advance(1_001);
    late.reject(error);
    await slow;
    expect(breaker.metrics).toMatchObject({ bufferedCalls: 1, slowCalls: 1, failedCalls: 0 });
  });

  it('ignores an error of code that limits its time by the deadline itself', async () => {
    const { breaker, clock } = breakerWith();
    const late = Promise.withResolvers<never>();

    const ended = breaker.execute(() => late.promise, { deadline: Deadline.after(15, clock) }).catch(() => {});
    clock.advance(15);
    late.reject(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    await ended;

    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it("counts a timeout at a time limiter's own timeoutDuration as a failure", async () => {
    const { breaker } = breakerWith();

    await breaker.execute(() => Promise.reject(new TimeoutExceededError('c', 15, 'timeoutDuration'))).catch(() => {});

    expect(breaker.metrics.failedCalls).toBe(1);
  });
});

describe('The evidence that a circuit breaker records', () => {
  it('is every failure that the caller did not cut off, and the duration of every slow call', async () => {
    const call = fc.record({
      durationMs: fc.integer({ min: 0, max: 200 }),
      cutOff: fc.constantFrom('no', 'abort', 'deadline' as const),
      error: fc.constantFrom(...abortErrors.map(([, error]) => error)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 20 }), async (calls) => {
        const options = { slidingWindowSize: 100, minimumNumberOfCalls: 100, slowCallDurationThreshold: 100 };
        const { breaker, clock } = breakerWith(options);
        for (const { durationMs, cutOff, error } of calls) {
          const controller = new AbortController();
          const late = Promise.withResolvers<never>();
          const deadline = cutOff === 'deadline' ? Deadline.after(durationMs, clock) : undefined;
          const ended = breaker.execute(() => late.promise, { signal: controller.signal, deadline }).catch(() => {});
          clock.advance(durationMs);
          if (cutOff === 'abort') controller.abort(disconnected);
          late.reject(error(disconnected));
          await ended;
        }

        const counted = calls.filter(({ cutOff, durationMs }) => cutOff === 'no' || durationMs > 100);
        expect(breaker.metrics).toMatchObject({
          bufferedCalls: counted.length,
          failedCalls: calls.filter(({ cutOff }) => cutOff === 'no').length,
          slowCalls: calls.filter(({ durationMs }) => durationMs > 100).length,
        });
      }),
    );
  });
});

/** Events that report a failure, or something that a policy does because of one. */
const failureEvents: ReadonlySet<string> = new Set([
  'ERROR',
  'TIMEOUT',
  'RETRY',
  'FALLBACK',
  'FALLBACK_FAILED',
  'SERVED',
  'NOT_SERVED',
  'LIMIT_CHANGED',
]);

describe.each(pipelineKindsOf())('A policy of the kind %s', (kind) => {
  it.each(abortErrors)(
    'reports no failure after an abort by its caller, with the error of %s',
    async (_client, error) => {
      const clock = new FakeClock();
      const policy = createRegistry(kind, {}, { clock }).getOrCreate('customer', { eventConsumerBufferSize: 100 });

      await abortedCall(policy, failOnAbort(error));

      const types = policy.bufferedEvents().map(({ type }) => type);
      expect(types.filter((type) => failureEvents.has(type))).toStrictEqual([]);
    },
  );
});

describe('An adaptive concurrency limiter', () => {
  const drops = async (call: ProtectedCall<unknown>, reason?: unknown): Promise<boolean> => {
    const limiter = new AdaptiveConcurrencyLimiter('customer', { algorithm: 'AIMD', initialLimit: 10 });
    const controller = new AbortController();
    const ended = limiter.execute(call, { signal: controller.signal }).catch(() => {});
    if (reason !== undefined) controller.abort(reason);
    await ended;
    return limiter.metrics.limit < 10;
  };

  it.each(abortErrors)(
    'takes no sample of an aborted call, but one of a timeout, with the error of %s',
    async (_client, error) => {
      expect(await drops(failOnAbort(error), disconnected)).toBe(false);
      expect(await drops(failOnAbort(error), new DeadlineExceededError('GET /'))).toBe(false);
      expect(await drops(failOnAbort(error), new TimeoutExceededError('c', 15, 'deadline'))).toBe(false);
      expect(await drops(failOnAbort(error), new TimeoutExceededError('c', 15, 'timeoutDuration'))).toBe(true);
    },
  );

  it.each([
    ['AIMD', 1_000, 10],
    ['AIMD', 1_001, 9],
    ['GRADIENT', 1_001, 10],
  ] as const)(
    'counts an aborted call as a drop only with AIMD and after its timeout of 1 s: %s, %i ms, limit %i',
    async (...row) => {
      const [algorithm, durationMs, limit] = row;
      const clock = new FakeClock();
      const options = { algorithm, initialLimit: 10, timeout: '1s' };
      const limiter = new AdaptiveConcurrencyLimiter('customer', options, { clock });

      await abortedCall(limiter, failOnAbort(abortErrors[1]![1]), () => clock.advance(durationMs));

      expect(limiter.metrics.limit).toBe(limit);
    },
  );

  it('takes no sample of a call that an inner time limiter ends at the deadline', async () => {
    expect(await drops(() => Promise.reject(new TimeoutExceededError('c', 15, 'deadline')))).toBe(false);
    expect(await drops(() => Promise.reject(new TimeoutExceededError('c', 15, 'timeoutDuration')))).toBe(true);
  });
});

describe('A retry', () => {
  it('does not repeat a call whose deadline has passed, also when it does not know the deadline', async () => {
    const retry = new Retry('customer', { waitDuration: 0 });
    const error = new TimeoutExceededError('customer', 15, 'deadline');
    let attempts = 0;

    const ended = retry.execute(() => {
      attempts++;
      throw error;
    });

    await expect(ended).rejects.toBe(error);
    expect(attempts).toBe(1);
  });
});

describe('isCutOff', () => {
  it('follows causes, also circular ones', () => {
    const circular = new Error('circular');
    circular.cause = circular;

    expect(isDeadlineError(circular)).toBe(false);
    expect(isDeadlineError(undefined)).toBe(false);
    expect(isCutOff(new Error('outage'), undefined)).toBe(false);
    expect(isCutOff(undefined, { signal: AbortSignal.abort() } satisfies Partial<CallContext>)).toBe(true);
    expect(isCutOff(undefined, { signal: new AbortController().signal })).toBe(false);
  });

  it.each([
    ['a passed deadline', new DeadlineExceededError('x'), true, false],
    ['a timeout at the deadline', new TimeoutExceededError('x', 10, 'deadline'), true, false],
    ['a timeout at the own limit', new TimeoutExceededError('x', 10, 'timeoutDuration'), false, true],
    ['another error with the code', Object.assign(new Error('x'), { code: 'DEADLINE_EXCEEDED' }), false, false],
    ['a full bulkhead', new BulkheadFullError('x', 1, 0), false, false],
    ['no error', undefined, false, false],
  ])('distinguishes a deadline from a slow dependency: %s', (_what, error, byDeadline, byTimeout) => {
    const wrapped = new Error('x', { cause: error });

    expect([isDeadlineError(error), isDeadlineError(wrapped)]).toStrictEqual([byDeadline, byDeadline]);
    expect([isTimeout(error), isTimeout(wrapped)]).toStrictEqual([byTimeout, false]);
    expect(isCutOff(error, undefined)).toBe(byDeadline);
  });

  it('takes a timeout of an own policy that does not say what limited it as that of a slow dependency', () => {
    class OwnTimeout extends ResilienceError {
      readonly code = 'TIMEOUT_EXCEEDED';
    }

    expect(isTimeout(new OwnTimeout('late'))).toBe(true);
    expect(isDeadlineError(new OwnTimeout('late'))).toBe(false);
  });

  it('applies once the deadline of the context has passed', () => {
    const clock = new FakeClock();
    const deadline = Deadline.after(10, clock);
    expect(isCutOff(undefined, { deadline })).toBe(false);

    clock.advance(10);

    expect(isCutOff(undefined, { deadline })).toBe(true);
    expect([isAborted({}), isAborted(undefined)]).toStrictEqual([false, false]);
  });
});

describe('A time limiter inside another one, of a dependency that hangs', () => {
  const hanging = ({ signal }: CallContext) => failOnAbort((reason) => reason)({ signal, attempt: 1 });
  const limited = (clock: FakeClock): ProtectedCall<unknown> => {
    const outer = new TimeLimiter('outer', { timeoutDuration: 50 }, { clock });
    const inner = new TimeLimiter('inner', { timeoutDuration: '5s' }, { clock });
    return (context) => outer.execute((given) => inner.execute(hanging, given), context);
  };

  it('counts as failures of the dependency, although the inner one ends by the deadline of the outer one', async () => {
    const clock = new FakeClock();
    const options = { slidingWindowSize: 4, minimumNumberOfCalls: 4 };
    const breaker = new CircuitBreaker('customer', options, { clock });

    for (let call = 0; call < 4; call++) {
      const ended = breaker.execute(limited(clock)).catch((error: unknown) => error);
      await settle();
      clock.advance(50);
      expect(await ended).toMatchObject({ limitedBy: 'timeoutDuration', timeLimiterName: 'outer' });
    }

    expect(breaker.state).toBe('OPEN');
  });

  it('is repeated by a retry', async () => {
    const clock = new FakeClock();
    let attempts = 0;
    const call = limited(clock);
    const retry = new Retry('customer', { maxAttempts: 3, waitDuration: 0 }, { clock });
    const ended = retry
      .execute((context) => {
        attempts++;
        return call(context);
      })
      .catch((error: unknown) => error);

    for (let attempt = 0; attempt < 3; attempt++) {
      await settle();
      clock.advance(50);
    }

    expect(await ended).toBeInstanceOf(TimeoutExceededError);
    expect(attempts).toBe(3);
  });
});

it.each(pipelineKindsOf())(
  'An error whose cause throws when it is read is the result of a call under %s',
  async (kind) => {
    const policy = createRegistry(kind).getOrCreate('customer') as Policy;
    const error = Object.defineProperty(new Error('outage'), 'cause', {
      get: () => {
        throw new Error('no cause');
      },
    });

    await expect(policy.execute(() => Promise.reject(error))).rejects.toBe(error);
  },
);
