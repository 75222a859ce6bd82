import {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type Clock,
  IntervalFunction,
  slidingWindow,
} from '../src/core/index.ts';
import type { CircuitBreakerTrace, Observables, TraceConfig } from './circuit-breaker.trace.ts';
import { compare, type Comparison } from './difference.ts';

export class Recorded extends Error {}
export class Ignored extends Error {}
export class NotRecorded extends Error {}

export const errorsByName = { recorded: Recorded, ignored: Ignored, notRecorded: NotRecorded };

/** A circuit breaker as the trace describes it, with everything that it publishes, in order. */
export function makeSubject(trace: CircuitBreakerTrace, clock: Clock): { breaker: CircuitBreaker; events: string[] } {
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

/** @returns the first value that differs */
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
