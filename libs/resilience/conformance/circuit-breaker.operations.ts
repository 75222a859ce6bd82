import { type CircuitBreaker, IllegalStateTransitionError } from '../src/core/index.ts';
import { errorsByName } from './circuit-breaker.subject.ts';
import type { Step } from './circuit-breaker.trace.ts';

/** What an operation answered or threw. */
export interface Performed {
  readonly result?: boolean;
  readonly thrown?: string;
}

/** Does what a step says by the public low-level calls. */
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
