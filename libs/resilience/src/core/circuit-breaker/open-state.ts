import { type Cancel, scheduleInBackground } from '../clock.ts';
import { HealthProber } from '../health-prober.ts';
import type { WindowMetrics } from './circuit-breaker.metrics.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import { type Machine, State } from './circuit-breaker.states.ts';

/** The options that decide about timers and probes in OPEN. */
const backgroundOptions = [
  'automaticTransitionFromOpenToHalfOpenEnabled',
  'healthProbe',
  'healthProbeInterval',
  'healthProbeTimeout',
] as const;

/** OPEN refuses all calls until its wait is over. FORCED_OPEN has no wait, records nothing and emits no events. */
export class OpenState extends State {
  readonly name: 'OPEN' | 'FORCED_OPEN';
  readonly metrics: WindowMetrics;
  readonly admissionPercentage = 0;
  override readonly isRecording: boolean;
  readonly #endsAt: number | undefined;
  #cancelTimer: Cancel | undefined;
  #prober: HealthProber | undefined;

  /**
   * @param metrics the window of the previous state, which caused the transition
   * @param endsAt when the wait is over, in milliseconds since the Unix epoch; `undefined` for FORCED_OPEN
   */
  constructor(machine: Machine, attempt: number, metrics: WindowMetrics, endsAt: number | undefined) {
    super(machine, attempt);
    this.name = endsAt === undefined ? 'FORCED_OPEN' : 'OPEN';
    this.metrics = metrics;
    this.isRecording = endsAt !== undefined;
    this.#endsAt = endsAt;
  }

  override enter(): void {
    const remainingMs = this.remainingMs();
    if (remainingMs === undefined) return;
    const { config, clock } = this.machine;
    const toHalfOpen = (): void => this.machine.transition(this, 'HALF_OPEN');
    if (config.automaticTransitionFromOpenToHalfOpenEnabled)
      this.#cancelTimer = scheduleInBackground(clock, remainingMs, toHalfOpen);
    if (config.healthProbe === undefined) return;
    this.#prober = new HealthProber(config.healthProbe, config, clock, (isHealthy, error) => {
      this.machine.emit('HEALTH_PROBE', { isHealthy, error });
      if (isHealthy) toHalfOpen();
    });
    this.#prober.start();
  }

  override leave(): void {
    this.#cancelTimer?.();
    this.#prober?.stop();
    this.#cancelTimer = undefined;
    this.#prober = undefined;
  }

  /** The current wait stays; timer and probe follow the new options. */
  reconfigure(before: CircuitBreakerConfig): void {
    const { config } = this.machine;
    this.metrics.reconfigure(config);
    if (backgroundOptions.every((option) => config[option] === before[option])) return;
    this.leave();
    this.enter();
  }

  tryAcquirePermission(): boolean {
    // Without the automatic transition no timer ends the wait: the first call after it does, as the first trial call.
    if (this.#endsAt !== undefined && this.machine.clock.now() > this.#endsAt) {
      this.machine.transition(this, 'HALF_OPEN');
      return this.machine.tryAcquirePermission();
    }
    return this.refuse();
  }

  override remainingMs(): number | undefined {
    return this.#endsAt === undefined ? undefined : Math.max(0, this.#endsAt - this.machine.clock.now());
  }
}
