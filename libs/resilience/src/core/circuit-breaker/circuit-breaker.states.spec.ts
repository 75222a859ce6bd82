import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../testing/fake-clock.ts';
import { IllegalStateTransitionError } from './circuit-breaker.errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { type CircuitBreakerOptions, circuitBreakerOptions } from './circuit-breaker.options.ts';
import { mergeOptions } from '../options.ts';

function setUp(options: CircuitBreakerOptions = {}) {
  const clock = new FakeClock();
  const breaker = new CircuitBreaker(
    'customer',
    mergeOptions(circuitBreakerOptions.rules, { waitDurationInOpenState: '10s' }, options),
    {
      clock,
    },
  );
  const events: string[] = [];
  breaker.onEvent((event) => {
    events.push(event.type === 'STATE_TRANSITION' ? `${event.fromState}->${event.toState}` : event.type);
  });
  return { clock, breaker, events };
}

describe('CLOSED', () => {
  const window = { slidingWindowSize: 4, minimumNumberOfCalls: 4, failureRateThreshold: 50 };

  it('has no rates while the window holds too few calls, even if a time window is shorter than the minimum', () => {
    const { breaker } = setUp({ slidingWindowType: 'TIME_BASED', slidingWindowSize: 2, minimumNumberOfCalls: 4 });

    for (let call = 0; call < 3; call++) report(breaker, true);

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics).toMatchObject({ failureRate: -1, slowCallRate: -1, combinedRate: -1 });
  });

  it('emits the rate that it has reached', () => {
    const { breaker } = setUp(window);
    const rates: number[] = [];
    breaker.on('FAILURE_RATE_EXCEEDED', ({ failureRate }) => rates.push(failureRate));

    for (const isFailed of [true, true, true, false]) report(breaker, isFailed);

    expect(rates).toStrictEqual([75]);
  });

  it('opens when the failure rate reaches the threshold, after the event FAILURE_RATE_EXCEEDED', () => {
    const { breaker, events } = setUp(window);

    for (const isFailed of [false, true, false]) report(breaker, isFailed);
    expect(breaker.state).toBe('CLOSED');
    report(breaker, true);

    expect(breaker.state).toBe('OPEN');
    expect(events.slice(-3)).toStrictEqual(['ERROR', 'FAILURE_RATE_EXCEEDED', 'CLOSED->OPEN']);
  });

  it('stays closed when the rate is one call below the threshold', () => {
    const { breaker } = setUp(window);

    for (const isFailed of [false, true, false, false]) report(breaker, isFailed);

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics.failureRate).toBe(25);
  });

  it('judges a full count window that is smaller than the minimum number of calls', () => {
    const { breaker } = setUp({ slidingWindowSize: 10, minimumNumberOfCalls: 100 });

    for (let call = 1; call <= 9; call++) report(breaker, true);
    expect(breaker.state).toBe('CLOSED');
    report(breaker, true);

    expect(breaker.state).toBe('OPEN');
  });

  it('never opens when a time window never holds the minimum number of calls', () => {
    const { breaker, clock } = setUp({
      slidingWindowType: 'TIME_BASED',
      slidingWindowSize: 10,
      minimumNumberOfCalls: 6,
    });

    for (let call = 1; call <= 100; call++) {
      clock.advance(2_000);
      report(breaker, true);
      expect(breaker.metrics.failureRate).toBe(-1);
    }

    expect(breaker.state).toBe('CLOSED');
  });

  it('does not open after a listener has left CLOSED', () => {
    const { breaker, events } = setUp({ slidingWindowSize: 1, minimumNumberOfCalls: 1 });
    breaker.on('FAILURE_RATE_EXCEEDED', () => breaker.transitionToDisabledState());

    report(breaker, true);

    expect(breaker.state).toBe('DISABLED');
    expect(events).not.toContain('DISABLED->OPEN');
  });
});

