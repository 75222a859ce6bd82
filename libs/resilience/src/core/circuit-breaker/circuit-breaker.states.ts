import type { Cancel } from '../clock.ts';
import { WindowMetrics } from './circuit-breaker.metrics.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import type { State, StateMachine } from './circuit-breaker.state.ts';
import { HealthProbing } from './health-probing.ts';

/** What decides about timers and probes in OPEN. */
const activitiesInOpen = [
  'automaticTransitionFromOpenToHalfOpenEnabled',
  'healthProbe',
  'healthProbeInterval',
  'healthProbeTimeout',
] as const;

/** What a trial is made of. */
const trialOptions = ['permittedNumberOfCallsInHalfOpenState', 'maxWaitDurationInHalfOpenState'] as const;

/** CLOSED lets calls pass and opens when a rate is reached. METRICS_ONLY is the same without opening. */
export class ClosedState implements State {
  readonly name: 'CLOSED' | 'METRICS_ONLY';
  readonly attempt = 0;
  readonly metrics: WindowMetrics;
  readonly admissionPercentage = 100;
  readonly isRecording = true;
  readonly #machine: StateMachine;
  #hasToldFailureRate = false;
  #hasToldSlowCallRate = false;
  #hasToldCombinedRate = false;

  constructor(machine: StateMachine, name: 'CLOSED' | 'METRICS_ONLY') {
    this.#machine = machine;
    this.name = name;
    this.metrics = WindowMetrics.configured(machine.config, machine.clock);
  }

  enter(): void {}

  leave(): void {}

  reconfigure(): void {
    this.metrics.reconfigure(this.#machine.config);
    this.#hasToldFailureRate = false;
    this.#hasToldSlowCallRate = false;
    this.#hasToldCombinedRate = false;
  }

  tryAcquirePermission(): boolean {
    return true;
  }

  releasePermission(): void {}

  record(isFailed: boolean, durationMs: number): void {
    this.metrics.record(isFailed, durationMs);
    if (!this.metrics.hasAnyRateReachedThreshold()) return;

    this.#tellReachedRates();
    if (this.name === 'CLOSED') this.#machine.transition(this, 'OPEN');
  }

  remainingMs(): undefined {
    return undefined;
  }

  /** Once a stay is enough: CLOSED ends here anyway, and METRICS_ONLY would repeat itself with every call. */
  #tellReachedRates(): void {
    if (this.metrics.hasFailureRateReachedThreshold() && !this.#hasToldFailureRate) {
      this.#hasToldFailureRate = true;
      this.#machine.publishFailureRateExceeded(this.metrics.failureRate());
    }
    if (this.metrics.hasSlowCallRateReachedThreshold() && !this.#hasToldSlowCallRate) {
      this.#hasToldSlowCallRate = true;
      this.#machine.publishSlowCallRateExceeded(this.metrics.slowCallRate());
    }
    if (this.metrics.hasCombinedRateReachedThreshold() && !this.#hasToldCombinedRate) {
      this.#hasToldCombinedRate = true;
      this.#machine.publishCombinedRateExceeded(this.metrics.combinedRate());
    }
  }
}

/** OPEN refuses until its wait is over. FORCED_OPEN has no wait, and neither records nor tells. */
export class OpenState implements State {
  readonly name: 'OPEN' | 'FORCED_OPEN';
  readonly attempt: number;
  readonly metrics: WindowMetrics;
  readonly admissionPercentage = 0;
  readonly isRecording: boolean;
  readonly #machine: StateMachine;
  readonly #endsAt: number | undefined;
  #cancelTimer: Cancel | undefined;
  #probing: HealthProbing | undefined;

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
    if (remainingMs === undefined) return;
    const { config, clock } = this.#machine;
    const halfOpen = (): void => this.#machine.transition(this, 'HALF_OPEN');
    if (config.automaticTransitionFromOpenToHalfOpenEnabled) this.#cancelTimer = clock.schedule(remainingMs, halfOpen);
    if (config.healthProbe === undefined) return;
    this.#probing = new HealthProbing(config.healthProbe, config, clock, (isHealthy, error) => {
      this.#machine.publishHealthProbe(isHealthy, error);
      if (isHealthy) halfOpen();
    });
    this.#probing.start();
  }

  leave(): void {
    this.#cancelTimer?.();
    this.#probing?.stop();
    this.#cancelTimer = undefined;
    this.#probing = undefined;
  }

  /** The wait goes on as it was begun; what is done meanwhile follows the new options. */
  reconfigure(before: CircuitBreakerConfig): void {
    const { config } = this.#machine;
    this.metrics.reconfigure(config);
    if (activitiesInOpen.every((option) => config[option] === before[option])) return;
    this.leave();
    this.enter();
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
  readonly admissionPercentage = 0;
  readonly isRecording = true;
  readonly #machine: StateMachine;
  readonly #endsAt: number | undefined;
  #permits: number;
  #cancelTimer: Cancel | undefined;

  constructor(machine: StateMachine, attempt: number) {
    const { permittedNumberOfCallsInHalfOpenState, maxWaitDurationInHalfOpenState } = machine.config;
    this.#machine = machine;
    this.attempt = attempt;
    this.metrics = WindowMetrics.onTrial(machine.config, machine.clock);
    this.#permits = permittedNumberOfCallsInHalfOpenState;
    this.#endsAt =
      maxWaitDurationInHalfOpenState > 0 ? machine.clock.now() + maxWaitDurationInHalfOpenState : undefined;
  }

  enter(): void {
    if (this.#endsAt === undefined) return;
    this.#cancelTimer = this.#machine.clock.schedule(this.#machine.config.maxWaitDurationInHalfOpenState, () =>
      this.#machine.transition(this, this.#machine.config.transitionToStateAfterWaitDuration),
    );
  }

  leave(): void {
    this.#cancelTimer?.();
  }

  /** Another number of calls on trial, or another time for them, is another trial. */
  reconfigure(before: CircuitBreakerConfig): void {
    const { config } = this.#machine;
    const isSameTrial = trialOptions.every((option) => config[option] === before[option]);
    if (isSameTrial) this.metrics.reconfigure(config);
    else this.#machine.transition(this, 'HALF_OPEN');
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

    if (this.metrics.hasAnyRateReachedThreshold()) this.#machine.transition(this, 'OPEN');
    else this.#machine.recover(this);
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
  readonly admissionPercentage = 100;
  readonly isRecording = false;
  readonly #machine: StateMachine;

  constructor(machine: StateMachine) {
    this.#machine = machine;
    this.metrics = WindowMetrics.configured(machine.config, machine.clock);
  }

  enter(): void {}

  leave(): void {}

  reconfigure(): void {
    this.metrics.reconfigure(this.#machine.config);
  }

  tryAcquirePermission(): boolean {
    return true;
  }

  releasePermission(): void {}

  record(): void {}

  remainingMs(): undefined {
    return undefined;
  }
}
