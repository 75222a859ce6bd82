import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { Deadline } from '../core/deadline.ts';
import type { CallContext, Policy, ProtectedCall } from '../core/policy.ts';
import { withResolvers } from '../core/with-resolvers.ts';
import { FakeClock } from './fake-clock.ts';

/** A policy with `decorate`, as applications use it. */
export interface PolicyUnderContract extends Policy {
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T>;
}

/**
 * Creates a policy that permits calls: closed, not full, with all its permits. It permits at least 3 concurrent calls,
 * and a call may wait for up to an hour on the given clock.
 */
export type MakePolicy = (environment: { readonly clock: FakeClock }) => PolicyUnderContract;

/** One requirement for every policy. */
export interface PolicyContractClause {
  /** The requirement as a sentence without its subject. `policyContractExcept` identifies the clause by it. */
  readonly title: string;
  /** Resolves when the policy meets the requirement. @throws AssertionError when it does not */
  readonly run: (makePolicy: MakePolicy) => Promise<void>;
}

interface Scene {
  readonly policy: PolicyUnderContract;
  readonly clock: FakeClock;
  /** Executes a call under the policy, which may wait on the clock. */
  readonly run: <T>(call: ProtectedCall<T>, context?: Partial<CallContext>) => Promise<T>;
}

/**
 * The requirements for every policy. They need no test framework:
 *
 * @example
 * describe('CircuitBreaker meets the contract of every policy:', () => {
 *   it.each(policyContract)('$title', async ({ run }) => {
 *     await expect(run(({ clock }) => new CircuitBreaker('customer', {}, { clock }))).resolves.toBeUndefined();
 *   });
 * });
 */
export const policyContract: readonly PolicyContractClause[] = [
  clause('has a name', async ({ policy }) => {
    assert.equal(typeof policy.name, 'string');
    assert.notEqual(policy.name, '');
  }),

  clause('returns any value that the call returns', async (scene) => {
    for (const value of ['answer', 0, false, null, undefined, Number.NaN, { an: 'object' }, new Error('as a value')]) {
      const [immediate, delayed] = [await scene.run(() => value), await scene.run(async () => value)];
      assert.ok(Object.is(immediate, value));
      assert.ok(Object.is(delayed, value));
    }
  }),

  clause('makes a successful call once', async (scene) => {
    let calls = 0;

    await scene.run(() => ++calls);

    assert.equal(calls, 1);
  }),

  ...['synchronously', 'asynchronously'].map((when) =>
    clause(`throws the very error that the call throws ${when}`, async (scene) => {
      for (const error of [new Error('outage'), new TypeError('outage')]) {
        const call = when === 'asynchronously' ? () => Promise.reject(error) : thrower(error);
        assert.equal(await failureOf(scene.run(call)), error);
      }
    }),
  ),

  clause('throws a value that is not an Error unchanged', async (scene) => {
    const call = thrower('a text');

    assert.equal(await failureOf(scene.run(call)), 'a text');
  }),

  clause('returns a promise when the call throws synchronously', async (scene) => {
    const promise: unknown = scene.policy.execute(thrower(new Error('outage')));

    assert.ok(promise instanceof Promise);
    await ended(scene.clock, failureOf(promise));
  }),

  clause('passes a signal that is not aborted and attempt 1 without a context of the caller', async (scene) => {
    const seen = await scene.run(({ signal, attempt }) => [signal.aborted, attempt]);

    assert.deepEqual(seen, [false, 1]);
  }),

  clause('passes the attempt of the caller to the call', async (scene) => {
    const attempt = await scene.run((context) => context.attempt, { attempt: 7 });

    assert.equal(attempt, 7);
  }),

  clause('passes the deadline of the caller, or an earlier one, to the call', async (scene) => {
    const deadline = Deadline.after('1d', scene.clock);

    const seen = await scene.run((context) => context.deadline, { deadline });

    assert.ok(seen !== undefined && seen.endsAt <= deadline.endsAt);
  }),

  clause('passes an abort by the caller to the call, with its reason', async (scene) => {
    const controller = new AbortController();
    const reason = new Error('the client disconnected');
    let seen: unknown;

    const result = scene.policy.execute(
      ({ signal }) => {
        controller.abort(reason);
        seen = signal.reason;
      },
      { signal: controller.signal },
    );
    // A policy may or may not return the result of a call that succeeds in spite of the abort.
    await ended(scene.clock, Promise.allSettled([result]));

    assert.equal(seen, reason);
  }),

  ...(
    [
      ['the reason of an abort by the caller', (reason: unknown) => reason],
      ['an AbortError after an abort by the caller', () => new DOMException('aborted', 'AbortError')],
    ] as const
  ).map(([what, errorOf]) =>
    clause(`throws ${what} or its reason, and leaves no timer and no listener`, async (scene) => {
      for (let call = 0; call < 30; call++) {
        const controller = new AbortController();
        const reason = new Error('the client disconnected');
        const { promise, reject } = withResolvers<never>();
        // A policy that refuses the call does not use it.
        promise.catch(() => {});
        const thrown = failureOf(scene.policy.execute(() => promise, { signal: controller.signal }));
        await turns();

        const error = errorOf(reason);
        controller.abort(reason);
        reject(error);
        await turns();

        assert.ok([error, reason].includes(await thrown));
        assertAtRest(scene, controller.signal);
      }
    }),
  ),

  clause('returns the permits of aborted calls', async (scene) => {
    for (let call = 0; call < 300; call++) {
      const controller = new AbortController();
      const result = failureOf(scene.policy.execute(untilAborted, { signal: controller.signal }));
      await turns();
      controller.abort(new Error('the client disconnected'));
      await ended(scene.clock, result);
    }

    const result = await scene.run(() => 'answer');
    assert.equal(result, 'answer');
  }),

  clause('throws the reason of an abort before the call', async (scene) => {
    const reason = new Error('the client disconnected');
    const signal = AbortSignal.abort(reason);

    const thrown = await failureOf(scene.run(untilAborted, { signal }));

    assert.equal(thrown, reason);
    assertAtRest(scene, signal);
  }),

  clause('does not make the call of a caller that has already aborted', async (scene) => {
    let calls = 0;
    const controller = new AbortController();
    controller.abort(new Error('the client disconnected'));

    await failureOf(scene.run(() => ++calls, { signal: controller.signal }));

    assert.equal(calls, 0);
  }),

  clause('leaves no timer and no listener of a call that has ended', async (scene) => {
    const { signal } = new AbortController();

    await scene.run(() => 'answer', { signal });
    assertAtRest(scene, signal);
    await failureOf(scene.run(thrower(new Error('outage')), { signal }));

    assertAtRest(scene, signal);
  }),

  clause('permits a call to make another call under the same policy', async (scene) => {
    const result = scene.policy.execute(
      async (context) => `outer ${await scene.policy.execute(() => 'inner', context)}`,
    );

    assert.equal(await ended(scene.clock, result), 'outer inner');
  }),

  clause('returns to each of several concurrent calls its own result', async (scene) => {
    const calls = [0, 1, 2].map(() => withResolvers<string>());

    const results = Promise.all(calls.map(({ promise }) => scene.policy.execute(() => promise)));
    await turns();
    for (const [at, call] of [...calls.entries()].toReversed()) call.resolve(`answer ${at}`);

    assert.deepEqual(await ended(scene.clock, results), ['answer 0', 'answer 1', 'answer 2']);
  }),

  clause('decorates a function without changing this, its arguments or its error', async (scene) => {
    const outage = new Error('outage');
    const service = {
      prefix: 'customer',
      find: scene.policy.decorate(function (this: { prefix: string }, id: number, suffix: string) {
        if (id < 0) throw outage;
        return `${this.prefix}-${id}${suffix}`;
      }),
    };

    assert.equal(await ended(scene.clock, service.find(7, '!')), 'customer-7!');
    assert.equal(await ended(scene.clock, service.find(8, '?')), 'customer-8?');
    assert.equal(await ended(scene.clock, failureOf(service.find(-1, ''))), outage);
  }),

  clause('decorates a function without changing its name and its number of parameters', async ({ policy }) => {
    // Express counts parameters, and stack traces and dependency injection show names.
    const decorated = policy.decorate(function findCustomer(_id: number, _suffix: string) {});

    assert.deepEqual([decorated.name, decorated.length], ['findCustomer', 2]);
  }),

  clause('refuses to decorate a generator, whose values would be produced without protection', async ({ policy }) => {
    assert.throws(() => policy.decorate(function* rows() {}), /cannot protect the generator rows/);
    assert.throws(() => policy.decorate(async function* rows() {}), /cannot protect the generator rows/);
  }),
];

