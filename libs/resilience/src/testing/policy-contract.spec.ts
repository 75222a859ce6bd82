import { describe, expect, it } from 'vitest';
import { AdaptiveConcurrencyLimiter } from '../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
import { Bulkhead } from '../core/bulkhead/bulkhead.ts';
import { CachedFallback } from '../core/cached-fallback/cached-fallback.ts';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { EndpointPool } from '../core/endpoint-pool/endpoint-pool.ts';
import { Fallback } from '../core/fallback/fallback.ts';
import { Hedge } from '../core/hedge/hedge.ts';
import { Pipeline, pipeline } from '../core/pipeline.ts';
import { type CallContext, decorateCall, type ProtectedCall, toCallContext } from '../core/policy.ts';
import { RateLimiter } from '../core/rate-limiter/rate-limiter.ts';
import { Retry } from '../core/retry/retry.ts';
import { TimeLimiter } from '../core/time-limiter/time-limiter.ts';
import type { FakeClock } from './fake-clock.ts';
import { type MakePolicy, policyContract, policyContractExcept } from './policy-contract.ts';

const numbersAttempts = { 'passes the attempt of the caller to the call': 'A retry numbers the attempts, from 1.' };

const servesStaleValues = 'It returns a stale value instead of the error.';

const oneTimer = 'Its background timer for slow calls in flight is not moved when a call ends.';
const endpoints = ['http://10.0.0.7:3000', 'http://10.0.0.8:3000'];

const policies: readonly [string, MakePolicy, Record<string, string>?][] = [
  ['A circuit breaker', ({ clock }) => new CircuitBreaker('customer', {}, { clock })],
  [
    'A circuit breaker in HALF_OPEN',
    ({ clock }) => new CircuitBreaker('customer', { initialState: 'HALF_OPEN' }, { clock }),
  ],
  ['A bulkhead', ({ clock }) => new Bulkhead('customer', { maxConcurrentCalls: 3 }, { clock })],
  ['A rate limiter', ({ clock }) => new RateLimiter('customer', {}, { clock })],
  ['A time limiter', ({ clock }) => new TimeLimiter('customer', {}, { clock })],
  ['A retry', ({ clock }) => new Retry('customer', {}, { clock }), numbersAttempts],
  ['A hedge', ({ clock }) => new Hedge('customer', {}, { clock })],
  ['A fallback', ({ clock }) => new Fallback('customer', {}, { clock })],
  ['A cached fallback', ({ clock }) => new CachedFallback('customer', {}, { clock })],
  [
    'A cached fallback with a key',
    ({ clock }) => new CachedFallback('customer', { key: () => 'key' }, { clock }),
    {
      'leaves no timer and no listener of a call that has ended': servesStaleValues,
      'decorates a function without changing this, its arguments or its error': servesStaleValues,
    },
  ],
  ['An adaptive concurrency limiter', ({ clock }) => new AdaptiveConcurrencyLimiter('customer', {}, { clock })],
  ['An endpoint pool without endpoints', ({ clock }) => new EndpointPool('customer', {}, { clock })],
  [
    'An endpoint pool without outlier detection',
    ({ clock }) => new EndpointPool('customer', { endpoints, outlierDetectionEnabled: false }, { clock }),
  ],
  [
    'An endpoint pool',
    ({ clock }) => new EndpointPool('customer', { endpoints }, { clock }),
    {
      'throws the reason of an abort by the caller or its reason, and leaves no timer and no listener': oneTimer,
      'throws an AbortError after an abort by the caller or its reason, and leaves no timer and no listener': oneTimer,
      'leaves no timer and no listener of a call that has ended': oneTimer,
    },
  ],
  ['An empty pipeline', () => new Pipeline('customer', [])],
  [
    'A pipeline of policies',
    ({ clock }) =>
      pipeline('customer', [
        new Retry('customer', {}, { clock }),
        new CircuitBreaker('customer', {}, { clock }),
        new RateLimiter('customer', {}, { clock }),
        new TimeLimiter('customer', {}, { clock }),
        new Bulkhead('customer', { maxConcurrentCalls: 3 }, { clock }),
      ]),
    numbersAttempts,
  ],
];

describe.each(policies)('%s meets the contract of every policy:', (_name, makePolicy, differences = {}) => {
  it.each(policyContractExcept(differences))('$title', async ({ run }) => {
    await expect(run(makePolicy)).resolves.toBeUndefined();
  });
});

/** A policy that meets the contract; each class below violates it in one way. */
class Transparent {
  readonly name: string = 'customer';
  readonly clock: FakeClock;

  constructor({ clock }: { readonly clock: FakeClock }) {
    this.clock = clock;
  }

  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    context?.signal?.throwIfAborted();
    return call(toCallContext(context));
  }

  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return decorateCall(this, call);
  }
}

class MakesAbortedCalls extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const result = await call(toCallContext(context));
    context?.signal?.throwIfAborted();
    return result;
  }
}

class Nameless extends Transparent {
  override readonly name = '';
}

