import type { Cancel, Clock } from '../clock.ts';
import type { HealthProbe } from './circuit-breaker.options.ts';

interface ProbingConfig {
  readonly healthProbeInterval: number;
  readonly healthProbeTimeout: number;
}

/** Asks a dependency how it is, one question at a time, at an interval, until it is stopped. */
export class HealthProbing {
  readonly #probe: HealthProbe;
  readonly #config: ProbingConfig;
  readonly #clock: Clock;
  readonly #onAnswer: (isHealthy: boolean, error: unknown) => void;
  #cancelTimer: Cancel = () => {};
  #asking: AbortController | undefined;

  constructor(
    probe: HealthProbe,
    config: ProbingConfig,
    clock: Clock,
    onAnswer: (isHealthy: boolean, error: unknown) => void,
  ) {
    this.#probe = probe;
    this.#config = config;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
  }

  start(): void {
    this.#cancelTimer = this.#clock.schedule(this.#config.healthProbeInterval, () => void this.#ask());
  }

  stop(): void {
    this.#cancelTimer();
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #ask(): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    const timeout = new Promise<never>((_resolve, reject) => {
      this.#cancelTimer = this.#clock.schedule(this.#config.healthProbeTimeout, () => {
        const tooLate = new Error(`The health probe did not answer within ${this.#config.healthProbeTimeout} ms.`);
        reject(tooLate);
        asking.abort(tooLate);
      });
    });
    let isHealthy = false;
    let failure: unknown;
    try {
      isHealthy = (await Promise.race([this.#probe({ signal: asking.signal }), timeout])) !== false;
    } catch (error) {
      failure = error;
    }
    // Stopped meanwhile: nobody wants the answer, and another question may be under way.
    if (this.#asking !== asking) return;

    this.#asking = undefined;
    this.#cancelTimer();
    this.start();
    this.#onAnswer(isHealthy, failure);
  }
}
