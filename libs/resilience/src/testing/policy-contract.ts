import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { Deadline } from '../core/deadline.ts';
import type { Policy, ProtectedCall } from '../core/policy.ts';
import { FakeClock } from './fake-clock.ts';

/** A policy as applications use it. */
export interface PolicyUnderContract extends Policy {
  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T>;
}

/**
 * Makes a policy that admits calls: closed, not full, with all its permits. It may wait before it answers, on the clock
 * that it is given, but must not take longer than an hour nor need more than 3 calls to be let through at once.
 */
export type MakePolicy = (environment: { readonly clock: FakeClock }) => PolicyUnderContract;

/** One thing that every policy must do. */
export interface PolicyContractClause {
  /** A plain sentence; it also names the clause in `policyContractExcept`. */
  readonly title: string;
  /** Resolves when the policy keeps the clause. @throws AssertionError when it does not */
  readonly run: (makePolicy: MakePolicy) => Promise<void>;
}

interface Scene {
  readonly policy: PolicyUnderContract;
  readonly clock: FakeClock;
}

/**
 * The contract of every Policy. It knows no test framework:
 *
 * @example
 * describe('CircuitBreaker keeps the contract of every policy:', () => {
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

  clause('returns what the call returns, whatever it is', async (scene) => {
    for (const value of ['answer', 0, false, null, undefined, Number.NaN, { an: 'object' }, new Error('as a value')]) {
      assert.ok(
        Object.is(
          await ended(
            scene,
            scene.policy.execute(() => value),
          ),
          value,
        ),
      );
      assert.ok(
        Object.is(
          await ended(
            scene,
            scene.policy.execute(async () => value),
          ),
          value,
        ),
      );
    }
  }),

  clause('makes a call that ends well once', async (scene) => {
    let calls = 0;

    await ended(
      scene,
      scene.policy.execute(() => ++calls),
    );

    assert.equal(calls, 1);
  }),

  ...['at once', 'later'].map((when) =>
    clause(`throws the very error that the call throws ${when}`, async (scene) => {
      for (const error of [new Error('outage'), new TypeError('outage')]) {
        const call = when === 'later' ? () => Promise.reject(error) : thrower(error);
        assert.equal(await ended(scene, failure(scene.policy.execute(call))), error);
      }
    }),
  ),

  clause('throws what is no Error as it is', async (scene) => {
    const call = thrower('a text');

    assert.equal(await ended(scene, failure(scene.policy.execute(call))), 'a text');
  }),

  clause('returns a promise even when the call throws at once', async (scene) => {
    const promise: unknown = scene.policy.execute(thrower(new Error('outage')));

    assert.ok(promise instanceof Promise);
    await ended(scene, failure(promise));
  }),

  clause('gives a call without a caller’s context a signal that is not aborted, and attempt 1', async (scene) => {
    const seen = await ended(
      scene,
      scene.policy.execute(({ signal, attempt }) => [signal.aborted, attempt]),
    );

    assert.deepEqual(seen, [false, 1]);
  }),

  clause('hands the caller’s attempt to the call', async (scene) => {
    const attempt = await ended(
      scene,
      scene.policy.execute((context) => context.attempt, { attempt: 7 }),
    );

    assert.equal(attempt, 7);
  }),

  clause('hands the caller’s deadline to the call, or an earlier one', async (scene) => {
    const deadline = Deadline.after('1d', scene.clock);

    const seen = await ended(
      scene,
      scene.policy.execute((context) => context.deadline, { deadline }),
    );

    assert.ok(seen !== undefined && seen.endsAt <= deadline.endsAt);
  }),

  clause('hands the caller’s abort to the call, with its reason', async (scene) => {
    const controller = new AbortController();
    const reason = new Error('the client has gone');
    let seen: unknown;

    const result = scene.policy.execute(
      ({ signal }) => {
        controller.abort(reason);
        seen = signal.reason;
      },
      { signal: controller.signal },
    );
    // Whether a call that ends well in spite of the abort is answered or not is for the policy to say.
    await ended(scene, Promise.allSettled([result]));

    assert.equal(seen, reason);
  }),

  ...(
    [
      ['the reason of the caller’s abort', (reason: unknown) => reason],
      ['an AbortError made from the caller’s abort', () => new DOMException('aborted', 'AbortError')],
    ] as const
  ).map(([what, errorOf]) =>
    clause(`throws ${what} or its reason, and keeps no timer and no listener`, async (scene) => {
      for (let call = 0; call < 30; call++) {
        const controller = new AbortController();
        const reason = new Error('the client has gone');
        const { promise, reject } = Promise.withResolvers<never>();
        // A policy that refuses never looks at it.
        promise.catch(() => {});
        const thrown = failure(scene.policy.execute(() => promise, { signal: controller.signal }));
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

  clause('gives back what aborted calls took', async (scene) => {
    for (let call = 0; call < 300; call++) {
      const controller = new AbortController();
      const result = failure(scene.policy.execute(untilAborted, { signal: controller.signal }));
      await turns();
      controller.abort(new Error('the client has gone'));
      await ended(scene, result);
    }

    assert.equal(
      await ended(
        scene,
        scene.policy.execute(() => 'answer'),
      ),
      'answer',
    );
  }),

  clause('throws the reason of a caller who has given up before the call', async (scene) => {
    const reason = new Error('the client has gone');
    const signal = AbortSignal.abort(reason);

    const thrown = await ended(scene, failure(scene.policy.execute(untilAborted, { signal })));

    assert.equal(thrown, reason);
    assertAtRest(scene, signal);
  }),

  clause('keeps no timer and no listener of a call that has ended, well or not', async (scene) => {
    const { signal } = new AbortController();

    await ended(
      scene,
      scene.policy.execute(() => 'answer', { signal }),
    );
    assertAtRest(scene, signal);
    await ended(scene, failure(scene.policy.execute(thrower(new Error('outage')), { signal })));

    assertAtRest(scene, signal);
  }),

  clause('lets a call make another call under the same policy', async (scene) => {
    const result = scene.policy.execute(
      async (context) => `outer ${await scene.policy.execute(() => 'inner', context)}`,
    );

    assert.equal(await ended(scene, result), 'outer inner');
  }),

  clause('gives each of several calls at once its own answer', async (scene) => {
    const calls = [0, 1, 2].map(() => Promise.withResolvers<string>());

    const results = Promise.all(calls.map(({ promise }) => scene.policy.execute(() => promise)));
    await turns();
    for (const [at, call] of [...calls.entries()].toReversed()) call.resolve(`answer ${at}`);

    assert.deepEqual(await ended(scene, results), ['answer 0', 'answer 1', 'answer 2']);
  }),

  clause('decorates a function that keeps this, its arguments and its error', async (scene) => {
    const outage = new Error('outage');
    const service = {
      prefix: 'customer',
      find: scene.policy.decorate(function (this: { prefix: string }, id: number, suffix: string) {
        if (id < 0) throw outage;
        return `${this.prefix}-${id}${suffix}`;
      }),
    };

    assert.equal(await ended(scene, service.find(7, '!')), 'customer-7!');
    assert.equal(await ended(scene, service.find(8, '?')), 'customer-8?');
    assert.equal(await ended(scene, failure(service.find(-1, ''))), outage);
  }),
];

/**
 * The contract without some clauses, for a policy whose nature it is to differ.
 *
 * @param differences the reason for each, by the clause's title
 * @throws RangeError when there is no clause of that title
 */
