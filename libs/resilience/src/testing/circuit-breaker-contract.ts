import assert from 'node:assert/strict';
import type { AnyCircuitBreaker } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import {
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
} from '../core/circuit-breaker/circuit-breaker.errors.ts';
import type { AnyCircuitBreakerEvent } from '../core/circuit-breaker/circuit-breaker.events.ts';
import type { CircuitBreakerOptions } from '../core/circuit-breaker/circuit-breaker.options.ts';
import { InvalidOptionsError, RejectedError, ResilienceError } from '../core/errors.ts';
import type { FakeClock } from './fake-clock.ts';

/** Where a circuit breaker of some engine is put to the test. A new one for each clause. */
export interface CircuitBreakerScene {
  /** Makes the circuit breaker `customer` on the engine, with the scene's clock. It is disposed of after the clause. */
  readonly make: (options?: CircuitBreakerOptions) => AnyCircuitBreaker;
  /** The clock that the circuit breaker is given. It begins at a whole second. */
  readonly clock: FakeClock;
  /** Lets time pass, on the clock and on whatever else the engine goes by. */
  readonly advance: (durationMs: number) => void;
  /** How many timers are set, of any kind. */
  readonly pendingTimers: () => number;
}

/** One thing that a circuit breaker must do on every engine. */
export interface CircuitBreakerContractClause {
  /** A plain sentence. */
  readonly title: string;
  /** Resolves when the circuit breaker keeps the clause. @throws AssertionError when it does not */
  readonly run: (scene: CircuitBreakerScene) => Promise<void>;
}

/** One thing that engines are known to do differently, with its reason. */
export interface EngineDifference {
  /** What is looked at, in which situation. */
  readonly title: string;
  /** What is to be seen there; the value of `observed` for each engine. */
  readonly observe: (scene: CircuitBreakerScene) => Promise<number | string>;
  readonly observed: { readonly 'sliding-window': number | string; readonly opossum: number | string };
  /** Why the other engine differs. */
  readonly reason: string;
}

/** Options that every engine honours. A window of 10 s, judged from 4 calls on; a wait of 5 s; one call on trial; events are kept. */
const common: CircuitBreakerOptions = {
  slidingWindowType: 'TIME_BASED',
  slidingWindowSize: 10,
  minimumNumberOfCalls: 4,
  failureRateThreshold: 50,
  waitDurationInOpenState: '5s',
  permittedNumberOfCallsInHalfOpenState: 1,
  automaticTransitionFromOpenToHalfOpenEnabled: true,
  eventConsumerBufferSize: 100,
};

const outage = new Error('outage');

class NotFoundError extends Error {}

class FullError extends RejectedError {
  readonly code = 'FULL';
  readonly retryAfterMs = undefined;
}

/**
 * What decorators, registry, meters, health and actuator rely on, whatever a circuit breaker runs on. It knows no test
 * framework, like `policyContract`, which every engine must keep as well.
 */
