import type { Cancel, Clock } from '../clock.ts';
import { WindowMetrics } from './circuit-breaker.metrics.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import type { StateName } from './circuit-breaker.transitions.ts';

/** What a state may ask of the machine that it belongs to. */
export interface StateMachine {
  readonly config: CircuitBreakerConfig;
  readonly clock: Clock;
  /** Moves on from `from`, unless the machine has left that state already. */
  transition(from: State, to: StateName): void;
  /** Asks the state that the machine is in now. */
  tryAcquirePermission(): boolean;
  publishFailureRateExceeded(failureRate: number): void;
  publishSlowCallRateExceeded(slowCallRate: number): void;
  publishNotPermitted(): void;
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
  /** Whether calls are recorded and told about. */
  readonly isRecording: boolean;
  /** Starts what the state needs, once the machine has moved here. */
  enter(): void;
  /** Stops what `enter` started. */
  leave(): void;
  tryAcquirePermission(): boolean;
  /** Takes back the permission of a call whose end is no evidence. */
  releasePermission(): void;
  /** Files the result of a call, and may ask the machine for a transition. */
  record(isFailed: boolean, durationMs: number): void;
  /** How long until the clock ends this state, in milliseconds; `undefined` when no clock does. */
  remainingMs(): number | undefined;
}

/** CLOSED lets calls pass and opens when a rate is reached. METRICS_ONLY is the same without opening. */
export class ClosedState implements State {
  readonly name: 'CLOSED' | 'METRICS_ONLY';
  readonly attempt = 0;
  readonly metrics: WindowMetrics;
  readonly isRecording = true;
  readonly #machine: StateMachine;
  #hasToldFailureRate = false;
  #hasToldSlowCallRate = false;

  constructor(machine: StateMachine, name: 'CLOSED' | 'METRICS_ONLY') {
    this.#machine = machine;
    this.name = name;
    this.metrics = WindowMetrics.configured(machine.config, machine.clock);
  }

  enter(): void {}

  leave(): void {}

  tryAcquirePermission(): boolean {
    return true;
  }

  releasePermission(): void {}

  record(isFailed: boolean, durationMs: number): void {
    this.metrics.record(isFailed, durationMs);
    const isFailing = this.metrics.hasFailureRateReachedThreshold();
    const isSlow = this.metrics.hasSlowCallRateReachedThreshold();

    // Once a stay is enough: CLOSED ends here anyway, and METRICS_ONLY would repeat itself with every call.
    if (isFailing && !this.#hasToldFailureRate) {
      this.#hasToldFailureRate = true;
      this.#machine.publishFailureRateExceeded(this.metrics.failureRate());
    }
    if (isSlow && !this.#hasToldSlowCallRate) {
      this.#hasToldSlowCallRate = true;
      this.#machine.publishSlowCallRateExceeded(this.metrics.slowCallRate());
    }
    if ((isFailing || isSlow) && this.name === 'CLOSED') this.#machine.transition(this, 'OPEN');
  }

  remainingMs(): undefined {
    return undefined;
  }
}

/** OPEN refuses until its wait is over. FORCED_OPEN has no wait, and neither records nor tells. */
export class OpenState implements State {
  readonly name: 'OPEN' | 'FORCED_OPEN';
  readonly attempt: number;
  readonly metrics: WindowMetrics;
  readonly isRecording: boolean;
  readonly #machine: StateMachine;
  readonly #endsAt: number | undefined;
  #cancelTimer: Cancel | undefined;

  /** @param endsAt when the wait is over, in milliseconds since the Unix epoch; `undefined` for FORCED_OPEN */
  constructor(machine: StateMachine, attempt: number, metrics: WindowMetrics, endsAt: number | undefined) {
    this.#machine = machine;
    this.name = endsAt === undefined ? 'FORCED_OPEN' : 'OPEN';
    this.attempt = attempt;
    this.metrics = metrics;
    this.isRecording = endsAt !== undefined;
    this.#endsAt = endsAt;
  }