export function policyContractExcept(differences: Readonly<Record<string, string>>): readonly PolicyContractClause[] {
  const titles = new Set(policyContract.map(({ title }) => title));
  const unknown = Object.keys(differences).find((title) => !titles.has(title));
  if (unknown !== undefined) throw new RangeError(`The contract has no clause that says '${unknown}'.`);
  return policyContract.filter(({ title }) => !Object.hasOwn(differences, title));
}

function clause(title: string, play: (scene: Scene) => Promise<void>): PolicyContractClause {
  const run = async (makePolicy: MakePolicy): Promise<void> => {
    const clock = new FakeClock();
    await play({ policy: makePolicy({ clock }), clock });
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
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- the caller's reason, whatever it is
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });

/** What a promise is rejected with. @throws AssertionError when it is not */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  assert.fail(`It returned ${String(outcome.value)} instead of throwing.`);
}

/** Lets promises take their turns. The clock stands still meanwhile. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

/** The end of a call, for which a policy may wait on the clock. */
async function ended<T>({ clock }: Scene, promise: Promise<T>): Promise<T> {
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
  assert.equal(clock.pendingTimers, 0, 'A timer is left behind.');
  assert.equal(getEventListeners(signal, 'abort').length, 0, 'A listener is left on the caller’s signal.');
}
