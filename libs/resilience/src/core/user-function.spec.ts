import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
import { CachedFallback } from './cached-fallback/cached-fallback.ts';
import { CallNotPermittedError } from './circuit-breaker/circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker/circuit-breaker.options.ts';
import { Fallback } from './fallback/fallback.ts';
import { createRegistry, pipelineKindsOf, policies } from './policies.ts';
import { Retry } from './retry/retry.ts';
import { isFiniteNumber, isFraction, isName, isWait, UserFunctions } from './user-function.ts';

const outage = new Error('outage');
const broken = new TypeError("Cannot read properties of undefined (reading 'status')");

let emitWarning: MockInstance<typeof process.emitWarning>;

beforeEach(() => {
  emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});
afterEach(() => emitWarning.mockRestore());

const warnings = (): unknown[] => emitWarning.mock.calls.map(([message]) => message);

/** What a function of the options may do although it must not. */
// oxlint-disable-next-line typescript/no-explicit-any -- functions of any type
const misbehaviours: readonly (readonly [what: string, misbehave: (...args: any[]) => any])[] = [
  [
    'throws',
    () => {
      throw broken;
    },
  ],
  [
    'throws an object without a text',
    () => {
      // oxlint-disable-next-line typescript/only-throw-error -- anything can be thrown
      throw Object.create(null);
    },
  ],
  ['returns undefined', () => undefined],
  [
    'returns an object whose properties throw',
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    },
  ],
  ['returns a promise of true', () => Promise.resolve(true)],
  ['returns a promise that rejects', () => Promise.reject(broken)],
  ['returns a promise of another realm that rejects', () => runInNewContext('Promise.reject(1)')],
  ['returns a text', () => 'true'],
  ['returns 1', () => 1],
  ['returns an object', () => ({})],
];

const fails = () => Promise.reject(outage);

