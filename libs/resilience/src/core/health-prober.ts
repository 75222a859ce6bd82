import { type Cancel, type Clock, scheduleInBackground } from './clock.ts';
import type { CallContext } from './policy.ts';

/**
 * Checks whether a dependency is healthy: it resolves to any value but `false` if so. Its signal is aborted when the result
 * is no longer needed.
 */
export type HealthProbe = (context: Pick<CallContext, 'signal'>) => unknown;

/** When probes are made, in milliseconds. */
export interface HealthProberConfig {
  readonly healthProbeInterval: number;
  readonly healthProbeTimeout: number;
}

/** Calls a health probe at an interval, one call at a time, until it is stopped. */
export class HealthProber {
  readonly #probe: HealthProbe;
  readonly #config: HealthProberConfig;
  readonly #clock: Clock;
  readonly #onResult: (isHealthy: boolean, error: unknown) => void;
  #cancelTimer: Cancel = () => {};
  /** Of the probe in flight. */
  #controller: AbortController | undefined;

  constructor(
    probe: HealthProbe,
    config: HealthProberConfig,
    clock: Clock,
    onResult: (isHealthy: boolean, error: unknown) => void,
  ) {
    this.#probe = probe;
    this.#config = config;
    this.#clock = clock;
    this.#onResult = onResult;
  }

  start(): void {
    this.#cancelTimer = scheduleInBackground(
      this.#clock,
      this.#config.healthProbeInterval,
      () => void this.#callProbe(),
    );
  }

  stop(): void {
    this.#cancelTimer();
    this.#controller?.abort();
    this.#controller = undefined;
  }

  async #callProbe(): Promise<void> {
    const controller = new AbortController();
    this.#controller = controller;
    const timeout = new Promise<never>((_resolve, reject) => {
      this.#cancelTimer = scheduleInBackground(this.#clock, this.#config.healthProbeTimeout, () => {
        const error = new Error(`The health probe did not return within ${this.#config.healthProbeTimeout} ms.`);
        reject(error);
        controller.abort(error);
      });
    });
    let isHealthy = false;
    let failure: unknown;
    try {
      isHealthy = (await Promise.race([this.#probe({ signal: controller.signal }), timeout])) !== false;
    } catch (error) {
      failure = error;
    }
    // Stopped while the probe was in flight; another prober may already be active.
    if (this.#controller !== controller) return;

    this.#controller = undefined;
    this.#cancelTimer();
    this.start();
    this.#onResult(isHealthy, failure);
  }
}
