import { formatDuration } from '../duration.ts';
import { RejectedError, ResilienceError } from '../errors.ts';
import { legalTransitions, type StateName } from './circuit-breaker.transitions.ts';

/** The circuit breaker refused a call; the dependency was not called. */
export class CallNotPermittedError extends RejectedError {
  readonly code = 'CALL_NOT_PERMITTED';
  readonly circuitBreakerName: string;
  readonly state: StateName;
  /** Milliseconds until OPEN, or the maximum wait in HALF_OPEN, ends; `undefined` when no clock ends the state. */
  readonly retryAfterMs: number | undefined;

  constructor(circuitBreakerName: string, state: StateName, retryAfterMs: number | undefined) {
    super(
      `CircuitBreaker '${circuitBreakerName}' is ${state} and does not permit further calls; ${advice(state, retryAfterMs)}.`,
    );
    this.circuitBreakerName = circuitBreakerName;
    this.state = state;
    this.retryAfterMs = retryAfterMs;
  }

  /** The refusal of a call in the current state; without a stack trace if `writableStackTraceEnabled` is false. */
  static by({ name, state, remainingMs, config }: RefusingCircuitBreaker): CallNotPermittedError {
    if (config.writableStackTraceEnabled) return new CallNotPermittedError(name, state, remainingMs);
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      return new CallNotPermittedError(name, state, remainingMs);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }
}

interface RefusingCircuitBreaker {
  readonly name: string;
  readonly state: StateName;
  readonly remainingMs: number | undefined;
  readonly config: { readonly writableStackTraceEnabled: boolean };
}

function advice(state: StateName, retryAfterMs: number | undefined): string {
  if (state === 'FORCED_OPEN') return 'it keeps this state until an operator changes it';
  if (state === 'HALF_OPEN') return 'retry when the trial calls have ended';
  return retryAfterMs === undefined ? 'retry later' : `retry in ${formatDuration(retryAfterMs)}`;
}

/** The reason with which a circuit breaker aborts in-flight calls when it opens (`abortCallsOnOpen`). */
export class CallAbortedOnOpenError extends ResilienceError {
  readonly code = 'CALL_ABORTED_ON_OPEN';
  readonly circuitBreakerName: string;

  constructor(circuitBreakerName: string) {
    super(`CircuitBreaker '${circuitBreakerName}' opened while this call was in flight, and aborted it.`);
    this.circuitBreakerName = circuitBreakerName;
  }
}

/** The requested transition is not in the table of transitions. Nothing was changed. */
export class IllegalStateTransitionError extends ResilienceError {
  readonly code = 'ILLEGAL_STATE_TRANSITION';
  readonly circuitBreakerName: string;
  readonly fromState: StateName;
  readonly toState: StateName;

  constructor(circuitBreakerName: string, fromState: StateName, toState: StateName) {
    super(
      `CircuitBreaker '${circuitBreakerName}' cannot go from ${fromState} to ${toState}; ` +
        `from ${fromState} it can go to ${legalTransitions[fromState].join(', ')}.`,
    );
    this.circuitBreakerName = circuitBreakerName;
    this.fromState = fromState;
    this.toState = toState;
  }
}

/** The circuit breaker's engine does not support the operation. Nothing was changed. */
export class UnsupportedByEngineError extends ResilienceError {
  readonly code = 'UNSUPPORTED_BY_ENGINE';
  readonly circuitBreakerName: string;
  readonly engine: string;
  /** The name of the method, e.g. `transitionToForcedOpenState`. */
  readonly operation: string;

  /** @param reason why the engine does not support it, as a sentence without its full stop */
  constructor(circuitBreakerName: string, engine: string, operation: string, reason: string) {
    super(`CircuitBreaker '${circuitBreakerName}' runs on ${engine}, which does not support ${operation}: ${reason}.`);
    this.circuitBreakerName = circuitBreakerName;
    this.engine = engine;
    this.operation = operation;
  }
}

/** The error of an ERROR event when a call returned a value that `recordResult` counts as a failure. */
export class ResultRecordedAsFailureError extends ResilienceError {
  readonly code = 'RESULT_RECORDED_AS_FAILURE';
  readonly result: unknown;

  constructor(circuitBreakerName: string, result: unknown) {
    super(`CircuitBreaker '${circuitBreakerName}' recorded a returned value as a failure.`);
    this.result = result;
  }
}