describe.each(misbehaviours)('A predicate that %s', (_what, misbehave) => {
  const breakerWith = (options: CircuitBreakerOptions) =>
    new CircuitBreaker('customer', { slidingWindowSize: 50, minimumNumberOfCalls: 50, ...options });

  it.each(['recordException', 'ignoreException'])(
    'as %s leaves the error of the call, and fifty failures open the circuit breaker (resilience4j#2198)',
    async (option) => {
      const breaker = breakerWith({ [option]: misbehave });

      for (let call = 0; call < 50; call++) await expect(breaker.execute(fails)).rejects.toBe(outage);

      expect(breaker.state).toBe('OPEN');
      expect(warnings()).toStrictEqual([expect.stringContaining(`${option} of CircuitBreaker 'customer'`)]);
    },
  );

  it('as recordException does not turn a refusal by another policy into a failure', async () => {
    const breaker = breakerWith({ recordException: misbehave });
    const refusal = new CallNotPermittedError('inner', 'OPEN', 10);

    await expect(breaker.execute(() => Promise.reject(refusal))).rejects.toBe(refusal);

    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('as recordResult leaves the result of the call, which counts as a success', async () => {
    const breaker = breakerWith({ recordResult: misbehave });

    await expect(breaker.execute(() => 'response')).resolves.toBe('response');

    expect(breaker.metrics).toMatchObject({ successfulCalls: 1, failedCalls: 0 });
    expect(warnings()).toStrictEqual([expect.stringContaining("recordResult of CircuitBreaker 'customer'")]);
  });

  it('as retryOnException leaves the error of the call, which is not repeated (resilience4j#2332)', async () => {
    const retry = new Retry('customer', { retryOnException: misbehave, waitDuration: 0 });
    const call = vi.fn<() => Promise<never>>(fails);

    await expect(retry.execute(call)).rejects.toBe(outage);

    expect(call).toHaveBeenCalledOnce();
    expect(warnings()).toStrictEqual([expect.stringContaining("retryOnException of Retry 'customer'")]);
  });

  it('as retryOnResult leaves the result of the call, which is not repeated', async () => {
    const retry = new Retry('customer', { retryOnResult: misbehave, waitDuration: 0 });
    const call = vi.fn<() => string>(() => 'response');

    await expect(retry.execute(call)).resolves.toBe('response');

    expect(call).toHaveBeenCalledOnce();
    expect(warnings()).toStrictEqual([expect.stringContaining("retryOnResult of Retry 'customer'")]);
  });

  it('as `on` of a fallback leaves the error of the call, and the fallback does not run', async () => {
    const handle = vi.fn<() => string>();
    const fallback = new Fallback('customer', { handlers: [{ on: misbehave, handle }], eventConsumerBufferSize: 10 });

    await expect(fallback.execute(fails)).rejects.toBe(outage);

    expect(handle).not.toHaveBeenCalled();
    expect(fallback.bufferedEvents()).toStrictEqual([]);
    expect(warnings()).toStrictEqual([expect.stringContaining("on of Fallback 'customer'")]);
  });

  it('as `on` of a cached fallback leaves the error of the call, and no stale value is served', async () => {
    const cached = new CachedFallback('customer', { on: misbehave }).withKey('c-1');
    await cached.execute(() => 'good');

    await expect(cached.execute(fails)).rejects.toBe(outage);

    expect(warnings()).toStrictEqual([expect.stringContaining("on of CachedFallback 'customer'")]);
  });

  it('as rememberResult leaves the result of the call, which is not stored', async () => {
    const cached = new CachedFallback('customer', { rememberResult: misbehave });

    await expect(cached.withKey('c-1').execute(() => 'response')).resolves.toBe('response');

    expect(cached.metrics.entries).toBe(0);
    expect(warnings()).toStrictEqual([expect.stringContaining("rememberResult of CachedFallback 'customer'")]);
  });

  it('as ignoreException of an adaptive concurrency limiter leaves the error, which counts as a drop', async () => {
    const limiter = new AdaptiveConcurrencyLimiter('customer', {
      algorithm: 'AIMD',
      initialLimit: 10,
      ignoreException: misbehave,
    });

    await expect(limiter.execute(fails)).rejects.toBe(outage);

    expect(limiter.metrics).toStrictEqual({ limit: 9, inFlight: 0 });
    expect(warnings()).toStrictEqual([expect.stringContaining('ignoreException of AdaptiveConcurrencyLimiter')]);
  });
});

const noNumbers = misbehaviours.filter(([what]) => what !== 'returns 1');

describe.each(noNumbers)('A function that %s instead of returning a number', (what, misbehave) => {
  it.each(['intervalFunction', 'intervalBiFunction', 'retryAfterFunction'])(
    'as %s ends the retry with the error of the call',
    async (option) => {
      const isAllowed = option === 'retryAfterFunction' && what === 'returns undefined';
      const retry = new Retry('customer', { [option]: misbehave, maxAttempts: 1 + Number(!isAllowed) });

      await expect(retry.execute(fails)).rejects.toBe(outage);

      expect(warnings()).toStrictEqual(isAllowed ? [] : [expect.stringContaining(`${option} of Retry 'customer'`)]);
    },
  );

  it('as waitIntervalFunctionInOpenState keeps the circuit breaker open for the default wait', async () => {
    const clock = new FakeClock();
    const options = { slidingWindowSize: 1, minimumNumberOfCalls: 1, waitIntervalFunctionInOpenState: misbehave };
    const breaker = new CircuitBreaker('customer', options, { clock });

    await expect(breaker.execute(fails)).rejects.toBe(outage);

    expect([breaker.state, breaker.remainingMs]).toStrictEqual(['OPEN', 60_000]);
    expect(warnings()).toStrictEqual([expect.stringContaining('waitIntervalFunctionInOpenState of CircuitBreaker')]);
  });
});

describe.each(misbehaviours)('transitionOnResult that %s', (_what, misbehave) => {
  it('causes no transition and leaves the result and the error of calls', async () => {
    const breaker = new CircuitBreaker('customer', { transitionOnResult: misbehave });

    await expect(breaker.execute(() => 'response')).resolves.toBe('response');
    await expect(breaker.execute(fails)).rejects.toBe(outage);

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics).toMatchObject({ successfulCalls: 1, failedCalls: 1 });
    expect(warnings()).toStrictEqual([expect.stringContaining("transitionOnResult of CircuitBreaker 'customer'")]);
  });
});

describe.each(misbehaviours.filter(([what]) => !/undefined|text/.test(what)))(
  'A key function that %s',
  (_what, misbehave) => {
    it('leaves the result of the call, which is neither stored nor replaced', async () => {
      const cached = new CachedFallback('customer', { key: misbehave });

      await expect(cached.execute(() => 'response')).resolves.toBe('response');
      await expect(cached.execute(fails)).rejects.toBe(outage);

      expect(cached.metrics.entries).toBe(0);
      expect(warnings()).toStrictEqual([expect.stringContaining("key of CachedFallback 'customer'")]);
    });

    it('does the same as an argument of decorate', async () => {
      const cached = new CachedFallback('customer');
      const find = cached.decorate(async (id: string) => id, misbehave);

      await expect(find('c-1')).resolves.toBe('c-1');

      expect(cached.metrics.entries).toBe(0);
      expect(warnings()).toStrictEqual([expect.stringContaining("keyOf of CachedFallback 'customer'")]);
    });
  },
);

/** Every option of every policy that is a function, so that one that is added is tested too. */
const functionOptions = pipelineKindsOf().flatMap((kind) => {
  const { rules } = policies.find((definition) => definition.kind === kind)!.options;
  return Object.entries(rules)
    .filter(([, rule]) => ['function', 'errorPredicate', 'resultPredicate'].includes(rule.kind))
    .filter(([, rule]) => rule.parse(() => true) !== undefined)
    .map(([option]) => ({ kind, option }));
});

describe('A function in the options of a policy', () => {
  it('is one of at least sixteen options', () => {
    expect(functionOptions.length).toBeGreaterThanOrEqual(16);
  });

  it.each(functionOptions)(
    'that throws as $option of $kind hides neither result nor error',
    async ({ kind, option }) => {
      const clock = new FakeClock();
      const throws = () => {
        throw broken;
      };
      const policy = createRegistry(kind, {}, { clock }).getOrCreate('customer', {
        [option]: throws,
      });

      for (let call = 0; call < 3; call++) {
        const [succeeding, failing] = [policy.execute(() => 'response'), policy.execute(fails)];
        failing.catch(() => {});
        // A retry waits between its attempts.
        for (let turn = 0; turn < 60; turn++) await (turn % 20 === 19 ? clock.advance(500) : Promise.resolve());
        await expect(succeeding).resolves.toBe('response');
        await expect(failing).rejects.toBe(outage);
      }

      const named = warnings().filter((message) => String(message).startsWith(`${option} of `));
      expect(named.length).toBeLessThanOrEqual(1);
    },
  );
});

// oxlint-disable-next-line unicorn/no-thenable -- such objects are what is tested: promises of other libraries
const withThen = (then: unknown) => Object.fromEntries([['then', then]]);

describe('A warning about a function', () => {
  it('names the option, the policy, the value and what is allowed, and has the error as detail', async () => {
    const options = {
      recordException: (error: unknown) => (error as { response: { status: number } }).response.status >= 500,
    };
    await new CircuitBreaker('customer', options).execute(fails).catch(() => {});

    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      "recordException of CircuitBreaker 'customer' threw an error, but must return true or false. " +
        'Calls get their own result or error anyway. This is reported once.',
      { type: 'ResilienceFunctionWarning', detail: expect.stringContaining('Cannot read properties') },
    );
  });

  it.each([
    ['a text', () => 'yes', "'yes'"],
    ['a promise', () => Promise.resolve(true), 'a promise'],
    ['a promise of a package', () => withThen(() => {}), 'a promise'],
    ['an object whose field then is no function', () => withThen(1), 'an object'],
    ['an object', () => ({}), 'an object'],
    ['a function', () => () => true, 'a function'],
    ['null', () => null, 'null'],
    ['a number', () => 1, '1'],
  ])('describes what the function returned: %s', async (_what, returning, text) => {
    await new Retry('customer', { retryOnResult: returning as never }).execute(() => 'response');

    expect(emitWarning).toHaveBeenCalledExactlyOnceWith(
      `retryOnResult of Retry 'customer' returned ${text}, but must return true or false. ` +
        'Calls get their own result or error anyway. This is reported once.',
      { type: 'ResilienceFunctionWarning' },
    );
  });

  it('is repeated for another function after a change of the options', async () => {
    const retry = new Retry('customer', { retryOnException: misbehaviours[0]![1] });
    await retry.execute(fails).catch(() => {});
    await retry.execute(fails).catch(() => {});

    retry.reconfigure({ retryOnException: misbehaviours[1]![1] });
    await retry.execute(fails).catch(() => {});

    expect(warnings()).toHaveLength(2);
  });
});

