import { type Cancel, type Clock, scheduleInBackground } from '../clock.ts';
import type { EmitCircuitBreakerEvent } from './circuit-breaker.events.ts';
import { configuredWindow, type RateName, trialWindow, WindowMetrics } from './circuit-breaker.metrics.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import type { StateName } from './circuit-breaker.transitions.ts';

/** What a state uses of the state machine that it belongs to. */
export interface Machine {
  readonly config: CircuitBreakerConfig;
  readonly clock: Clock;
  /** Emits an event, unless the current state does not record calls. */
  readonly emit: EmitCircuitBreakerEvent;
  /**
   * Leaves `from` for a new state. Without effect when the machine has already left `from`.
   *
   * @throws IllegalStateTransitionError when the table does not contain the transition
   */
  transition(from: State, to: StateName | State): void;
  /** Requests a permission from the current state. */
  tryAcquirePermission(): boolean;
}

/**
 * A state and its statistics. Entering a state creates a new object: nothing is ever reset, and a call remembers by
 * identity which state permitted it.
 */
export abstract class State {
  abstract readonly name: StateName;
  abstract readonly metrics: WindowMetrics;
  /** The percentage of calls that are permitted; 0 where at most trial calls are. */
  abstract readonly admissionPercentage: number;
  /** Whether calls are recorded and emitted as events. */
  readonly isRecording: boolean = true;
  /** How many times in a row the circuit breaker has opened. */
  readonly attempt: number;
  protected readonly machine: Machine;

  constructor(machine: Machine, attempt = 0) {
    this.machine = machine;
    this.attempt = attempt;
  }

  /** Starts timers and probes, once the machine is in this state. */
  enter(): void {}

  /** Stops what `enter` started. */
  leave(): void {}

  /**
   * Continues with the machine's new options: keeps what still applies and restarts the rest.
   *
   * @param before the previous options
   */
  abstract reconfigure(before: CircuitBreakerConfig): void;

  abstract tryAcquirePermission(): boolean;

  /** Takes back the permission of a call that ended without a result to record. */
  releasePermission(): void {}

  /** Records how a call ended; may cause a transition. */
  record(isFailed: boolean, durationMs: number): void {
    if (!this.isRecording) return;
    this.metrics.record(isFailed, durationMs);
    this.judge();
  }

  /**
   * Records a call that is still in flight as slow; may cause a transition.
   *
   * @returns records that the call has failed, too
   */
  recordSlow(): () => void {
    const markFailed = this.metrics.recordSlow();
    this.judge();
    return () => {
      if (markFailed()) this.judge();
    };
  }

  /** Milliseconds until the clock ends this state; `undefined` when no clock does. */
  remainingMs(): number | undefined {
    return undefined;
  }

  /** Makes the transition that the window requires, after a change of the window. None by default. */
  protected judge(): void {}

  /** Counts a call that is not permitted. */
  protected refuse(): false {
    this.metrics.recordNotPermitted();
    this.machine.emit('NOT_PERMITTED', {});
    return false;
  }
}

const noRates: readonly RateName[] = [];

/** CLOSED permits all calls and opens when a rate reaches its threshold. METRICS_ONLY never opens. */
export class ClosedState extends State {
  readonly name: 'CLOSED' | 'METRICS_ONLY';
  readonly metrics: WindowMetrics;
  readonly admissionPercentage = 100;
  /** Each is announced once per stay: METRICS_ONLY would repeat it with every call. */
  #announcedRates: readonly RateName[] = noRates;

  constructor(machine: Machine, name: 'CLOSED' | 'METRICS_ONLY' = 'CLOSED') {
    super(machine);
    this.name = name;
    this.metrics = new WindowMetrics(configuredWindow, machine.config, machine.clock);
  }

  reconfigure(): void {
    this.metrics.reconfigure(this.machine.config);
    this.#announcedRates = noRates;
  }

  tryAcquirePermission(): boolean {
    return true;
  }

  protected override judge(): void {
    const reached = this.metrics.reachedRates();
    if (reached.length === 0) return;

    for (const rate of reached) this.#announce(rate);
    if (this.name === 'CLOSED') this.machine.transition(this, 'OPEN');
  }

  #announce(rate: RateName): void {
    if (this.#announcedRates.includes(rate)) return;
    this.#announcedRates = [...this.#announcedRates, rate];
    const { failureRate, slowCallRate, combinedRate } = this.metrics.rates();
    switch (rate) {
      case 'failureRate':
        return this.machine.emit('FAILURE_RATE_EXCEEDED', { failureRate });
      case 'slowCallRate':
        return this.machine.emit('SLOW_CALL_RATE_EXCEEDED', { slowCallRate });
      case 'combinedRate':
        return this.machine.emit('COMBINED_RATE_EXCEEDED', { combinedRate });
    }
  }
}

/** DISABLED permits all calls and records none. */
export class DisabledState extends State {
  readonly name = 'DISABLED';
  readonly metrics: WindowMetrics;
  readonly admissionPercentage = 100;
  override readonly isRecording = false;

  constructor(machine: Machine) {
    super(machine);
    this.metrics = new WindowMetrics(configuredWindow, machine.config, machine.clock);
  }

  reconfigure(): void {
    this.metrics.reconfigure(this.machine.config);
  }

  tryAcquirePermission(): boolean {
    return true;
  }
}

/** HALF_OPEN permits a number of trial calls and decides by them alone. It refuses all further calls immediately. */
export class HalfOpenState extends State {
  readonly name = 'HALF_OPEN';
  readonly metrics: WindowMetrics;
  readonly admissionPercentage = 0;
  readonly #endsAt: number | undefined;
  #permits: number;
  #cancelTimer: Cancel | undefined;

