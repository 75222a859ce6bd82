import type { Clock } from '../clock.ts';
import type { WindowMetrics } from './circuit-breaker.metrics.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import type { StateName } from './circuit-breaker.transitions.ts';

/** What a state may ask of the machine that it belongs to. */
export interface StateMachine {
  readonly config: CircuitBreakerConfig;
  readonly clock: Clock;
  /** Moves on from `from`, unless the machine has left that state already. */
  transition(from: State, to: StateName): void;
  /** The calls on trial ended well: on to CLOSED, by the ramp-up if there is one. */
  recover(from: State): void;
  /** Asks the state that the machine is in now. */
  tryAcquirePermission(): boolean;
  publishFailureRateExceeded(failureRate: number): void;
  publishSlowCallRateExceeded(slowCallRate: number): void;
  publishCombinedRateExceeded(combinedRate: number): void;
  publishNotPermitted(): void;
  publishHealthProbe(isHealthy: boolean, error: unknown): void;
  publishRampUp(admissionPercentage: number): void;
}

/**
 * One state with its own statistics. Entering a state is making a new object, so nothing ever has to be put back, and a
 * call remembers by identity which state admitted it.
 */
export interface State {
  readonly name: StateName;
  /** How many times in a row the circuit breaker has opened; 0 when it is not on that road. */
  readonly attempt: number;
  readonly metrics: WindowMetrics;
  /** The share of calls that are let through, in percent; 0 where only calls on trial are, or none. */
  readonly admissionPercentage: number;
  /** Whether calls are recorded and told about. */
  readonly isRecording: boolean;
  /** Starts what the state needs, once the machine has moved here. */
  enter(): void;
  /** Stops what `enter` started. */
  leave(): void;
  /**
   * The machine has other options. Keeps what can be kept, and begins afresh what cannot.
   *
   * @param before the options until now
   */
  reconfigure(before: CircuitBreakerConfig): void;
  tryAcquirePermission(): boolean;
  /** Takes back the permission of a call whose end is no evidence. */
  releasePermission(): void;
  /** Files the result of a call, and may ask the machine for a transition. */
  record(isFailed: boolean, durationMs: number): void;
  /** How long until the clock ends this state, in milliseconds; `undefined` when no clock does. */
  remainingMs(): number | undefined;
}
