import assert from 'node:assert/strict';
import type { AnyCircuitBreaker } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import {
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
} from '../core/circuit-breaker/circuit-breaker.errors.ts';
import type { AnyCircuitBreakerEvent } from '../core/circuit-breaker/circuit-breaker.events.ts';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { InvalidOptionsError, RejectedError } from '../core/errors.ts';
import { withResolvers } from '../core/with-resolvers.ts';
import type { FakeClock } from './fake-clock.ts';
import { failureOf } from './policy-contract.ts';

/** The environment of a circuit breaker under test. Each clause gets a new one. */
export interface CircuitBreakerScene {
  /** Creates the circuit breaker `customer` on the engine, with the clock of the scene. Disposed after the clause. */
  readonly make: (options?: CircuitBreakerOptions) => AnyCircuitBreaker;
  /** The clock of the circuit breaker. It starts at a whole second. */
  readonly clock: FakeClock;
  /** Advances the clock, and the timers of an engine that uses real time. */
  readonly advance: (durationMs: number) => void;
  /** The number of pending timers of any kind. */
  readonly pendingTimers: () => number;
}

/** One requirement for a circuit breaker on any engine. */
export interface CircuitBreakerContractClause {
  /** The requirement as a sentence without its subject. */
  readonly title: string;
  /** Resolves when the circuit breaker meets the requirement. @throws AssertionError when it does not */
  readonly run: (scene: CircuitBreakerScene) => Promise<void>;
}

/**
 * Options that every engine supports: a window of 10 s, at least 4 calls, a wait of 5 s, one trial call, buffered
 * events.
 */
export const common: CircuitBreakerOptions = {
  slidingWindowType: 'TIME_BASED',
  slidingWindowSize: 10,
  minimumNumberOfCalls: 4,
  failureRateThreshold: 50,
  waitDurationInOpenState: '5s',
  permittedNumberOfCallsInHalfOpenState: 1,
  automaticTransitionFromOpenToHalfOpenEnabled: true,
  eventConsumerBufferSize: 100,
};

export const outage = new Error('outage');

export class NotFoundError extends Error {}

class FullError extends RejectedError {
  readonly code = 'FULL';
  readonly retryAfterMs = undefined;
}

/**
 * What decorators, registry, meters, health and actuator require of a circuit breaker on any engine. Like
 * `policyContract`, which every engine must meet too, it needs no test framework.
 */
