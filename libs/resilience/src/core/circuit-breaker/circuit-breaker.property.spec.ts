import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { IllegalStateTransitionError } from './circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import type { CircuitBreakerOptions } from './circuit-breaker.options.ts';
import { legalTransitions, stateNames } from './circuit-breaker.transitions.ts';

const options: fc.Arbitrary<CircuitBreakerOptions> = fc.record({
  slidingWindowType: fc.constantFrom('COUNT_BASED', 'TIME_BASED'),
  slidingWindowSize: fc.integer({ min: 1, max: 6 }),
  minimumNumberOfCalls: fc.integer({ min: 1, max: 8 }),
  failureRateThreshold: fc.integer({ min: 1, max: 100 }),
  slowCallRateThreshold: fc.integer({ min: 1, max: 100 }),
  slowCallDurationThreshold: fc.constant(50),
  permittedNumberOfCallsInHalfOpenState: fc.integer({ min: 1, max: 4 }),
  waitDurationInOpenState: fc.integer({ min: 1, max: 3_000 }),
  maxWaitDurationInHalfOpenState: fc.constantFrom(0, 500),
  transitionToStateAfterWaitDuration: fc.constantFrom('OPEN', 'CLOSED'),
  automaticTransitionFromOpenToHalfOpenEnabled: fc.boolean(),
  initialState: fc.constantFrom(...stateNames),
});

type Action = (breaker: CircuitBreaker, clock: FakeClock) => unknown;

const elapsedMs = fc.integer({ min: 0, max: 100 });
const lowLevelAction: fc.Arbitrary<Action> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Action>((breaker) => breaker.tryAcquirePermission()) },
  {
    weight: 4,
    arbitrary: elapsedMs.map(
      (ms): Action =>
        (breaker) =>
          breaker.onSuccess(ms),
    ),
  },
  {
    weight: 4,
    arbitrary: elapsedMs.map(
      (ms): Action =>
        (breaker) =>
          breaker.onError(ms, new Error('outage')),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Action>((breaker) => breaker.releasePermission()) },
  {
    weight: 4,
    arbitrary: fc.integer({ min: 0, max: 4_000 }).map(
      (ms): Action =>
        (_, clock) =>
          clock.advance(ms),
    ),
  },
);
const manualTransition: fc.Arbitrary<Action> = fc.constantFrom<Action[]>(
  (breaker) => breaker.reset(),
  (breaker) => breaker.transitionToClosedState(),
  (breaker) => breaker.transitionToOpenState(),
  (breaker) => breaker.transitionToOpenStateFor(100),
  (breaker) => breaker.transitionToHalfOpenState(),
  (breaker) => breaker.transitionToForcedOpenState(),
  (breaker) => breaker.transitionToDisabledState(),
  (breaker) => breaker.transitionToMetricsOnlyState(),
);

