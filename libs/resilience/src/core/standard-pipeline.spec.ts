import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { CallNotPermittedError } from './circuit-breaker/circuit-breaker.errors.ts';
import { describeIntervalFunction, IntervalFunction } from './interval-function.ts';
import { isUnavailable } from './outcome.ts';
import type { CallContext } from './policy.ts';
import { createRegistries } from './policies.ts';
import { Retry } from './retry/retry.ts';
import { standardPipeline, standardPipelines } from './standard-pipeline.ts';
import { TimeoutExceededError } from './time-limiter/time-limiter.errors.ts';

const withStatus = (status: number, headers = {}) => Object.assign(new Error('error status'), { status, headers });
const post = { method: 'POST' };
const postWithKey = { method: 'POST', hasIdempotencyKey: true };

/** A call that never ends before its signal is aborted. */
const hanging = ({ signal }: CallContext): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

function pipelineWith(overrides: Parameters<typeof standardPipeline>[1] = {}) {
  const clock = new FakeClock();
  const registries = createRegistries({}, { clock, random: () => 0.5 });
  return { clock, registries, payments: standardPipeline('payments', overrides, registries) };
}

describe('standardPipeline', () => {
  it('has a total deadline, a retry, a circuit breaker, an attempt timeout and a bulkhead, in this order', () => {
    expect(pipelineWith().payments.describe()).toBe('deadline(retry(circuitBreaker(timeLimiter(bulkhead(call)))))');
  });

  it('adds a policy of another kind in the default order', () => {
    const { payments } = pipelineWith({
      fallback: { handlers: [{ on: isUnavailable, handle: () => 'pending' }] },
      rateLimiter: { limitForPeriod: 10 },
    });

    expect(payments.describe()).toBe(
      'fallback(deadline(retry(circuitBreaker(rateLimiter(timeLimiter(bulkhead(call)))))))',
    );
  });

  it('puts its policies into the given registries, with the overrides on top of the defaults', () => {
    const { registries } = pipelineWith({
      deadline: { timeoutDuration: '5s' },
      circuitBreaker: { slidingWindowSize: 7 },
    });

    expect(registries.deadline.find('payments')?.config.timeoutDuration).toBe(5_000);
    expect(registries.retry.find('payments')?.config.retryBudget).toBe('payments');
    expect(registries.retryBudget.find('payments')).toBeDefined();
    expect(registries.circuitBreaker.find('payments')?.config).toMatchObject({
      slidingWindowSize: 7,
      slidingWindowType: 'TIME_BASED',
      classification: 'http',
    });
  });

  it('has the documented options', () => {
    const { registries } = pipelineWith();
    const { deadline, retry, circuitBreaker, timeLimiter, bulkhead, retryBudget } = registries;

    expect(deadline.find('payments')?.config).toMatchObject({ timeoutDuration: 30_000 });
    expect(timeLimiter.find('payments')?.config).toMatchObject({ timeoutDuration: 10_000 });
    expect(bulkhead.find('payments')?.config).toMatchObject({ maxConcurrentCalls: 100, maxWaitDuration: 0 });
    expect(retryBudget.find('payments')?.config).toMatchObject({ retryRatio: 0.2 });
    const { intervalFunction, ...others } = retry.find('payments')!.config;
    expect(others).toMatchObject({ classification: 'http', maxAttempts: 3, retryBudget: 'payments' });
    expect(describeIntervalFunction(intervalFunction!)).toBe('500 ms × 2 ± 50 %, at most 10000 ms');
    expect(circuitBreaker.find('payments')?.config).toMatchObject({
      classification: 'http',
      slidingWindowType: 'TIME_BASED',
      slidingWindowSize: 30,
      minimumNumberOfCalls: 20,
      failureRateThreshold: 50,
      waitDurationInOpenState: 5_000,
      permittedNumberOfCallsInHalfOpenState: 3,
    });
  });

  it.each([
    ['a first wait', { waitDuration: '1s' }, '1000 ms × 2 ± 50 %, at most 10000 ms'],
    ['no wait', { waitDuration: 0 }, undefined],
    ['no wait, as text', { waitDuration: '0ms' }, undefined],
    ['waits of its own', { intervalFunction: IntervalFunction.of(7) }, '7 ms'],
  ])('takes the waits of the retry from the overrides: %s', (_what, retry, description) => {
    const { intervalFunction } = pipelineWith({ retry }).registries.retry.find('payments')!.config;

    expect(intervalFunction && describeIntervalFunction(intervalFunction)).toBe(description);
  });

  it('creates registries of its own by default, so that two pipelines of a name may differ', () => {
    standardPipeline('payments', { bulkhead: { maxConcurrentCalls: 1 } });

    expect(standardPipeline('payments', { bulkhead: { maxConcurrentCalls: 2 } }).name).toBe('payments');
  });

  it('is refused if a registry has an instance of the name with other options', () => {
    const { registries } = pipelineWith();

    expect(() => standardPipeline('payments', { bulkhead: { maxConcurrentCalls: 1 } }, registries)).toThrow(
      "Bulkhead 'payments' exists already with other options (maxConcurrentCalls).",
    );
    expect(standardPipeline('payments', {}, registries).policies).toContain(registries.bulkhead.find('payments'));
  });

  it('keeps its policies, however long they are not used', () => {
    const { clock, registries } = pipelineWith();

    clock.advance(24 * 3_600_000);

    expect(registries.bulkhead.find('payments')).toBeDefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses invalid overrides with the option and the policy', () => {
    expect(() => pipelineWith({ bulkhead: { maxConcurrentCalls: -1 } })).toThrow(
      /Bulkhead 'payments' has an invalid option:\n.*maxConcurrentCalls is -1/,
    );
  });

  it.each([
    ['a POST with an idempotency key', postWithKey, 3],
    ['a POST without one', post, 1],
  ])('makes at most three attempts of a request that may be repeated: %s', async (_what, request, attempts) => {
    const { clock, payments } = pipelineWith();
    let made = 0;
    const settled = payments
      .execute(
        () => {
          made++;
          return Promise.reject(withStatus(503));
        },
        { request },
      )
      .catch((error: unknown) => error);
    await clock.advanceAsync(20_000);

    expect(await settled).toMatchObject({ status: 503 });
    expect(made).toBe(attempts);
  });

  it('waits longer before each attempt, and randomizes the wait', async () => {
    const waits = async () => {
      const { clock, payments, registries } = pipelineWith({ retry: { maxAttempts: 3, waitDuration: 100 } });
      const intervals: number[] = [];
      registries.retry.find('payments')?.on('RETRY', ({ waitIntervalMs }) => intervals.push(waitIntervalMs));
      const settled = payments.execute(() => Promise.reject(withStatus(503)), { request: postWithKey }).catch(() => {});
      await clock.advanceAsync(20_000);
      await settled;
      return intervals;
    };
    const all = [];
    for (let call = 0; call < 20; call++) all.push(await waits());

    for (const [first = 0, second = 0] of all) {
      expect(first).toBeGreaterThanOrEqual(50);
      expect(first).toBeLessThanOrEqual(150);
      expect(second).toBeGreaterThanOrEqual(100);
      expect(second).toBeLessThanOrEqual(300);
    }
    expect(new Set(all.map(([first]) => first)).size).toBeGreaterThan(1);
  });

  it('ends an attempt after the attempt timeout, and the call after the total deadline', async () => {
    const { clock, payments } = pipelineWith({
      deadline: { timeoutDuration: '5s' },
      timeLimiter: { timeoutDuration: '2s' },
      retry: { intervalFunction: () => 500 },
    });
    const startedAt: number[] = [];
    const start = clock.now();
    const settled = payments
      .execute(
        (context) => {
          startedAt.push(clock.now() - start);
          return hanging(context);
        },
        { request: postWithKey },
      )
      .catch((error: unknown) => ({ error, after: clock.now() - start }));
    await clock.advanceAsync(4_999);
    const attempts = [...startedAt];
    await clock.advanceAsync(1);

    expect(attempts).toEqual([0, 2_500]);
    const { error, after } = (await settled) as { error: TimeoutExceededError; after: number };
    expect(after).toBeLessThanOrEqual(5_000);
    expect(error).toBeInstanceOf(TimeoutExceededError);
  });

  it('stops at the budget when every call fails', async () => {
    const { clock, payments, registries } = pipelineWith({
      retryBudget: { minRetriesPerSecond: 0, retryRatio: 0.2 },
      circuitBreaker: { minimumNumberOfCalls: 1_000 },
    });
    let attempts = 0;
    const fail = () => {
      attempts++;
      return Promise.reject(withStatus(503));
    };
    const calls = Array.from({ length: 100 }, () => payments.execute(fail, { request: postWithKey }).catch(() => {}));
    await clock.advanceAsync(5_000);
    await Promise.all(calls);

    expect(attempts).toBe(120);
    expect(registries.retryBudget.find('payments')?.balance).toBe(0);
  });

  it('opens on failures of the dependency and never on programming errors and 4xx', async () => {
    const { payments } = pipelineWith({ retry: { maxAttempts: 1 } });
    const outcome = (error: Error) =>
      payments.execute(() => Promise.reject(error), { request: post }).catch((thrown: unknown) => thrown);
    for (let call = 0; call < 50; call++) await outcome(new TypeError('x is not a function'));
    for (let call = 0; call < 50; call++) await outcome(withStatus(404));
    expect(await outcome(withStatus(404))).toMatchObject({ status: 404 });

    for (let call = 0; call < 60; call++) await outcome(withStatus(503));
    expect(await outcome(withStatus(503))).toBeInstanceOf(CallNotPermittedError);
  });

  it('returns the fallback when the dependency is not available, and no fallback for a wrong request', async () => {
    const { clock, payments } = pipelineWith({
      fallback: { handlers: [{ on: isUnavailable, handle: () => 'pending' }] },
      deadline: { timeoutDuration: '5s' },
    });
    const settled = payments.execute<string>(hanging, { request: postWithKey });
    await clock.advanceAsync(5_000);

    expect(await settled).toBe('pending');
    await expect(payments.execute(() => Promise.reject(withStatus(400)), { request: post })).rejects.toMatchObject({
      status: 400,
    });
  });
});

