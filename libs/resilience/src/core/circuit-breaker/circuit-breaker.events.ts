import type { LazyEventDetails, PolicyEvent } from '../events.ts';
import type { OutcomeKind } from '../outcome.ts';
import type { StateName } from './circuit-breaker.transitions.ts';

interface CircuitBreakerEvent<T extends string> extends PolicyEvent {
  readonly type: T;
  readonly circuitBreakerName: string;
}

/** A call ended. */
interface CallEndedEvent<T extends string> extends CircuitBreakerEvent<T> {
  readonly elapsedDurationMs: number;
  /** What the outcome shows; only with the option `classification`. Not in Resilience4j. */
  readonly outcome?: OutcomeKind;
}

/** A call succeeded, or failed with an error that the configuration does not record. */
export type SuccessEvent = CallEndedEvent<'SUCCESS'>;

/** A call failed: it threw, or returned a value that the configuration records as a failure. */
export interface ErrorEvent extends CallEndedEvent<'ERROR'> {
  readonly error: unknown;
}

/** A call ended with an error that is no evidence against the dependency. */
export interface IgnoredErrorEvent extends CallEndedEvent<'IGNORED_ERROR'> {
  readonly error: unknown;
}

/** A call was refused. FORCED_OPEN refuses without this event. */
export type NotPermittedEvent = CircuitBreakerEvent<'NOT_PERMITTED'>;

export interface StateTransitionEvent extends CircuitBreakerEvent<'STATE_TRANSITION'> {
  readonly fromState: StateName;
  readonly toState: StateName;
}

/** The circuit breaker was reset by hand to a new CLOSED. */
export type ResetEvent = CircuitBreakerEvent<'RESET'>;

/** The failure rate reached its threshold. */
export interface FailureRateExceededEvent extends CircuitBreakerEvent<'FAILURE_RATE_EXCEEDED'> {
  /** Percent. */
  readonly failureRate: number;
}

/** The slow-call rate reached its threshold. */
export interface SlowCallRateExceededEvent extends CircuitBreakerEvent<'SLOW_CALL_RATE_EXCEEDED'> {
  /** Percent. */
  readonly slowCallRate: number;
}

/** The share of calls that failed, were slow, or both, reached `combinedRateThreshold`. Not in Resilience4j. */
export interface CombinedRateExceededEvent extends CircuitBreakerEvent<'COMBINED_RATE_EXCEEDED'> {
  /** Percent. */
  readonly combinedRate: number;
}

/** The health probe was called in OPEN. Not in Resilience4j. */
export interface HealthProbeEvent extends CircuitBreakerEvent<'HEALTH_PROBE'> {
  readonly isHealthy: boolean;
  /** What a failed probe threw. */
  readonly error: unknown;
}

/** After a successful HALF_OPEN this share of the calls is permitted. Not in Resilience4j. */
export interface RampUpEvent extends CircuitBreakerEvent<'RAMP_UP'> {
  /** Percent. */
  readonly admissionPercentage: number;
}

/** The events of a circuit breaker, with Resilience4j's names. */
export type CircuitBreakerEvents = {
  readonly SUCCESS: SuccessEvent;
  readonly ERROR: ErrorEvent;
  readonly IGNORED_ERROR: IgnoredErrorEvent;
  readonly NOT_PERMITTED: NotPermittedEvent;
  readonly STATE_TRANSITION: StateTransitionEvent;
  readonly RESET: ResetEvent;
  readonly FAILURE_RATE_EXCEEDED: FailureRateExceededEvent;
  readonly SLOW_CALL_RATE_EXCEEDED: SlowCallRateExceededEvent;
  readonly COMBINED_RATE_EXCEEDED: CombinedRateExceededEvent;
  readonly HEALTH_PROBE: HealthProbeEvent;
  readonly RAMP_UP: RampUpEvent;
};

export type AnyCircuitBreakerEvent = CircuitBreakerEvents[keyof CircuitBreakerEvents];

type DetailsOf<K extends keyof CircuitBreakerEvents> = LazyEventDetails<CircuitBreakerEvents[K], 'circuitBreakerName'>;

/** Emits an event from the fields that distinguish its type; `creationTime` is now by default. */
export type EmitCircuitBreakerEvent = <K extends keyof CircuitBreakerEvents>(
  type: K,
  details: DetailsOf<K>,
  creationTime?: number,
) => void;