describe('OPEN', () => {
  it('refuses calls until the wait is over, then permits a trial call', () => {
    const { breaker, clock, events } = setUp({ permittedNumberOfCallsInHalfOpenState: 1 });
    breaker.transitionToOpenState();

    clock.advance(10_000);
    expect(breaker.tryAcquirePermission()).toBe(false);
    clock.advance(1);
    expect(breaker.tryAcquirePermission()).toBe(true);
    expect(breaker.tryAcquirePermission()).toBe(false);

    expect(events).toStrictEqual(['CLOSED->OPEN', 'NOT_PERMITTED', 'OPEN->HALF_OPEN', 'NOT_PERMITTED']);
  });

  it('sets no timer without the automatic transition', () => {
    const { breaker, clock } = setUp();

    breaker.transitionToOpenState();

    expect(clock.pendingTimers).toBe(0);
  });

  it('goes to HALF_OPEN by a timer when the automatic transition is enabled, and leaves no timer', () => {
    const { breaker, clock } = setUp({ automaticTransitionFromOpenToHalfOpenEnabled: true });
    breaker.transitionToOpenState();

    clock.advance(9_999);
    expect(breaker.state).toBe('OPEN');
    clock.advance(1);
    expect(breaker.state).toBe('HALF_OPEN');
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['a reset', (breaker: CircuitBreaker) => breaker.reset()],
    ['a transition', (breaker: CircuitBreaker) => breaker.transitionToForcedOpenState()],
    ['disposal', (breaker: CircuitBreaker) => breaker.dispose()],
  ])('cancels its timer on %s', (_how, leave) => {
    const { breaker, clock } = setUp({ automaticTransitionFromOpenToHalfOpenEnabled: true });
    breaker.transitionToOpenState();

    leave(breaker);

    expect(clock.pendingTimers).toBe(0);
  });

  it('passes the number of openings in a row to the interval function, from 1 again after CLOSED', () => {
    const { breaker, clock } = setUp({
      slidingWindowSize: 1,
      minimumNumberOfCalls: 1,
      permittedNumberOfCallsInHalfOpenState: 1,
      waitIntervalFunctionInOpenState: (attempt) => attempt * 1_000,
    });

    report(breaker, true);
    expect(breaker.remainingMs).toBe(1_000);
    clock.advance(1_001);
    breaker.tryAcquirePermission();
    report(breaker, true);
    expect(breaker.remainingMs).toBe(2_000);
    clock.advance(2_001);
    breaker.tryAcquirePermission();
    report(breaker, false);
    expect(breaker.state).toBe('CLOSED');
    report(breaker, true);
    expect(breaker.remainingMs).toBe(1_000);
  });

  it.each<[string, CircuitBreakerOptions['initialState'], readonly ('Open' | 'ForcedOpen' | 'HalfOpen')[], number]>([
    ['OPEN at the start', 'OPEN', [], 1_000],
    ['OPEN after HALF_OPEN at the start', 'HALF_OPEN', ['Open'], 2_000],
    ['OPEN after DISABLED', 'DISABLED', ['Open'], 1_000],
    ['OPEN again by hand', 'CLOSED', ['Open', 'Open'], 2_000],
    ['OPEN after FORCED_OPEN', 'CLOSED', ['ForcedOpen', 'Open'], 2_000],
    ['OPEN after FORCED_OPEN and HALF_OPEN', 'CLOSED', ['ForcedOpen', 'HalfOpen', 'Open'], 2_000],
  ])('passes the number of openings to the interval function: %s', (_how, initialState = 'CLOSED', states, waitMs) => {
    const { breaker } = setUp({ initialState, waitIntervalFunctionInOpenState: (attempt) => attempt * 1_000 });

    for (const state of states) breaker[`transitionTo${state}State`]();

    expect(breaker.remainingMs).toBe(waitMs);
  });

  it('keeps the window that opened it, and starts FORCED_OPEN with an empty one', () => {
    const { breaker } = setUp({ slidingWindowSize: 1, minimumNumberOfCalls: 1 });

    report(breaker, true);
    expect(breaker.metrics).toMatchObject({ bufferedCalls: 1, failureRate: 100 });
    breaker.transitionToForcedOpenState();

    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('waits for the default duration when the interval function returns NaN', () => {
    const emitWarning = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitWarning.mockRestore());
    const { breaker, clock } = setUp({ waitIntervalFunctionInOpenState: () => Number.NaN });
    breaker.transitionToOpenState();

    expect(emitWarning.mock.calls[0]?.[0]).toContain(
      "waitIntervalFunctionInOpenState of CircuitBreaker 'customer' returned NaN, but must return a finite number of " +
        'milliseconds of at least 0.',
    );
    clock.advance(60_001);

    expect(breaker.tryAcquirePermission()).toBe(true);
  });
});

describe('HALF_OPEN', () => {
  const trial = { initialState: 'HALF_OPEN', permittedNumberOfCallsInHalfOpenState: 2 } as const;

  it('shows how long its maximum wait still lasts, if it has one', () => {
    const { breaker, clock } = setUp({ ...trial, maxWaitDurationInHalfOpenState: '3s' });
    clock.advance(1_000);

    expect(breaker.remainingMs).toBe(2_000);
    expect(setUp(trial).breaker.remainingMs).toBeUndefined();
  });

  it('leaves no timer when its trial calls end before the maximum wait', () => {
    const { breaker, clock } = setUp({ ...trial, maxWaitDurationInHalfOpenState: '3s' });
    expect(clock.pendingTimers).toBe(1);

    report(breaker, false);
    report(breaker, false);

    expect(clock.pendingTimers).toBe(0);
  });

  it('refuses calls beyond the number of trial calls', () => {
    const { breaker } = setUp(trial);

    expect([1, 2, 3].map(() => breaker.tryAcquirePermission())).toStrictEqual([true, true, false]);
  });

  it('closes when the trial calls succeed', () => {
    const { breaker } = setUp(trial);

    report(breaker, false);
    expect(breaker.state).toBe('HALF_OPEN');
    report(breaker, false);

    expect(breaker.state).toBe('CLOSED');
    expect(breaker.metrics.bufferedCalls).toBe(0);
  });

  it('opens when the trial calls fail', () => {
    const { breaker } = setUp(trial);

    report(breaker, true);
    report(breaker, false);

    expect(breaker.state).toBe('OPEN');
  });

  it.each(['OPEN', 'CLOSED'] as const)('goes to %s when the maximum wait is over', (target) => {
    const { breaker, clock } = setUp({
      ...trial,
      maxWaitDurationInHalfOpenState: '3s',
      transitionToStateAfterWaitDuration: target,
    });

    breaker.tryAcquirePermission();
    clock.advance(2_999);
    expect(breaker.state).toBe('HALF_OPEN');
    clock.advance(1);

    expect(breaker.state).toBe(target);
  });
});

describe('DISABLED, METRICS_ONLY and FORCED_OPEN', () => {
  it.each(['DISABLED', 'METRICS_ONLY', 'FORCED_OPEN'] as const)('%s is left neither by calls nor by time', (state) => {
    const { breaker, clock } = setUp({ initialState: state, slidingWindowSize: 1, minimumNumberOfCalls: 1 });

    for (let call = 0; call < 20; call++) {
      breaker.tryAcquirePermission();
      report(breaker, true);
      clock.advance(60_000);
    }

    expect(breaker.state).toBe(state);
    breaker.reset();
    expect(breaker.state).toBe('CLOSED');
  });

  it('METRICS_ONLY emits once that a rate is exceeded', () => {
    const { breaker, events } = setUp({ initialState: 'METRICS_ONLY', slidingWindowSize: 2, minimumNumberOfCalls: 1 });

    for (let call = 0; call < 5; call++) report(breaker, true);

    expect(events.filter((type) => type === 'FAILURE_RATE_EXCEEDED')).toHaveLength(1);
  });

  it('DISABLED permits all calls and records none', () => {
    const { breaker, events } = setUp({ initialState: 'DISABLED' });

    expect(breaker.tryAcquirePermission()).toBe(true);
    report(breaker, true);

    expect(breaker.metrics.bufferedCalls).toBe(0);
    expect(events).toStrictEqual([]);
  });

  it('FORCED_OPEN refuses all calls and emits no event', () => {
    const { breaker, events } = setUp({ initialState: 'FORCED_OPEN' });

    expect(breaker.tryAcquirePermission()).toBe(false);

    expect(breaker.metrics.notPermittedCalls).toBe(1);
    expect(events).toStrictEqual([]);
  });
});

describe('A transition that is not in the table', () => {
  it('throws an error that lists the legal transitions, and changes nothing', () => {
    const { breaker, events } = setUp({ initialState: 'METRICS_ONLY' });
    report(breaker, true);

    expect(() => breaker.transitionToHalfOpenState()).toThrow(IllegalStateTransitionError);
    expect(() => breaker.transitionToOpenState()).toThrow(
      "CircuitBreaker 'customer' cannot go from METRICS_ONLY to OPEN; from METRICS_ONLY it can go to CLOSED, DISABLED, METRICS_ONLY, FORCED_OPEN.",
    );

    expect(breaker.state).toBe('METRICS_ONLY');
    expect(breaker.metrics.bufferedCalls).toBe(1);
    expect(events).toStrictEqual(['ERROR']);
  });
});

function report(breaker: CircuitBreaker, isFailed: boolean): void {
  if (isFailed) breaker.onError(1, new Error('outage'));
  else breaker.onSuccess(1);
}
