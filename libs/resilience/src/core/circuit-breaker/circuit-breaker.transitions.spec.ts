import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { IllegalStateTransitionError } from './circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { automaticTransitions, type StateName, stateNames } from './circuit-breaker.transitions.ts';

const byHand: Readonly<Record<StateName, (breaker: CircuitBreaker) => void>> = {
  CLOSED: (breaker) => breaker.transitionToClosedState(),
  OPEN: (breaker) => breaker.transitionToOpenState(),
  HALF_OPEN: (breaker) => breaker.transitionToHalfOpenState(),
  DISABLED: (breaker) => breaker.transitionToDisabledState(),
  METRICS_ONLY: (breaker) => breaker.transitionToMetricsOnlyState(),
  FORCED_OPEN: (breaker) => breaker.transitionToForcedOpenState(),
};

const illegal = new Set(['CLOSED → HALF_OPEN', 'METRICS_ONLY → OPEN', 'METRICS_ONLY → HALF_OPEN']);
const pairs = stateNames.flatMap((from) =>
  stateNames.map((to) => ({ from, to, isLegal: !illegal.has(`${from} → ${to}`) })),
);

describe('A transition by hand', () => {
  it.each(pairs.filter(({ isLegal }) => isLegal))('is made from $from to $to', ({ from, to }) => {
    const breaker = new CircuitBreaker('customer', { initialState: from }, { clock: new FakeClock() });

    byHand[to](breaker);

    expect(breaker.state).toBe(to);
  });

  it.each(pairs.filter(({ isLegal }) => !isLegal))('is refused from $from to $to', ({ from, to }) => {
    const breaker = new CircuitBreaker('customer', { initialState: from }, { clock: new FakeClock() });

    expect(() => byHand[to](breaker)).toThrow(IllegalStateTransitionError);
    expect(breaker.state).toBe(from);
  });
});

describe('The automatic transitions', () => {
  it('are those that results and time cause', () => {
    const clock = new FakeClock();
    const breaker = new CircuitBreaker(
      'customer',
      {
        slidingWindowSize: 1,
        permittedNumberOfCallsInHalfOpenState: 1,
        waitDurationInOpenState: 10,
        automaticTransitionFromOpenToHalfOpenEnabled: true,
      },
      { clock },
    );
    const made: [StateName, StateName][] = [];
    breaker.on('STATE_TRANSITION', ({ fromState, toState }) => made.push([fromState, toState]));

    for (const isFailed of [true, true, false]) {
      if (isFailed) breaker.onError(1, new Error('outage'));
      else breaker.onSuccess(1);
      clock.advance(10);
    }

    expect(new Set(made.map(String))).toStrictEqual(new Set(automaticTransitions.map(String)));
    expect(made).toHaveLength(5);
  });
});