class LosesUndefined extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return (await super.execute(call, context)) ?? (null as T);
  }
}

class CallsTwice extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    await super.execute(call, context);
    return super.execute(call, context);
  }
}

class WrapsErrors extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return super.execute(call, context).catch((cause: unknown) => {
      throw new Error('wrapped', { cause });
    });
  }
}

class ThrowsSynchronously extends Transparent {
  override execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return Promise.resolve(call(toCallContext(context)));
  }
}

class DropsContext extends Transparent {
  override async execute<T>(call: ProtectedCall<T>): Promise<T> {
    return super.execute(call);
  }
}

class RequiresContext extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return call(context as CallContext);
  }
}

class LeavesTimers extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    this.clock.schedule(1_000_000_000, () => {});
    return super.execute(call, context);
  }
}

class LeavesListeners extends Transparent {
  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    context?.signal?.addEventListener('abort', () => {});
    return super.execute(call, context);
  }
}

/** Releases a permit only after a call that was not aborted. */
class LosesPermits extends Transparent {
  #permits = 10;

  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    if (this.#permits === 0) throw new Error('full');
    this.#permits--;
    const result = super.execute(call, context);
    await result.catch(() => {});
    if (!context?.signal?.aborted) this.#permits++;
    return result;
  }
}

/** Makes one call after another, so that a nested call never starts. */
class OneAtATime extends Transparent {
  #previous: Promise<unknown> = Promise.resolve();

  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const result = this.#previous.then(() => super.execute(call, context));
    this.#previous = result.catch(() => {});
    return result;
  }
}

class SharesResults extends Transparent {
  #inFlight: Promise<unknown> | undefined;

  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    this.#inFlight ??= super.execute(call, context).finally(() => (this.#inFlight = undefined));
    return this.#inFlight as Promise<T>;
  }
}

class LosesThis extends Transparent {
  override decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.execute(() => call(...args));
  }
}

describe('policyContract', () => {
  const violated = async (makePolicy: MakePolicy): Promise<string[]> => {
    const titles: string[] = [];
    for (const { title, run } of policyContract) await run(makePolicy).catch(() => titles.push(title));
    return titles;
  };

  it('is met by a policy that passes calls through', async () => {
    await expect(violated((environment) => new Transparent(environment))).resolves.toStrictEqual([]);
  });

  it.each([
    ['has no name', Nameless, 'has a name'],
    ['turns undefined into null', LosesUndefined, 'returns any value that the call returns'],
    ['calls twice', CallsTwice, 'makes a successful call once'],
    ['wraps synchronous errors', WrapsErrors, 'throws the very error that the call throws synchronously'],
    ['wraps asynchronous errors', WrapsErrors, 'throws the very error that the call throws asynchronously'],
    ['wraps values that are not Errors', WrapsErrors, 'throws a value that is not an Error unchanged'],
    ['throws synchronously', ThrowsSynchronously, 'returns a promise when the call throws synchronously'],
    [
      'requires a context',
      RequiresContext,
      'passes a signal that is not aborted and attempt 1 without a context of the caller',
    ],
    ['drops the attempt', DropsContext, 'passes the attempt of the caller to the call'],
    ['drops the deadline', DropsContext, 'passes the deadline of the caller, or an earlier one, to the call'],
    ['drops the signal', DropsContext, 'passes an abort by the caller to the call, with its reason'],
    [
      'wraps the abort',
      WrapsErrors,
      'throws the reason of an abort by the caller or its reason, and leaves no timer and no listener',
    ],
    [
      'leaves a listener after an abort',
      LeavesListeners,
      'throws an AbortError after an abort by the caller or its reason, and leaves no timer and no listener',
    ],
    ['keeps the permits of aborted calls', LosesPermits, 'returns the permits of aborted calls'],
    ['wraps an abort before the call', WrapsErrors, 'throws the reason of an abort before the call'],
    [
      'makes the call of an aborted caller',
      MakesAbortedCalls,
      'does not make the call of a caller that has already aborted',
    ],
    ['leaves timers', LeavesTimers, 'leaves no timer and no listener of a call that has ended'],
    ['leaves listeners', LeavesListeners, 'leaves no timer and no listener of a call that has ended'],
    ['makes one call at a time', OneAtATime, 'permits a call to make another call under the same policy'],
    ['shares results', SharesResults, 'returns to each of several concurrent calls its own result'],
    ['loses names', LosesThis, 'decorates a function without changing its name and its number of parameters'],
    ['loses this', LosesThis, 'decorates a function without changing this, its arguments or its error'],
  ])('is violated by a policy that %s', async (_what, Violating, title) => {
    await expect(violated((environment) => new Violating(environment))).resolves.toContain(title);
  });

  it('omits the clauses of known differences, and rejects unknown titles', () => {
    expect(policyContractExcept({ 'has a name': 'It has none.' })).toHaveLength(policyContract.length - 1);
    expect(() => policyContractExcept({ 'has a nose': 'It has none.' })).toThrow(RangeError);
  });
});