/**
 * The contract without some clauses, for a policy that differs on purpose.
 *
 * @param differences the reason for each difference, by the title of its clause
 * @throws RangeError when no clause has the title
 */
export function policyContractExcept(differences: Readonly<Record<string, string>>): readonly PolicyContractClause[] {
  const titles = new Set(policyContract.map(({ title }) => title));
  const unknown = Object.keys(differences).find((title) => !titles.has(title));
  if (unknown !== undefined) throw new RangeError(`The contract has no clause '${unknown}'.`);
  return policyContract.filter(({ title }) => !Object.hasOwn(differences, title));
}

function clause(title: string, play: (scene: Scene) => Promise<void>): PolicyContractClause {
  const run = async (makePolicy: MakePolicy): Promise<void> => {
    const clock = new FakeClock();
    const policy = makePolicy({ clock });
    await play({ policy, clock, run: (call, context) => ended(clock, policy.execute(call, context)) });
  };
  return { title, run };
}

function thrower(error: unknown): ProtectedCall<never> {
  return () => {
    throw error;
  };
}

const untilAborted: ProtectedCall<never> = ({ signal }) =>
  new Promise((_resolve, reject) => {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason is passed on
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });

/** The error of a rejected promise. @throws AssertionError when it fulfils */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  assert.fail(`It returned ${String(outcome.value)} instead of throwing.`);
}

/** Runs pending reactions of promises. The clock stands still. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** The result of a call, for which a policy may wait on the clock. */
async function ended<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  const state = { isPending: true };
  const settled = promise.finally(() => (state.isPending = false));
  settled.catch(() => {});
  await turns();
  for (let seconds = 0; state.isPending && seconds < 3_600; seconds++) {
    clock.advance(1_000);
    await turns();
  }
  assert.ok(!state.isPending, 'The call has not ended within an hour.');
  return settled;
}

function assertAtRest({ clock }: Scene, signal: AbortSignal): void {
  assert.equal(clock.pendingTimers, 0, 'A timer is pending.');
  assert.equal(getEventListeners(signal, 'abort').length, 0, 'A listener is left on the signal of the caller.');
}
