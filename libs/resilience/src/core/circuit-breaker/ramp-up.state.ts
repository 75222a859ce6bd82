import { WindowMetrics } from './circuit-breaker.metrics.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import type { State, StateMachine } from './circuit-breaker.state.ts';

/**
 * The way from HALF_OPEN to CLOSED in steps: each lets a larger share of the calls through, for a time, and is judged by a
 * window of its own. To the outside this is still HALF_OPEN, since calls are refused.
 */
export class RampUpState implements State {
  readonly name = 'HALF_OPEN';
  readonly attempt: number;
  readonly isRecording = true;
  readonly #machine: StateMachine;
  #metrics: WindowMetrics;
  #step = 0;
  #stepEndsAt: number;
  /** What is due to the calls, in percent: at 100 the next one is let through. The share is exact, nothing is drawn. */
  #credit = 100;

  constructor(machine: StateMachine, attempt: number) {
    this.#machine = machine;
    this.attempt = attempt;
    this.#metrics = WindowMetrics.onTrial(machine.config, machine.clock);
    this.#stepEndsAt = machine.clock.now() + machine.config.rampUpStepDuration;
  }

  get metrics(): WindowMetrics {
    return this.#metrics;
  }

  get admissionPercentage(): number {
    return this.#machine.config.rampUpSteps[this.#step] ?? 100;
  }

  enter(): void {
    this.#machine.publishRampUp(this.admissionPercentage);
  }

  leave(): void {}

  /** Other steps begin with the first of them. Their duration holds from the next step on. */
  reconfigure(before: CircuitBreakerConfig): void {
    const { config } = this.#machine;
    const areSameSteps =
      config.rampUpSteps.length === before.rampUpSteps.length &&
      config.rampUpSteps.every((step, at) => step === before.rampUpSteps[at]);
    if (areSameSteps) this.#metrics.reconfigure(config);
    else this.#machine.recover(this);
  }

  tryAcquirePermission(): boolean {
    if (this.#machine.clock.now() >= this.#stepEndsAt && !this.#nextStep()) return this.#machine.tryAcquirePermission();

    if (this.#credit >= 100) {
      this.#credit += this.admissionPercentage - 100;
      return true;
    }
    this.#credit += this.admissionPercentage;
    this.#metrics.recordNotPermitted();
    this.#machine.publishNotPermitted();
    return false;
  }

  releasePermission(): void {}

  record(isFailed: boolean, durationMs: number): void {
    this.#metrics.record(isFailed, durationMs);
    if (this.#metrics.hasAnyRateReachedThreshold()) this.#machine.transition(this, 'OPEN');
  }

  remainingMs(): undefined {
    return undefined;
  }

  /** @returns false when there was no further step, and the machine has moved on to CLOSED */
  #nextStep(): boolean {
    this.#step++;
    if (this.#step === this.#machine.config.rampUpSteps.length) {
      this.#machine.transition(this, 'CLOSED');
      return false;
    }
    this.#stepEndsAt = this.#machine.clock.now() + this.#machine.config.rampUpStepDuration;
    this.#metrics = WindowMetrics.onTrial(this.#machine.config, this.#machine.clock);
    this.#machine.publishRampUp(this.admissionPercentage);
    return true;
  }
}