describe('standardPipelines', () => {
  it('returns one pipeline for each name, with the given options', () => {
    const pipelineOf = standardPipelines({ retry: { maxAttempts: 7 } });

    expect(pipelineOf('a')).toBe(pipelineOf('a'));
    expect(pipelineOf('a')).not.toBe(pipelineOf('b'));
    expect(pipelineOf('a').policies.find((policy) => policy instanceof Retry)?.config.maxAttempts).toBe(7);
  });

  it('stays within the bound of the registries; further names share policies with the same options', () => {
    const registries = createRegistries({}, { dynamicInstances: { maxInstances: 1 } });
    const pipelineOf = standardPipelines({}, registries);
    void registries.circuitBreaker.getOrCreate('held').execute(() => new Promise(() => {}));

    const [first, second] = [pipelineOf('a'), pipelineOf('b')];

    expect(registries.circuitBreaker.names()).toStrictEqual(['other', 'held']);
    expect(first.describe()).toContain('circuitBreaker[other]');
    expect(second.describe()).toContain('circuitBreaker[other]');
    expect(registries.circuitBreaker.find('other')?.config.classification).toBe('http');
  });

  it('creates the policies of a name again when the registries have removed them', () => {
    const registries = createRegistries({}, { dynamicInstances: { maxInstances: 1 } });
    const pipelineOf = standardPipelines({}, registries);

    const before = pipelineOf('a');
    pipelineOf('b');

    expect(pipelineOf('a')).not.toBe(before);
    expect(pipelineOf('a').policies).toContain(registries.circuitBreaker.find('a'));
  });

  it('keeps the policies of a name that is called more often than idle ones expire', async () => {
    const clock = new FakeClock();
    const registries = createRegistries({}, { clock, dynamicInstances: { idleExpiry: '1h' } });
    const pipelineOf = standardPipelines({}, registries);
    const before = pipelineOf('a');
    const budget = registries.retryBudget.find('a');

    for (let call = 0; call < 6; call++) {
      await pipelineOf('a').execute(async () => 'ok');
      await clock.advanceAsync(40 * 60_000);
    }

    expect(pipelineOf('a')).toBe(before);
    expect(registries.retryBudget.find('a')).toBe(budget);
  });

  it.each(['deadline', 'retry', 'circuitBreaker', 'timeLimiter', 'bulkhead'] as const)(
    'creates a new pipeline when only the policy of the kind %s was removed',
    (kind) => {
      const registries = createRegistries();
      const pipelineOf = standardPipelines({}, registries);
      const before = pipelineOf('a');

      registries[kind].remove('a');
      const after = pipelineOf('a');

      expect(after).not.toBe(before);
      expect(after.policies).toContain(registries[kind].find('a'));
      expect(after.policies.filter((policy) => before.policies.includes(policy))).toHaveLength(4);
      expect(pipelineOf('a')).toBe(after);
    },
  );

  it('uses a policy of the name that exists already with other options', () => {
    const registries = createRegistries();
    const bulkhead = registries.bulkhead.getOrCreate('a', { maxConcurrentCalls: 3 });

    expect(standardPipelines({}, registries)('a').policies).toContain(bulkhead);
  });

  it('may be created more than once with the same registries, which share the first policies of further names', () => {
    const registries = createRegistries();
    standardPipelines({ retry: { maxAttempts: 7 } }, registries);

    const pipelineOf = standardPipelines({ retry: { maxAttempts: 2 } }, registries);

    expect(registries.retry.find('other')?.config.maxAttempts).toBe(7);
    expect(pipelineOf('a').name).toBe('a');
    expect(registries.retry.find('a')?.config.maxAttempts).toBe(2);
  });

  it('adds a policy of another kind, also outermost', () => {
    const pipelineOf = standardPipelines({ fallback: { handlers: [{ handle: () => 'pending' }] } });

    expect(pipelineOf('a').describe()).toBe('fallback(deadline(retry(circuitBreaker(timeLimiter(bulkhead(call))))))');
    expect(pipelineOf('a')).toBe(pipelineOf('a'));
  });
});