  enter(): void {
    const remainingMs = this.remainingMs();
    if (remainingMs === undefined || !this.#machine.config.automaticTransitionFromOpenToHalfOpenEnabled) return;
    this.#cancelTimer = this.#machine.clock.schedule(remainingMs, () => this.#machine.transition(this, 'HALF_OPEN'));
  }

  leave(): void {
    this.#cancelTimer?.();
  }

  tryAcquirePermission(): boolean {
    // Without the automatic transition no timer ends the wait: the first call after it does, and is the first on trial.
    if (this.#endsAt !== undefined && this.#machine.clock.now() > this.#endsAt) {
      this.#machine.transition(this, 'HALF_OPEN');
      return this.#machine.tryAcquirePermission();
    }
    this.metrics.recordNotPermitted();
    this.#machine.publishNotPermitted();
    return false;
  }

  releasePermission(): void {}

  record(isFailed: boolean, durationMs: number): void {
    if (this.isRecording) this.metrics.record(isFailed, durationMs);
  }

  remainingMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - this.#machine.clock.now());
  }
}

/** HALF_OPEN lets a few calls pass on trial and decides by them alone. Beyond their number it refuses at once. */
export class HalfOpenState implements State {
  readonly name = 'HALF_OPEN';
  readonly attempt: number;
  readonly metrics: WindowMetrics;
  readonly isRecording = true;
  readonly #machine: StateMachine;
  readonly #endsAt: number | undefined;
  #permits: number;
  #cancelTimer: Cancel | undefined;

  constructor(machine: StateMachine, attempt: number) {
    const { permittedNumberOfCallsInHalfOpenState, maxWaitDurationInHalfOpenState } = machine.config;
    this.#machine = machine;
    this.attempt = attempt;
    this.metrics = WindowMetrics.onTrial(machine.config);
    this.#permits = permittedNumberOfCallsInHalfOpenState;
    this.#endsAt =
      maxWaitDurationInHalfOpenState > 0 ? machine.clock.now() + maxWaitDurationInHalfOpenState : undefined;
  }

  enter(): void {
    const { maxWaitDurationInHalfOpenState, transitionToStateAfterWaitDuration } = this.#machine.config;
    if (this.#endsAt === undefined) return;
    this.#cancelTimer = this.#machine.clock.schedule(maxWaitDurationInHalfOpenState, () =>
      this.#machine.transition(this, transitionToStateAfterWaitDuration),
    );
  }

  leave(): void {
    this.#cancelTimer?.();
  }

  tryAcquirePermission(): boolean {
    if (this.#permits > 0) {
      this.#permits--;
      return true;
    }
    this.metrics.recordNotPermitted();
    this.#machine.publishNotPermitted();
    return false;
  }

  releasePermission(): void {
    this.#permits++;
  }

  record(isFailed: boolean, durationMs: number): void {
    this.metrics.record(isFailed, durationMs);
    if (!this.metrics.hasRates()) return;

    const hasFailed = this.metrics.hasFailureRateReachedThreshold() || this.metrics.hasSlowCallRateReachedThreshold();
    this.#machine.transition(this, hasFailed ? 'OPEN' : 'CLOSED');
  }

  remainingMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - this.#machine.clock.now());
  }
}

/** DISABLED lets every call pass and looks at none. */
export class DisabledState implements State {
  readonly name = 'DISABLED';
  readonly attempt = 0;
  readonly metrics: WindowMetrics;
  readonly isRecording = false;

  constructor(machine: StateMachine) {
    this.metrics = WindowMetrics.configured(machine.config, machine.clock);
  }

  enter(): void {}

  leave(): void {}

  tryAcquirePermission(): boolean {
    return true;
  }

  releasePermission(): void {}

  record(): void {}

  remainingMs(): undefined {
    return undefined;
  }
}