export const circuitBreakerContract: readonly CircuitBreakerContractClause[] = [
  clause('hands on what calls return and throw', async (breaker) => {
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

  clause('refuses in OPEN, says for how long, and makes no call', async (breaker, { advance }) => {
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

  clause('says in which state it refused, whatever comes after', async (breaker) => {
    breaker.transitionToOpenState();

    const refused = failureOf(breaker.execute(() => 'refused'));
    breaker.reset();

    const error = await refused;
    assert.ok(error instanceof CallNotPermittedError);
    assert.equal(error.state, 'OPEN');
    assert.equal(error.retryAfterMs, 5_000);
  }),

  clause('tells a refusal from an error of the call, so that a fallback can take over', async (breaker) => {
    const call = (work: () => string) =>
      breaker.execute(work).catch((error: unknown) => (error instanceof CallNotPermittedError ? 'refused' : 'failed'));
    const nested = new CallNotPermittedError('ledger', 'OPEN', 1);

    assert.equal(await call(() => 'answer'), 'answer');
    assert.equal(await failureOf(breaker.execute(() => Promise.reject(nested))), nested);
    breaker.transitionToOpenState();
    assert.equal(await call(() => 'answer'), 'refused');
  }),

  clause('lets one call pass on trial after the wait, and no second one beside it', async (breaker, { advance }) => {
    await fail(breaker, 4);
    advance(4_999);
    assert.equal(breaker.state, 'OPEN');
    advance(1);
    assert.equal(breaker.state, 'HALF_OPEN');
    const trial = Promise.withResolvers<string>();
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

  clause('opens again when the call on trial fails, for another wait', async (breaker, { advance }) => {
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

  clause('forgets calls that are older than the window', async (breaker, { advance }) => {
    await fail(breaker, 3);
    advance(11_000);

    await fail(breaker, 1);

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 1);
  }),

  clauseWith({ ignoreExceptions: [NotFoundError] }, 'counts no ignored error as a failure', async (breaker) => {
    await fail(breaker, 10, new NotFoundError());

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 0);
    assert.deepEqual(
      types(breaker),
      Array.from({ length: 10 }, () => 'IGNORED_ERROR'),
    );
  }),

  clauseWith({ recordExceptions: [TypeError] }, 'counts only the errors that are recorded', async (breaker) => {
    await fail(breaker, 1);
    await fail(breaker, 1, new TypeError());

    assert.equal(breaker.metrics.failedCalls, 1);
    assert.equal(breaker.metrics.successfulCalls, 1);
    assert.deepEqual(types(breaker), ['SUCCESS', 'ERROR']);
  }),

  clauseWith(
    { recordResult: (result) => result === 503 },
    'counts a value as a failure, and returns it all the same',
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

  clause('does not count the caller’s abort as a failure', async (breaker) => {
    const signal = AbortSignal.abort(outage);

    for (let call = 0; call < 10; call++) {
      assert.equal(await failureOf(breaker.execute(() => Promise.reject(outage), { signal })), outage);
    }

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
    'throws the error of a predicate that throws, and goes on',
    async (breaker, { advance }) => {
      assert.equal(await failureOf(breaker.execute(() => 'answer')), outage);
      await open(breaker);
      advance(5_000);

      assert.equal(await failureOf(breaker.execute(() => 'answer')), outage);

      await fail(breaker, 1);
    },
  ),

  clause('tells what happens, in order', async (breaker, { advance, clock }) => {
    const told: AnyCircuitBreakerEvent[] = [];
    breaker.onEvent((event) => told.push(event));
    const begunAt = clock.now();

    await succeed(breaker, 1);
    await fail(breaker, 3);
    await failureOf(breaker.execute(() => 'refused'));
    advance(5_000);
    await succeed(breaker, 1);

    assert.deepEqual(
      told.map((event) => (event.type === 'STATE_TRANSITION' ? `${event.fromState} → ${event.toState}` : event.type)),
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
    assert.deepEqual(breaker.bufferedEvents(), told);
    assert.ok(told.every(({ circuitBreakerName }) => circuitBreakerName === 'customer'));
    assert.deepEqual(
      told.map(({ creationTime }) => creationTime - begunAt),
      [0, 0, 0, 0, 0, 0, 0, 5_000, 5_000, 5_000],
    );
    const [, error] = told;
    assert.ok(error?.type === 'ERROR' && error.error === outage && error.elapsedDurationMs === 0);
    const exceeded = told.find(({ type }) => type === 'FAILURE_RATE_EXCEEDED');
    assert.ok(exceeded?.type === 'FAILURE_RATE_EXCEEDED' && exceeded.failureRate === 75);
  }),

  clause('tells how long calls took', async (breaker, { advance }) => {
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

  clause('has its new state by the time that it tells of it', async (breaker, { advance }) => {
    const states: string[] = [];
    breaker.on('STATE_TRANSITION', ({ toState }) => states.push(`${toState} ${breaker.state}`));

    await fail(breaker, 4);
    advance(5_000);
    await succeed(breaker, 1);
    breaker.transitionToDisabledState();

    assert.deepEqual(states, ['OPEN OPEN', 'HALF_OPEN HALF_OPEN', 'CLOSED CLOSED', 'DISABLED DISABLED']);
  }),

  clause('is not hurt by listeners that throw', async (breaker, { advance }) => {
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

  clauseWith({ eventConsumerBufferSize: 2 }, 'keeps as many events as it is told to', async (breaker) => {
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

  clause('counts the calls that it refuses', async (breaker) => {
    await fail(breaker, 4);

    await failureOf(breaker.execute(() => 'refused'));
    await failureOf(breaker.execute(() => 'refused'));

    assert.equal(breaker.metrics.notPermittedCalls, 2);
    assert.equal(breaker.metrics.bufferedCalls, 4);
  }),

  clause('is opened by hand, and recovers by itself', async (breaker, { advance }) => {
    breaker.transitionToOpenState();

    assert.equal(breaker.state, 'OPEN');
    assert.equal(breaker.remainingMs, 5_000);
    assert.deepEqual(types(breaker), ['STATE_TRANSITION']);
    advance(5_000);
    assert.equal(breaker.state, 'HALF_OPEN');
    advance(3_600_000);
    assert.equal(breaker.state, 'HALF_OPEN');
  }),

  clause('waits anew when it is opened by hand while it is open', async (breaker, { advance }) => {
    breaker.transitionToOpenState();
    advance(3_000);

    breaker.transitionToOpenState();

    advance(3_000);
    assert.equal(breaker.state, 'OPEN');
    advance(2_000);
    assert.equal(breaker.state, 'HALF_OPEN');
    assert.deepEqual(types(breaker), ['STATE_TRANSITION', 'STATE_TRANSITION']);
  }),

  clause('is closed by hand, with an empty window', async (breaker, { advance }) => {
    await fail(breaker, 4);

    breaker.transitionToClosedState();

    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.bufferedCalls, 0);
    advance(5_000);
    assert.equal(breaker.state, 'CLOSED');
    await fail(breaker, 3);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('is put on trial by hand, but not from CLOSED', async (breaker) => {
    assert.throws(() => breaker.transitionToHalfOpenState(), IllegalStateTransitionError);
    breaker.transitionToOpenState();

    breaker.transitionToHalfOpenState();

    assert.equal(breaker.state, 'HALF_OPEN');
    await succeed(breaker, 1);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('looks at nothing when it is disabled', async (breaker, { advance }) => {
    await fail(breaker, 4);
    breaker.transitionToDisabledState();
    const told: string[] = [];
    breaker.onEvent(({ type }) => told.push(type));

    await fail(breaker, 10);
    advance(5_000);

    assert.equal(breaker.state, 'DISABLED');
    assert.equal(breaker.admissionPercentage, 100);
    assert.equal(await breaker.execute(() => 'answer'), 'answer');
    assert.equal(breaker.metrics.bufferedCalls, 0);
    assert.equal(breaker.metrics.failureRate, -1);
    assert.deepEqual(told, []);
    breaker.transitionToClosedState();
    await fail(breaker, 3);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('is reset to a fresh CLOSED', async (breaker, { advance }) => {
    await fail(breaker, 4);

    breaker.reset();

    assert.equal(breaker.state, 'CLOSED');
    assert.deepEqual(types(breaker).slice(-2), ['STATE_TRANSITION', 'RESET']);
    assert.equal(breaker.metrics.bufferedCalls, 0);
    advance(5_000);
    assert.equal(breaker.state, 'CLOSED');
  }),

  clause('judges no call that began before it was reset, and answers it', async (breaker) => {
    const late = Array.from({ length: 4 }, () => Promise.withResolvers<string>());
    const answers = late.map(({ promise }) => failureOf(breaker.execute(() => promise)));

    breaker.reset();
    for (const { reject } of late) reject(outage);

    assert.deepEqual(await Promise.all(answers), [outage, outage, outage, outage]);
    assert.equal(breaker.state, 'CLOSED');
    assert.equal(breaker.metrics.failedCalls, 0);
  }),

  clause('goes on in its state with other options', async (breaker, { advance }) => {
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

  clause('keeps its options when the new ones cannot be used', async (breaker) => {
    const before = breaker.config;

    assert.throws(() => reconfigure(breaker, { ...common, failureRateThreshold: 0 }), InvalidOptionsError);

    assert.equal(breaker.config, before);
  }),

  ...(['CLOSED', 'OPEN', 'HALF_OPEN', 'DISABLED'] as const).map((initialState) =>
    clauseWith({ initialState }, `begins in ${initialState} when it is told to`, async (breaker) => {
      assert.equal(breaker.state, initialState);
      assert.equal(breaker.remainingMs, initialState === 'OPEN' ? 5_000 : undefined);
      assert.deepEqual(types(breaker), []);
    }),
  ),

  clauseWith(
    { writableStackTraceEnabled: false, initialState: 'OPEN' },
    'refuses without a stack trace when it is told to',
    async (breaker) => {
      const error = await failureOf(breaker.execute(() => 'refused'));

      assert.ok(error instanceof CallNotPermittedError);
      assert.equal(error.stack?.includes('\n    at '), false);
    },
  ),
];

const judgesOnlyFailures = 'It looks at its failure rate only when a call fails.';
const countsBegunCalls =
  'It divides the failures by the calls that have begun, those under way and those refused included.';
const knowsTwoEndings = 'It knows only success and failure, and what is filtered out is a success.';
const judgesByPresentState = 'A result is judged by the state that it meets, not by the one that admitted the call.';
const makesTheCall = 'It makes the call itself, so there is no permission to be had without one.';
const hasFourStates = 'It has the states CLOSED, OPEN and HALF_OPEN, and can be disabled.';

/** All that is known to differ between the engines, beside the options that opossum refuses. */
export const engineDifferences: readonly EngineDifference[] = [
  {
    title: 'state when a success is the call that reaches the minimum number of calls, and all others failed',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await fail(breaker, 3);
      await succeed(breaker, 1);
      return breaker.state;
    },
    observed: { 'sliding-window': 'OPEN', opossum: 'CLOSED' },
    reason: judgesOnlyFailures,
  },
  {
    title: 'failure rate after 2 failures and 2 successes, with 4 calls under way',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, failureRateThreshold: 80 });
      for (let call = 0; call < 4; call++) void breaker.execute(() => new Promise(() => {}));
      await fail(breaker, 2);
      await succeed(breaker, 2);
      return breaker.metrics.failureRate;
    },
    observed: { 'sliding-window': 50, opossum: 25 },
    reason: countsBegunCalls,
  },
  {
    title: 'failure rate in OPEN after 4 failures, with 4 calls refused',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await fail(breaker, 4);
      for (let call = 0; call < 4; call++) await failureOf(breaker.execute(() => 'refused'));
      return breaker.metrics.failureRate;
    },
    observed: { 'sliding-window': 100, opossum: 50 },
    reason: countsBegunCalls,
  },
  {
    title: 'successful calls after an ignored error',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, ignoreExceptions: [NotFoundError] });
      await fail(breaker, 1, new NotFoundError());
      return breaker.metrics.successfulCalls;
    },
    observed: { 'sliding-window': 0, opossum: 1 },
    reason: knowsTwoEndings,
  },
  {
    title: 'state after the call on trial ended with an ignored error',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'HALF_OPEN', ignoreExceptions: [NotFoundError] });
      await fail(breaker, 1, new NotFoundError());
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'CLOSED' },
    reason: knowsTwoEndings,
  },
  {
    title: 'state after the caller aborted the call on trial',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'HALF_OPEN' });
      await failureOf(breaker.execute(() => Promise.reject(outage), { signal: AbortSignal.abort(outage) }));
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'CLOSED' },
    reason: knowsTwoEndings,
  },
  {
    title: 'state when a call that began in CLOSED ends well in HALF_OPEN',
    observe: async (scene) => {
      const breaker = scene.make(common);
      const late = Promise.withResolvers<void>();
      const answer = breaker.execute(() => late.promise);
      await open(breaker);
      scene.advance(5_000);
      late.resolve();
      await answer;
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'CLOSED' },
    reason: judgesByPresentState,
  },
  {
    title: 'state when a call that began in CLOSED fails in HALF_OPEN',
    observe: async (scene) => {
      const breaker = scene.make(common);
      const late = Promise.withResolvers<void>();
      const answer = failureOf(breaker.execute(() => late.promise));
      await open(breaker);
      scene.advance(5_000);
      late.reject(outage);
      await answer;
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'OPEN' },
    reason: judgesByPresentState,
  },
  {
    title: 'state after the first failure since HALF_OPEN ended well',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await fail(breaker, 4);
      scene.advance(5_000);
      await succeed(breaker, 1);
      await fail(breaker, 1);
      return breaker.state;
    },
    observed: { 'sliding-window': 'CLOSED', opossum: 'OPEN' },
    reason: 'Its window outlives its states: what made it open is still there when it has closed, until it is too old.',
  },
  {
    title: 'calls in the window after it was opened by hand, with 2 calls before',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await succeed(breaker, 2);
      breaker.transitionToOpenState();
      return breaker.metrics.bufferedCalls;
    },
    observed: { 'sliding-window': 2, opossum: 0 },
    reason: 'It has no way to empty its window, so each move by hand begins with a new opossum.',
  },
  {
    title: 'calls in the window after `reconfigure` with another threshold, with 2 calls before',
    observe: async (scene) => {
      const breaker = scene.make(common);
      await succeed(breaker, 2);
      reconfigure(breaker, { ...common, failureRateThreshold: 60 });
      return breaker.metrics.bufferedCalls;
    },
    observed: { 'sliding-window': 2, opossum: 0 },
    reason: 'Its options are fixed, so other options begin with a new opossum in the same state.',
  },
  {
    title: 'rest of a wait of 5 s after `reconfigure`, when 2 s of it were over',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'OPEN' });
      scene.advance(2_000);
      reconfigure(breaker, common);
      return `${breaker.remainingMs} ms`;
    },
    observed: { 'sliding-window': '3000 ms', opossum: '5000 ms' },
    reason: 'Its options are fixed, so other options begin with a new opossum in the same state.',
  },
  {
    title: 'state after 3 failures of 7 calls, at a threshold of 42.857143 %',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, minimumNumberOfCalls: 7, failureRateThreshold: 42.857143 });
      await succeed(breaker, 4);
      await fail(breaker, 3);
      return breaker.state;
    },
    observed: { 'sliding-window': 'OPEN', opossum: 'CLOSED' },
    reason: 'It computes in 64 bits, not in 32 as Resilience4j does.',
  },
  {
    title: 'calls in a window of 10 s, 9.2 s after a call, when the window began at half a second',
    observe: async (scene) => {
      scene.advance(500);
      const breaker = scene.make(common);
      scene.advance(400);
      await succeed(breaker, 1);
      scene.advance(9_200);
      return breaker.metrics.bufferedCalls;
    },
    observed: { 'sliding-window': 0, opossum: 1 },
    reason: 'It cuts its window into seconds of its own life, not at whole seconds of the clock.',
  },
  {
    title: 'state when 5 s have passed in OPEN on the clock that it was given, and nowhere else',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'OPEN' });
      scene.clock.advance(5_000);
      return breaker.state;
    },
    observed: { 'sliding-window': 'HALF_OPEN', opossum: 'OPEN' },
    reason: 'It takes time from Date.now and setTimeout; no clock can be put in their place.',
  },
  {
    title: 'timers that run while nothing happens',
    observe: async (scene) => {
      scene.make(common);
      return scene.pendingTimers();
    },
    observed: { 'sliding-window': 0, opossum: 1 },
    reason: 'It moves its window on by a timer each second. The timer does not keep the process alive.',
  },
  {
    title: 'a call after the circuit breaker was disposed of in OPEN',
    observe: async (scene) => {
      const breaker = scene.make({ ...common, initialState: 'OPEN' });
      breaker.dispose();
      return breaker.execute(() => 'passes').catch(() => 'is refused');
    },
    observed: { 'sliding-window': 'is refused', opossum: 'passes' },
    reason: 'Without its timers it could never leave OPEN, and whoever still holds it would be refused for ever.',
  },
  ...(['acquirePermission', 'tryAcquirePermission', 'releasePermission'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation]()),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: makesTheCall,
  })),
  ...(['onSuccess', 'onError', 'onResult'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation](1, outage)),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: makesTheCall,
  })),
  ...(['transitionToForcedOpenState', 'transitionToMetricsOnlyState'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation]()),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: hasFourStates,
  })),
  ...(['transitionToOpenStateFor', 'transitionToOpenStateUntil'] as const).map((operation) => ({
    title: `\`${operation}()\``,
    observe: async (scene: CircuitBreakerScene) => attempt(() => scene.make(common)[operation](2_000_000_000_000)),
    observed: { 'sliding-window': 'done', opossum: 'UNSUPPORTED_BY_ENGINE' },
    reason: 'Its wait in OPEN is always the same.',
  })),
];

