import { describe, expect, it } from 'vitest';
import { Bulkhead } from '../core/bulkhead/bulkhead.ts';
import { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { Hedge } from '../core/hedge/hedge.ts';
import { Pipeline, pipeline } from '../core/pipeline.ts';
import { type CallContext, type ProtectedCall, toCallContext } from '../core/policy.ts';
import { RateLimiter } from '../core/rate-limiter/rate-limiter.ts';
import { Retry } from '../core/retry/retry.ts';
import { TimeLimiter } from '../core/time-limiter/time-limiter.ts';
import type { FakeClock } from './fake-clock.ts';
import { type MakePolicy, policyContract, policyContractExcept } from './policy-contract.ts';

const numbersAttempts = { 'hands the caller’s attempt to the call': 'A retry numbers the attempts, from 1.' };

const policies: readonly [string, MakePolicy, Record<string, string>?][] = [
  ['A circuit breaker', ({ clock }) => new CircuitBreaker('customer', {}, { clock })],
  [
    'A circuit breaker on trial',
    ({ clock }) => new CircuitBreaker('customer', { initialState: 'HALF_OPEN' }, { clock }),
  ],
  ['A bulkhead', ({ clock }) => new Bulkhead('customer', { maxConcurrentCalls: 3 }, { clock })],
  ['A rate limiter', ({ clock }) => new RateLimiter('customer', {}, { clock })],
  ['A time limiter', ({ clock }) => new TimeLimiter('customer', {}, { clock })],
  ['A retry', ({ clock }) => new Retry('customer', {}, { clock }), numbersAttempts],
  ['A hedge', ({ clock }) => new Hedge('customer', {}, { clock })],
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

describe.each(policies)('%s keeps the contract of every policy:', (_name, makePolicy, differences = {}) => {
  it.each(policyContractExcept(differences))('$title', async ({ run }) => {
    await expect(run(makePolicy)).resolves.toBeUndefined();
  });
});

/** A policy that keeps the contract, for the broken ones below to break. */
class Transparent {
  readonly name: string = 'customer';
  readonly clock: FakeClock;

  constructor({ clock }: { readonly clock: FakeClock }) {
    this.clock = clock;
  }

  async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return call(toCallContext(context));
  }

  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    const execute = (run: ProtectedCall<T>) => this.execute(run);
    return function (this: unknown, ...args: A) {
      return execute(() => call.apply(this, args));
    };
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

class ThrowsAtOnce extends Transparent {
  override execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    return Promise.resolve(call(toCallContext(context)));
  }
}

class DropsContext extends Transparent {
  override async execute<T>(call: ProtectedCall<T>): Promise<T> {
    return super.execute(call);
  }
}

class DemandsContext extends Transparent {
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

/** Gives a place back only after a call that was not aborted. */
class LosesPlaces extends Transparent {
  #places = 10;

  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    if (this.#places === 0) throw new Error('full');
    this.#places--;
    const result = super.execute(call, context);
    await result.catch(() => {});
    if (!context?.signal?.aborted) this.#places++;
    return result;
  }
}

/** Makes one call after another, so that a call inside another waits for ever. */
class OneAtATime extends Transparent {
  #previous: Promise<unknown> = Promise.resolve();

  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    const result = this.#previous.then(() => super.execute(call, context));
    this.#previous = result.catch(() => {});
    return result;
  }
}

class SharesAnswers extends Transparent {
  #underWay: Promise<unknown> | undefined;

  override async execute<T>(call: ProtectedCall<T>, context?: Partial<CallContext>): Promise<T> {
    this.#underWay ??= super.execute(call, context).finally(() => (this.#underWay = undefined));
    return this.#underWay as Promise<T>;
  }
}

class LosesThis extends Transparent {
  override decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T> {
    return (...args) => this.execute(() => call(...args));
  }
}

describe('The contract', () => {
  const broken = async (makePolicy: MakePolicy): Promise<string[]> => {
    const titles: string[] = [];
    for (const { title, run } of policyContract) await run(makePolicy).catch(() => titles.push(title));
    return titles;
  };

  it('is kept by a policy that does nothing', async () => {
    await expect(broken((environment) => new Transparent(environment))).resolves.toStrictEqual([]);
  });

  it.each([
    ['has no name', Nameless, 'has a name'],
    ['makes null of undefined', LosesUndefined, 'returns what the call returns, whatever it is'],
    ['calls twice', CallsTwice, 'makes a call that ends well once'],
    ['wraps errors that come at once', WrapsErrors, 'throws the very error that the call throws at once'],
    ['wraps errors that come later', WrapsErrors, 'throws the very error that the call throws later'],
    ['wraps what is no error', WrapsErrors, 'throws what is no Error as it is'],
    ['throws at once', ThrowsAtOnce, 'returns a promise even when the call throws at once'],
    [
      'needs a context',
      DemandsContext,
      'gives a call without a caller’s context a signal that is not aborted, and attempt 1',
    ],
    ['drops the attempt', DropsContext, 'hands the caller’s attempt to the call'],
    ['drops the deadline', DropsContext, 'hands the caller’s deadline to the call, or an earlier one'],
    ['drops the signal', DropsContext, 'hands the caller’s abort to the call, with its reason'],
    [
      'wraps the abort',
      WrapsErrors,
      'throws the reason of the caller’s abort or its reason, and keeps no timer and no listener',
    ],
    [
      'leaves a listener behind an abort',
      LeavesListeners,
      'throws an AbortError made from the caller’s abort or its reason, and keeps no timer and no listener',
    ],
    ['keeps what an aborted call took', LosesPlaces, 'gives back what aborted calls took'],
    ['wraps an abort before the call', WrapsErrors, 'throws the reason of a caller who has given up before the call'],
    ['leaves timers', LeavesTimers, 'keeps no timer and no listener of a call that has ended, well or not'],
    ['leaves listeners', LeavesListeners, 'keeps no timer and no listener of a call that has ended, well or not'],
    ['waits for itself', OneAtATime, 'lets a call make another call under the same policy'],
    ['shares answers', SharesAnswers, 'gives each of several calls at once its own answer'],
    ['loses this', LosesThis, 'decorates a function that keeps this, its arguments and its error'],
  ])('is broken by a policy that %s', async (_what, Broken, title) => {
    await expect(broken((environment) => new Broken(environment))).resolves.toContain(title);
  });

  it('leaves out what is said to differ, and nothing that it does not say', () => {
    expect(policyContractExcept({ 'has a name': 'It has none.' })).toHaveLength(policyContract.length - 1);
    expect(() => policyContractExcept({ 'has a nose': 'It has none.' })).toThrow(RangeError);
  });
});