describe('StateMachine', () => {
  it('makes only transitions of its table and keeps its counters consistent', () => {
    const actions = fc.array(
      fc.oneof({ weight: 9, arbitrary: lowLevelAction }, { weight: 1, arbitrary: manualTransition }),
      {
        maxLength: 80,
      },
    );
    fc.assert(
      fc.property(options, actions, (given, steps) => {
        const clock = new FakeClock();
        const breaker = new CircuitBreaker('customer', given, { clock });
        let state = breaker.state;
        breaker.on('STATE_TRANSITION', ({ fromState, toState }) => {
          expect(fromState).toBe(state);
          expect(fromState).not.toBe(toState);
          expect(legalTransitions[fromState]).toContain(toState);
          state = toState;
        });

        for (const step of steps) {
          try {
            step(breaker, clock);
          } catch (error) {
            expect(error).toBeInstanceOf(IllegalStateTransitionError);
          }
          expect(breaker.state).toBe(state);
          const { bufferedCalls, failedCalls, successfulCalls, slowCalls, slowFailedCalls, slowSuccessfulCalls } =
            breaker.metrics;
          expect(failedCalls + successfulCalls).toBe(bufferedCalls);
          expect(slowFailedCalls + slowSuccessfulCalls).toBe(slowCalls);
          expect(Math.min(failedCalls - slowFailedCalls, successfulCalls - slowSuccessfulCalls)).toBeGreaterThanOrEqual(
            0,
          );
        }
      }),
    );
  });

  it('never leaves DISABLED, METRICS_ONLY and FORCED_OPEN by calls or time', () => {
    fc.assert(
      fc.property(
        options,
        fc.constantFrom('DISABLED', 'METRICS_ONLY', 'FORCED_OPEN' as const),
        fc.array(lowLevelAction, { maxLength: 60 }),
        (given, initialState, steps) => {
          const clock = new FakeClock();
          const breaker = new CircuitBreaker('customer', { ...given, initialState }, { clock });

          for (const step of steps) step(breaker, clock);

          expect(breaker.state).toBe(initialState);
        },
      ),
    );
  });

  it('sets at most one timer, and none in a state that no clock ends', () => {
    fc.assert(
      fc.property(options, fc.array(fc.oneof(lowLevelAction, manualTransition), { maxLength: 40 }), (given, steps) => {
        const clock = new FakeClock();
        const breaker = new CircuitBreaker('customer', given, { clock });

        for (const step of steps) {
          try {
            step(breaker, clock);
          } catch {
            // An illegal transition changes nothing, as the next line checks.
          }
          expect(clock.pendingTimers).toBeLessThanOrEqual(breaker.remainingMs === undefined ? 0 : 1);
        }
      }),
    );
  });
});

/** `late` and `overtaken` succeed after the state that permitted them was left, by a reset or by opening. */
type CallEnd = 'successful' | 'slow' | 'rejected' | 'thrown' | 'late' | 'overtaken';

const userFunctions: readonly CircuitBreakerOptions[] = [
  {},
  { recordResult: (result) => result === 'rejected' },
  {
    transitionOnResult: (outcome) =>
      'result' in outcome && outcome.result === 'rejected' ? { toState: 'OPEN' } : 'NO_TRANSITION',
  },
];

async function play(ends: readonly CallEnd[], given: CircuitBreakerOptions, hasListener: boolean): Promise<unknown[]> {
  const clock = new FakeClock();
  const window = { slidingWindowSize: 4, minimumNumberOfCalls: 2, slowCallDurationThreshold: '1s' } as const;
  const breaker = new CircuitBreaker('customer', { ...window, ...given }, { clock });
  if (hasListener) breaker.onEvent(() => {});
  const seen: unknown[] = [];
  for (const end of ends) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const call = breaker.execute(() => promise).catch(() => {});
    if (end === 'slow') clock.advance(2_000);
    if (end === 'late') breaker.reset();
    if (end === 'overtaken') breaker.transitionToOpenState();
    if (end === 'thrown') reject(new Error('outage'));
    else resolve(end);
    await call;
    promise.catch(() => {});
    seen.push([breaker.state, breaker.metrics]);
  }
  return seen;
}

describe('A circuit breaker without a listener', () => {
  it('decides like one with a listener', async () => {
    const end = fc.constantFrom<CallEnd>('successful', 'slow', 'rejected', 'thrown', 'late', 'overtaken');
    await fc.assert(
      fc.asyncProperty(fc.array(end, { maxLength: 20 }), fc.constantFrom(...userFunctions), async (ends, given) => {
        expect(await play(ends, given, false)).toStrictEqual(await play(ends, given, true));
      }),
    );
  });

  it('counts a value that recordResult rejects, and no result of a state that was left', async () => {
    const [, , last] = await play(['successful', 'rejected', 'rejected'], userFunctions[1]!, false);
    expect(last).toMatchObject(['OPEN', { failedCalls: 1 }]);
    expect(await play(['late'], userFunctions[0]!, false)).toMatchObject([['CLOSED', { bufferedCalls: 0 }]]);
    expect(await play(['overtaken'], userFunctions[0]!, false)).toMatchObject([['OPEN', { bufferedCalls: 0 }]]);
  });
});