describe('What a function may return', () => {
  it.each([
    ['a number', isFiniteNumber, [0, -1.5], [Number.NaN, Infinity, '1', undefined]],
    ['a wait', isWait, [0, 1.5], [-0.1, Infinity, '1', undefined]],
    ['a fraction', isFraction, [0, 0.999], [-0.1, 1, Number.NaN, '0.5']],
    ['a name', isName, ['a', ' '], ['', 1, undefined, null]],
  ])('is checked: %s', (_what, isValid, valid, invalid) => {
    for (const value of valid) expect(isValid(value)).toBe(true);
    for (const value of invalid) expect(isValid(value)).toBe(false);
  });
});

describe('The functions of a policy', () => {
  const functions = () => new UserFunctions("Retry 'customer'");

  it('select no value without a predicate, and every error without a matcher', () => {
    expect(functions().test('option', undefined, 1)).toBe(false);
    expect(functions().matches('option', undefined, outage)).toBe(true);
  });

  it('select errors by class and by predicate', () => {
    expect(functions().matches('option', [TypeError], broken)).toBe(true);
    expect(functions().matches('option', TypeError, outage)).toBe(false);
    expect(functions().matches('option', (error) => error === outage, outage)).toBe(true);
    expect(functions().matches('option', (error) => error === outage, broken)).toBe(false);
    expect(functions().matches('option', () => 1 as never, broken)).toBeUndefined();
  });

  it('return the substitute, and report each function once', () => {
    const given = functions();
    const [first, second] = [() => 'x', () => 'y'];

    for (const userFunction of [first, second, first]) {
      expect(given.call('size', userFunction, [], isFiniteNumber, 'a number', 7)).toBe(7);
    }

    expect(warnings()).toHaveLength(2);
  });
});