export const circuitBreakerContract: readonly CircuitBreakerContractClause[] = [
  clause('returns what calls return and throws what they throw', async (breaker) => {
    for (const value of ['answer', undefined, null, 0]) {
      assert.equal(await breaker.execute(() => value), value);
      assert.equal(await breaker.execute(async () => value), value);
    }
    assert.equal(
      await failureOf(
        breaker.execute(() => {
          throw outage;
        }),
      ),
      outage,
    );
    assert.equal(await failureOf(breaker.execute(() => Promise.reject(outage))), outage);
    assert.equal(breaker.metrics.failedCalls, 2);
    assert.equal(breaker.metrics.successfulCalls, 8);
  }),

  clause('opens when the failure rate reaches the threshold', async (breaker) => {
    await succeed(breaker, 2);
    await fail(breaker, 1);
    assert.equal(breaker.state, 'CLOSED');

    await fail(breaker, 1);

    assert.equal(breaker.state, 'OPEN');
  }),

  clause('stays closed below the threshold', async (breaker) => {
    await succeed(breaker, 11);
    await fail(breaker, 10);

    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('stays closed below the minimum number of calls', async (breaker) => {
    await fail(breaker, 3);

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failureRate, -1);
  }),

  clauseWith({ failureRateThreshold: 100 }, 'opens at a threshold of 100 %', async (breaker) => {
    await fail(breaker, 4);

    assert.equal(breaker.state, 'OPEN');
  }),

  clause('refuses calls in OPEN with the remaining wait', async (breaker, { advance }) => {
    await fail(breaker, 4);
    advance(1_500);
    let calls = 0;

    const error = await failureOf(breaker.execute(() => ++calls));

    assert.ok(error instanceof CallNotPermittedError);
    assert.equal(error.circuitBreakerName, 'customer');
    assert.equal(error.state, 'OPEN');
    assert.equal(error.retryAfterMs, 3_500);
    assert.equal(breaker.remainingMs, 3_500);
    assert.equal(breaker.admissionPercentage, 0);
    assert.equal(calls, 0);
  }),

  clause('reports the state in which it refused a call, even if it is left immediately', async (breaker) => {
    breaker.transitionToOpenState();

    const refused = failureOf(breaker.execute(() => 'refused'));
    breaker.reset();

    const error = await refused;
    assert.ok(error instanceof CallNotPermittedError);
    assert.equal(error.state, 'OPEN');
    assert.equal(error.retryAfterMs, 5_000);
  }),

  clause('lets a fallback tell a refusal apart from an error of the call', async (breaker) => {
    const call = (work: () => string) =>
      breaker.execute(work).catch((error: unknown) => (error instanceof CallNotPermittedError ? 'refused' : 'failed'));
    const nested = new CallNotPermittedError('ledger', 'OPEN', 1);

    assert.equal(await call(() => 'answer'), 'answer');
    assert.equal(await failureOf(breaker.execute(() => Promise.reject(nested))), nested);
    breaker.transitionToOpenState();
    assert.equal(await call(() => 'answer'), 'refused');
  }),

  clause('permits one trial call after the wait, and no second one', async (breaker, { advance }) => {
    await fail(breaker, 4);
    advance(4_999);
    assert.equal(breaker.state, 'OPEN');
    advance(1);
    assert.equal(breaker.state, 'HALF_OPEN');
    const trial = withResolvers<string>();
    const answer = breaker.execute(() => trial.promise);

    const error = await failureOf(breaker.execute(() => 'second'));

    assert.ok(error instanceof CallNotPermittedError);
    assert.equal(error.state, 'HALF_OPEN');
    assert.equal(breaker.state, 'HALF_OPEN');
    trial.resolve('answer');
    assert.equal(await answer, 'answer');
    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.admissionPercentage, 100);
  }),

  clause('opens again for another wait when the trial call fails', async (breaker, { advance }) => {
    await fail(breaker, 4);
    advance(5_000);

    await fail(breaker, 1);

    assert.equal(breaker.state, 'OPEN');
    assert.deepEqual(types(breaker).slice(-3), ['STATE_TRANSITION', 'ERROR', 'STATE_TRANSITION']);
    assert.equal(breaker.remainingMs, 5_000);
    advance(5_000);
    assert.equal(breaker.state, 'HALF_OPEN');
    await succeed(breaker, 1);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('drops calls that are older than the window', async (breaker, { advance }) => {
    await fail(breaker, 3);
    advance(11_000);

    await fail(breaker, 1);

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 1);
  }),

  clauseWith({ ignoreExceptions: [NotFoundError] }, 'does not count an ignored error as a failure', async (breaker) => {
    await fail(breaker, 10, new NotFoundError());

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 0);
    assert.deepEqual(
      types(breaker),
      Array.from({ length: 10 }, () => 'IGNORED_ERROR'),
    );
  }),

  clauseWith({ recordExceptions: [TypeError] }, 'counts only recorded errors as failures', async (breaker) => {
    await fail(breaker, 1);
    await fail(breaker, 1, new TypeError());

    assert.equal(breaker.metrics.failedCalls, 1);
    assert.equal(breaker.metrics.successfulCalls, 1);
    assert.deepEqual(types(breaker), ['SUCCESS', 'ERROR']);
  }),

  clauseWith(
    { recordResult: (result) => result === 503 },
    'counts a value as a failure by recordResult and returns it',
    async (breaker) => {
      for (let call = 0; call < 4; call++) assert.equal(await breaker.execute(() => 503), 503);

      assert.equal(breaker.state, 'OPEN');
      const [event] = breaker.bufferedEvents();
      assert.ok(event?.type === 'ERROR' && event.error instanceof ResultRecordedAsFailureError);
      assert.equal(event.error.result, 503);
    },
  ),

  clause('does not count the refusal of another policy as a failure', async (breaker) => {
    await fail(breaker, 10, new FullError('full'));

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 0);
  }),

  clause('does not count an abort by the caller as a failure', async (breaker) => {
    for (let call = 0; call < 10; call++) assert.equal(await failureOf(executeAborted(breaker)), outage);

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 0);
    assert.equal(types(breaker)[0], 'IGNORED_ERROR');
  }),

  clauseWith(
    {
      recordResult: () => {
        throw outage;
      },
    },
    'returns the value of a call for which a predicate throws, counts it as a success, and keeps working',
    async (breaker, { advance }) => {
      assert.equal(await breaker.execute(() => 'answer'), 'answer');
      assert.equal(breaker.metrics.failedCalls, 0);
      assert.equal(breaker.metrics.successfulCalls, 1);
      await open(breaker);
      advance(5_000);

      assert.equal(await breaker.execute(() => 'answer'), 'answer');

      await fail(breaker, 1);
    },
  ),

  clause('emits its events in order', async (breaker, { advance, clock }) => {
    const events: AnyCircuitBreakerEvent[] = [];
    breaker.onEvent((event) => events.push(event));
    const startedAt = clock.now();

    await succeed(breaker, 1);
    await fail(breaker, 3);
    await failureOf(breaker.execute(() => 'refused'));
    advance(5_000);
    await succeed(breaker, 1);

    assert.deepEqual(
      events.map((event) => (event.type === 'STATE_TRANSITION' ? `${event.fromState} → ${event.toState}` : event.type)),
      [
        'SUCCESS',
        'ERROR',
        'ERROR',
        'ERROR',
        'FAILURE_RATE_EXCEEDED',
        'CLOSED → OPEN',
        'NOT_PERMITTED',
        'OPEN → HALF_OPEN',
        'SUCCESS',
        'HALF_OPEN → CLOSED',
      ],
    );
    assert.deepEqual(breaker.bufferedEvents(), events);
    assert.ok(events.every(({ circuitBreakerName }) => circuitBreakerName === 'customer'));
    assert.deepEqual(
      events.map(({ creationTime }) => creationTime - startedAt),
      [0, 0, 0, 0, 0, 0, 0, 5_000, 5_000, 5_000],
    );
    const [, error] = events;
    assert.ok(error?.type === 'ERROR' && error.error === outage && error.elapsedDurationMs === 0);
    const exceeded = events.find(({ type }) => type === 'FAILURE_RATE_EXCEEDED');
    assert.ok(exceeded?.type === 'FAILURE_RATE_EXCEEDED' && exceeded.failureRate === 75);
  }),

  clause('emits the durations of calls', async (breaker, { advance }) => {
    const elapsed: number[] = [];
    breaker.on('SUCCESS', ({ elapsedDurationMs }) => elapsed.push(elapsedDurationMs));
    breaker.on('ERROR', ({ elapsedDurationMs }) => elapsed.push(elapsedDurationMs));
    const ends: string[] = [];
    const endedAt: number[] = [];
    const stops = (['SUCCESS', 'ERROR'] as const).map((end) =>
      breaker.on(end, ({ elapsedDurationMs, creationTime }) => {
        ends.push(`${end} ${elapsedDurationMs}`);
        endedAt.push(creationTime);
      }),
    );

    await breaker.execute(async () => advance(250));
    await failureOf(
      breaker.execute(() => {
        advance(750);
        throw outage;
      }),
    );

    for (const stop of stops) stop();
    await breaker.execute(() => 'unheard');
    assert.deepEqual(elapsed, [250, 750, 0]);
    assert.deepEqual(ends, ['SUCCESS 250', 'ERROR 750']);
    assert.equal(endedAt[1]! - endedAt[0]!, 750);
  }),

  clause('is in its new state when it emits STATE_TRANSITION', async (breaker, { advance }) => {
    const states: string[] = [];
    breaker.on('STATE_TRANSITION', ({ toState }) => states.push(`${toState} ${breaker.state}`));

    await fail(breaker, 4);
    advance(5_000);
    await succeed(breaker, 1);
    breaker.transitionToDisabledState();

    assert.deepEqual(states, ['OPEN OPEN', 'HALF_OPEN HALF_OPEN', 'CLOSED CLOSED', 'DISABLED DISABLED']);
  }),

  clause('is not affected by listeners that throw', async (breaker, { advance }) => {
    breaker.onEvent(() => {
      throw new Error('broken listener');
    });
    breaker.on('SUCCESS', () => {
      throw new Error('broken listener');
    });

    assert.equal(await breaker.execute(() => 'answer'), 'answer');
    assert.equal(breaker.metrics.failedCalls, 0);
    await open(breaker);
    advance(5_000);
    await succeed(breaker, 1);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clauseWith({ eventConsumerBufferSize: 2 }, 'buffers as many events as configured', async (breaker) => {
    await succeed(breaker, 3);

    assert.deepEqual(types(breaker), ['SUCCESS', 'SUCCESS']);
  }),

  clause('counts the calls of its window', async (breaker) => {
    await succeed(breaker, 3);
    await fail(breaker, 1);

    assert.deepEqual(pick(breaker), {
      failureRate: 25,
      combinedRate: 25,
      bufferedCalls: 4,
      failedCalls: 1,
      successfulCalls: 3,
      slowCalls: 0,
      notPermittedCalls: 0,
    });
  }),

  clause('counts refused calls', async (breaker) => {
    await fail(breaker, 4);

    await failureOf(breaker.execute(() => 'refused'));
    await failureOf(breaker.execute(() => 'refused'));

    assert.equal(breaker.metrics.notPermittedCalls, 2);
    assert.equal(breaker.metrics.bufferedCalls, 4);
  }),

  clause('recovers by a timer after it was opened by hand', async (breaker, { advance }) => {
    breaker.transitionToOpenState();

    assert.equal(breaker.state, 'OPEN');
    assert.equal(breaker.remainingMs, 5_000);
    assert.deepEqual(types(breaker), ['STATE_TRANSITION']);
    advance(5_000);
    assert.equal(breaker.state, 'HALF_OPEN');
    advance(3_600_000);
    assert.equal(breaker.state, 'HALF_OPEN');
  }),

  clause('restarts its wait when it is opened by hand in OPEN', async (breaker, { advance }) => {
    breaker.transitionToOpenState();
    advance(3_000);

    breaker.transitionToOpenState();

    advance(3_000);
    assert.equal(breaker.state, 'OPEN');
    advance(2_000);
    assert.equal(breaker.state, 'HALF_OPEN');
    assert.deepEqual(types(breaker), ['STATE_TRANSITION', 'STATE_TRANSITION']);
  }),

  clause('has an empty window after it was closed by hand', async (breaker, { advance }) => {
    await fail(breaker, 4);

    breaker.transitionToClosedState();

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.bufferedCalls, 0);
    advance(5_000);
    assert.equal(breaker.state, 'CLOSED');
    await fail(breaker, 3);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('goes to HALF_OPEN by hand, but not from CLOSED', async (breaker) => {
    assert.throws(() => breaker.transitionToHalfOpenState(), IllegalStateTransitionError);
    breaker.transitionToOpenState();

    breaker.transitionToHalfOpenState();

    assert.equal(breaker.state, 'HALF_OPEN');
    await succeed(breaker, 1);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('records nothing in DISABLED', async (breaker, { advance }) => {
    await fail(breaker, 4);
    breaker.transitionToDisabledState();
    const events: string[] = [];
    breaker.onEvent(({ type }) => events.push(type));

    await fail(breaker, 10);
    advance(5_000);

    assert.equal(breaker.state, 'DISABLED');
    assert.equal(breaker.admissionPercentage, 100);
    assert.equal(await breaker.execute(() => 'answer'), 'answer');
    assert.equal(breaker.metrics.bufferedCalls, 0);
    assert.equal(breaker.metrics.failureRate, -1);
    assert.deepEqual(events, []);
    breaker.transitionToClosedState();
    await fail(breaker, 3);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('is in a new CLOSED after a reset', async (breaker, { advance }) => {
    await fail(breaker, 4);

    breaker.reset();

    assert.equal(breaker.state, 'CLOSED');
    assert.deepEqual(types(breaker).slice(-2), ['STATE_TRANSITION', 'RESET']);
    assert.equal(breaker.metrics.bufferedCalls, 0);
    advance(5_000);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('does not record calls that started before a reset', async (breaker) => {
    const pending = Array.from({ length: 4 }, () => withResolvers<string>());
    const answers = pending.map(({ promise }) => failureOf(breaker.execute(() => promise)));

    breaker.reset();
    for (const { reject } of pending) reject(outage);

    assert.deepEqual(await Promise.all(answers), [outage, outage, outage, outage]);
    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 0);
  }),

  clause('keeps its state when it is reconfigured', async (breaker, { advance }) => {
    await fail(breaker, 4);
    reconfigure(breaker, { ...common, minimumNumberOfCalls: 2, eventConsumerBufferSize: 1 });
    assert.equal(breaker.state, 'OPEN');
    assert.equal(breaker.config.minimumNumberOfCalls, 2);
    assert.deepEqual(types(breaker), ['STATE_TRANSITION']);
    advance(5_000);
    await succeed(breaker, 1);
    assert.equal(breaker.state, 'CLOSED');
    advance(11_000);

    await fail(breaker, 2);

    assert.equal(breaker.state, 'OPEN');
  }),

  clause('keeps its options when the new ones are invalid', async (breaker) => {
    const before = breaker.config;

    assert.throws(() => reconfigure(breaker, { ...common, failureRateThreshold: 0 }), InvalidOptionsError);

    assert.equal(breaker.config, before);
  }),

  ...(['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED'] as const).map((initialState) =>
    clauseWith({ initialState }, `starts in ${initialState} by initialState`, async (breaker) => {
      assert.equal(breaker.state, initialState);
      assert.equal(breaker.remainingMs, initialState === 'OPEN' ? 5_000 : undefined);
      assert.deepEqual(types(breaker), []);
    }),
  ),

  clauseWith(
    { writableStackTraceEnabled: false, initialState: 'OPEN' },
    'refuses without a stack trace when it is disabled',
    async (breaker) => {
      const error = await failureOf(breaker.execute(() => 'refused'));

      assert.ok(error instanceof CallNotPermittedError);
      assert.equal(error.stack?.includes('\n    at '), false);
    },
  ),

  ...(['CLOSED', 'HALF_OPEN'] as const).flatMap((initialState) =>
    [outage, undefined].map((error) =>
      clauseWith(
        { initialState, minimumNumberOfCalls: 1 },
        `stays as it is in ${initialState} when an in-flight call ${error ? 'fails' : 'succeeds'} after its disposal (opossum#340)`,
        async (breaker, scene) => {
          const late = withResolvers<void>();
          const result = breaker.execute(() => late.promise);
          breaker.dispose();
          const before = [breaker.state, types(breaker)];

          if (error) late.reject(error);
          else late.resolve();
          await result.catch(() => {});
          scene.advance(3_600_000);

          assert.deepEqual([breaker.state, types(breaker)], before);
          assert.equal(scene.pendingTimers(), 0);
        },
      ),
    ),
  ),

  ...(['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED'] as const).map((initialState) =>
    clauseWith(
      { initialState },
      `permits all calls after its disposal in ${initialState}, and records none`,
      async (breaker, scene) => {
        breaker.dispose();
        const before = [breaker.state, breaker.metrics.bufferedCalls, types(breaker)];

        await fail(breaker, 10);
        await succeed(breaker, 10);

        assert.deepEqual([breaker.state, breaker.metrics.bufferedCalls, types(breaker)], before);
        assert.equal(scene.pendingTimers(), 0);
      },
    ),
  ),

  ...(
    [
      ['other options', (breaker) => reconfigure(breaker, { ...common, failureRateThreshold: 60 })],
      ['a transition', (breaker) => breaker.transitionToOpenState()],
      ['a reset', (breaker) => breaker.reset()],
    ] satisfies [string, (breaker: AnyCircuitBreaker) => void][]
  ).map(([what, change]) =>
    clauseWith(
      { initialState: 'OPEN' },
      `is not started again by ${what} after its disposal`,
      async (breaker, scene) => {
        breaker.dispose();
        const before = [breaker.state, types(breaker)];

        change(breaker);
        scene.advance(3_600_000);

        assert.deepEqual([breaker.state, types(breaker)], before);
        assert.equal(scene.pendingTimers(), 0);
      },
    ),
  ),
];

type Play = (breaker: AnyCircuitBreaker, scene: CircuitBreakerScene) => Promise<void>;

function clause(title: string, play: Play): CircuitBreakerContractClause {
  return clauseWith({}, title, play);
}

function clauseWith(options: CircuitBreakerOptions, title: string, play: Play): CircuitBreakerContractClause {
  return { title, run: (scene) => play(scene.make({ ...common, ...options }), scene) };
}

export async function succeed(breaker: AnyCircuitBreaker, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) assert.equal(await breaker.execute(() => 'answer'), 'answer');
}

export async function fail(breaker: AnyCircuitBreaker, calls: number, error: Error = outage): Promise<void> {
  for (let call = 0; call < calls; call++) {
    assert.equal(await failureOf(breaker.execute(() => Promise.reject(error))), error);
  }
}

/** A call whose caller aborts it while it is in flight. */
export async function executeAborted(breaker: AnyCircuitBreaker): Promise<never> {
  const caller = new AbortController();
  const call = (): Promise<never> => {
    caller.abort(outage);
    return Promise.reject(outage);
  };
  return breaker.execute(call, { signal: caller.signal });
}

/** Keeps the engine. */
export function reconfigure(breaker: AnyCircuitBreaker, options: CircuitBreakerOptions): void {
  breaker.reconfigure({ ...options, engine: breaker.config.engine });
}

/** Makes failing calls until it opens; the number depends on earlier calls. */
export async function open(breaker: AnyCircuitBreaker): Promise<void> {
  for (let call = 0; call < 10 && breaker.state !== 'OPEN'; call++) await fail(breaker, 1);
  assert.equal(breaker.state, 'OPEN');
}

function types(breaker: AnyCircuitBreaker): string[] {
  return breaker.bufferedEvents().map(({ type }) => type);
}

function pick({ metrics }: AnyCircuitBreaker) {
  const { failureRate, combinedRate, bufferedCalls, failedCalls, successfulCalls, slowCalls, notPermittedCalls } =
    metrics;
  return { failureRate, combinedRate, bufferedCalls, failedCalls, successfulCalls, slowCalls, notPermittedCalls };
}
