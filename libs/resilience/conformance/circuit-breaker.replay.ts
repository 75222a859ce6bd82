import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type Clock,
  IllegalStateTransitionError,
  IntervalFunction,
  slidingWindow,
} from '../src/core/index.ts';
import { FakeClock } from '../src/testing/fake-clock.ts';
import type { CircuitBreakerTrace, Observables, Step, TraceConfig } from './circuit-breaker.trace.ts';
import { compare, type Comparison, type Difference } from './traces.ts';

/** Replays a trace through the public low-level methods. @returns the first difference, if there is one */
export function replayCircuitBreakerTrace(trace: CircuitBreakerTrace): Difference | undefined {
  const clock = new FakeClock(trace.startEpochMs);
  const { breaker, events } = createSubject(trace, clock);
  const label = trace.name === undefined ? trace.id : `${trace.id} (${trace.name})`;
  let expected = trace.initial;

  const atStart = compareObservables(expected, observe(breaker));
  if (atStart !== undefined) return { trace: label, step: 0, ...atStart };

  for (const [index, step] of trace.steps.entries()) {
    events.length = 0;
    clock.advanceTo(trace.startEpochMs + step.atMs);
    const { result, thrown } = perform(breaker, step, trace.startEpochMs);
    expected = { ...expected, ...step.after };

    const difference =
      compare('the result', step.result, result) ??
      compare('the error', step.throws, thrown) ??
      compare('the events', step.events, events) ??
      compareObservables(expected, observe(breaker));
    if (difference !== undefined) return { trace: label, step: index + 1, ...difference };
  }
  return undefined;
}

export class Recorded extends Error {}
export class Ignored extends Error {}
export class NotRecorded extends Error {}

export const errorsByName = { recorded: Recorded, ignored: Ignored, notRecorded: NotRecorded };

/** The circuit breaker of a trace, and the types of its events in order. */
export function createSubject(trace: CircuitBreakerTrace, clock: Clock): { breaker: CircuitBreaker; events: string[] } {
  const breaker = new CircuitBreaker(trace.id, toOptions(trace.config), { clock });
  const events: string[] = [];
  breaker.onEvent((event) => {
    events.push(
      event.type === 'STATE_TRANSITION' ? `STATE_TRANSITION:${event.fromState}->${event.toState}` : event.type,
    );
  });
  return { breaker, events };
}

export function observe(breaker: CircuitBreaker): Observables {
  return { state: breaker.state, ...breaker.metrics };
}

/** @returns the first value that differs, if there is one */
export function compareObservables(expected: Observables, actual: Observables): Comparison {
  for (const name of Object.keys(expected) as (keyof Observables)[]) {
    const difference = compare(name, rounded(expected[name]), rounded(actual[name]));
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** Rates are recorded as the shortest decimal of a 32-bit float. */
function rounded(value: number | string): number | string {
  return typeof value === 'number' ? Math.fround(value) : value;
}

function toOptions(config: TraceConfig): CircuitBreakerOptions {
  const { slidingWindowSize, minimumNumberOfCalls, slidingWindowType, waitIntervalInOpenState: interval } = config;
  return {
    ...(config.configuredWithCombinedWindowSetter
      ? slidingWindow(slidingWindowSize, minimumNumberOfCalls, slidingWindowType)
      : { slidingWindowSize, minimumNumberOfCalls, slidingWindowType }),
    failureRateThreshold: config.failureRateThreshold,
    slowCallRateThreshold: config.slowCallRateThreshold,
    slowCallDurationThreshold: config.slowCallDurationThresholdMs,
    permittedNumberOfCallsInHalfOpenState: config.permittedNumberOfCallsInHalfOpenState,
    ...(interval === undefined
      ? { waitDurationInOpenState: config.waitDurationInOpenStateMs! }
      : {
          waitIntervalFunctionInOpenState: IntervalFunction.ofExponentialBackoff(
            interval.initialMs,
            interval.multiplier,
            interval.maxMs,
          ),
        }),
    maxWaitDurationInHalfOpenState: config.maxWaitDurationInHalfOpenStateMs,
    transitionToStateAfterWaitDuration: config.transitionToStateAfterWaitDuration ?? 'OPEN',
    automaticTransitionFromOpenToHalfOpenEnabled: config.automaticTransitionFromOpenToHalfOpenEnabled,
    initialState: config.initialState,
    recordExceptions: [Recorded],
    ignoreExceptions: [Ignored],
    recordResult: (value) => value === 'bad',
  };
}

/** What an operation returned or threw. */
export interface Performed {
  readonly result?: boolean;
  readonly thrown?: string;
}

/** Performs a step by the public low-level methods. */
export function perform(breaker: CircuitBreaker, step: Step, startEpochMs: number): Performed {
  try {
    const result = operate(breaker, step, startEpochMs);
    return result === undefined ? {} : { result };
  } catch (error) {
    return { thrown: error instanceof IllegalStateTransitionError ? 'IllegalStateTransitionException' : String(error) };
  }
}

function operate(breaker: CircuitBreaker, step: Step, startEpochMs: number): boolean | void {
  switch (step.op) {
    case 'tryAcquirePermission':
      return breaker.tryAcquirePermission();
    case 'onSuccess':
      return breaker.onSuccess(step.durationMs!);
    case 'onError':
      return breaker.onError(step.durationMs!, new errorsByName[step.error!](step.error));
    case 'onResult':
      return breaker.onResult(step.durationMs!, step.value);
    case 'releasePermission':
      return breaker.releasePermission();
    case 'transitionToClosed':
      return breaker.transitionToClosedState();
    case 'transitionToOpen':
      return breaker.transitionToOpenState();
    case 'transitionToHalfOpen':
      return breaker.transitionToHalfOpenState();
    case 'transitionToForcedOpen':
      return breaker.transitionToForcedOpenState();
    case 'transitionToDisabled':
      return breaker.transitionToDisabledState();
    case 'transitionToMetricsOnly':
      return breaker.transitionToMetricsOnlyState();
    case 'transitionToOpenFor':
      return breaker.transitionToOpenStateFor(step.waitMs!);
    case 'transitionToOpenUntil':
      return breaker.transitionToOpenStateUntil(startEpochMs + step.untilMs!);
    case 'reset':
      return breaker.reset();
    case 'advance':
      return undefined;
  }
}