type Play = (breaker: AnyCircuitBreaker, scene: CircuitBreakerScene) => Promise<void>;

function clause(title: string, play: Play): CircuitBreakerContractClause {
  return clauseWith({}, title, play);
}

function clauseWith(options: CircuitBreakerOptions, title: string, play: Play): CircuitBreakerContractClause {
  return { title, run: (scene) => play(scene.make({ ...common, ...options }), scene) };
}

async function succeed(breaker: AnyCircuitBreaker, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) assert.equal(await breaker.execute(() => 'answer'), 'answer');
}

async function fail(breaker: AnyCircuitBreaker, calls: number, error: Error = outage): Promise<void> {
  for (let call = 0; call < calls; call++) {
    assert.equal(await failureOf(breaker.execute(() => Promise.reject(error))), error);
  }
}

/** With the engine that it has already. */
function reconfigure(breaker: AnyCircuitBreaker, options: CircuitBreakerOptions): void {
  breaker.reconfigure({ ...options, engine: breaker.config.engine });
}

/** Fails until it opens: which call that is, depends on what else has been going on. */
async function open(breaker: AnyCircuitBreaker): Promise<void> {
  for (let call = 0; call < 10 && breaker.state !== 'OPEN'; call++) await fail(breaker, 1);
  assert.equal(breaker.state, 'OPEN');
}

/** What a promise is rejected with. @throws AssertionError when it is not */
async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in outcome) return outcome.error;
  assert.fail(`It returned ${String(outcome.value)} instead of throwing.`);
}

function attempt(operation: () => unknown): string {
  try {
    operation();
    return 'done';
  } catch (error) {
    if (error instanceof ResilienceError) return error.code;
    throw error;
  }
}

function types(breaker: AnyCircuitBreaker): string[] {
  return breaker.bufferedEvents().map(({ type }) => type);
}

function pick({ metrics }: AnyCircuitBreaker) {
  const { failureRate, combinedRate, bufferedCalls, failedCalls, successfulCalls, slowCalls, notPermittedCalls } =
    metrics;
  return { failureRate, combinedRate, bufferedCalls, failedCalls, successfulCalls, slowCalls, notPermittedCalls };
}