  constructor(machine: Machine, attempt: number) {
    super(machine, attempt);
    const { config, clock } = machine;
    this.metrics = new WindowMetrics(trialWindow, config, clock);
    this.#permits = config.permittedNumberOfCallsInHalfOpenState;
    const maxWaitMs = config.maxWaitDurationInHalfOpenState;
    this.#endsAt = maxWaitMs > 0 ? clock.now() + maxWaitMs : undefined;
  }

  override enter(): void {
    if (this.#endsAt === undefined) return;
    const { config, clock } = this.machine;
    this.#cancelTimer = scheduleInBackground(clock, config.maxWaitDurationInHalfOpenState, () =>
      this.machine.transition(this, this.machine.config.transitionToStateAfterWaitDuration),
    );
  }

  override leave(): void {
    this.#cancelTimer?.();
  }

  /** Another number of trial calls, or another maximum wait, restarts the trial. */
  reconfigure(before: CircuitBreakerConfig): void {
    const { config } = this.machine;
    const isSameTrial =
      config.permittedNumberOfCallsInHalfOpenState === before.permittedNumberOfCallsInHalfOpenState &&
      config.maxWaitDurationInHalfOpenState === before.maxWaitDurationInHalfOpenState;
    if (isSameTrial) this.metrics.reconfigure(config);
    else this.machine.transition(this, 'HALF_OPEN');
  }

  tryAcquirePermission(): boolean {
    if (this.#permits === 0) return this.refuse();
    this.#permits--;
    return true;
  }

  override releasePermission(): void {
    this.#permits++;
  }

  protected override judge(): void {
    if (this.metrics.rates().failureRate < 0) return;

    if (this.metrics.reachedRates().length > 0) this.machine.transition(this, 'OPEN');
    else recover(this.machine, this);
  }

  override remainingMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - this.machine.clock.now());
  }
}

/**
 * The steps from a successful trial to CLOSED: each permits a larger share of the calls for a time and is judged by a
 * window of its own. Its name is HALF_OPEN, because calls are refused.
 */
export class RampUpState extends State {
  readonly name = 'HALF_OPEN';
  #metrics: WindowMetrics;
  #step = 0;
  #stepEndsAt: number;
  /** The share due to the calls so far, in percent: at 100 the next one is permitted. Exact, without a random draw. */
  #credit = 100;

  constructor(machine: Machine, attempt: number) {
    super(machine, attempt);
    const { config, clock } = machine;
    this.#metrics = new WindowMetrics(trialWindow, config, clock);
    this.#stepEndsAt = clock.now() + config.rampUpStepDuration;
  }

  get metrics(): WindowMetrics {
    return this.#metrics;
  }

  get admissionPercentage(): number {
    return this.machine.config.rampUpSteps[this.#step] ?? 100;
  }

  override enter(): void {
    this.machine.emit('RAMP_UP', { admissionPercentage: this.admissionPercentage });
  }

  /** Other steps restart the ramp-up. Another duration applies from the next step. */
  reconfigure(before: CircuitBreakerConfig): void {
    const { config } = this.machine;
    const areSameSteps =
      config.rampUpSteps.length === before.rampUpSteps.length &&
      config.rampUpSteps.every((step, index) => step === before.rampUpSteps[index]);
    if (areSameSteps) this.#metrics.reconfigure(config);
    else recover(this.machine, this);
  }

  tryAcquirePermission(): boolean {
    if (this.machine.clock.now() >= this.#stepEndsAt && !this.#nextStep()) return this.machine.tryAcquirePermission();

    if (this.#credit < 100) {
      this.#credit += this.admissionPercentage;
      return this.refuse();
    }
    this.#credit += this.admissionPercentage - 100;
    return true;
  }

  protected override judge(): void {
    if (this.#metrics.reachedRates().length > 0) this.machine.transition(this, 'OPEN');
  }

  /** @returns false after the last step, when the machine is in CLOSED */
  #nextStep(): boolean {
    const { config, clock } = this.machine;
    this.#step++;
    if (this.#step === config.rampUpSteps.length) {
      this.machine.transition(this, 'CLOSED');
      return false;
    }
    this.#stepEndsAt = clock.now() + config.rampUpStepDuration;
    this.#metrics = new WindowMetrics(trialWindow, config, clock);
    this.machine.emit('RAMP_UP', { admissionPercentage: this.admissionPercentage });
    return true;
  }
}

/**
 * The last state of a circuit breaker that was removed. No timer, probe or result changes it: a probe would call the
 * dependency for ever, although no registry knows the circuit breaker. It permits all calls, because OPEN could never end;
 * FORCED_OPEN, which an operator chose, still refuses them.
 */
export class DisposedState extends State {
  readonly name: StateName;
  readonly metrics: WindowMetrics;
  readonly admissionPercentage: number;
  override readonly isRecording = false;

  constructor(machine: Machine, last: State) {
    super(machine, last.attempt);
    this.name = last.name;
    this.metrics = last.metrics;
    this.admissionPercentage = last.name === 'FORCED_OPEN' ? 0 : 100;
  }

  reconfigure(): void {}

  tryAcquirePermission(): boolean {
    return this.admissionPercentage > 0;
  }
}

/** Leaves HALF_OPEN after a successful trial: by the ramp-up if one is configured, else to CLOSED. */
function recover(machine: Machine, from: State): void {
  const hasRampUp = machine.config.rampUpSteps.length > 0;
  machine.transition(from, hasRampUp ? new RampUpState(machine, from.attempt) : 'CLOSED');
}
