import { setTimeout as sleep } from 'node:timers/promises';

/** Longer than this would be of no use to anybody: five minutes. */
export const maxLatencyMs = 300_000;

/** How time passes for a wait. */
export interface Timer {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const systemTimer: Timer = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};

/** The time that every customer takes to be found, whatever the database says. */
export class Latency {
  readonly #timeScale: number;
  readonly #timer: Timer;
  #ms: number;

  /**
   * @param ms in the demo's time
   * @param timeScale how many times faster than the clock on the wall the demo's time runs
   * @param timer default: the system's
   */
  constructor(ms: number, timeScale: number, timer: Timer = systemTimer) {
    this.#ms = ms;
    this.#timeScale = timeScale;
    this.#timer = timer;
  }

  get ms(): number {
    return this.#ms;
  }

  /** From the next request on. */
  set(ms: number): void {
    this.#ms = ms;
  }

  /**
   * Takes at least as long as it says, in whole milliseconds of real time.
   *
   * @throws the signal's reason as soon as it is aborted
   */
  async wait(signal: AbortSignal): Promise<void> {
    const start = this.#timer.now();
    const ms = Math.ceil(this.#ms / this.#timeScale);
    // A timer may fire up to a millisecond early, and then the rest remains.
    for (let left = ms; left > 0; left = ms - (this.#timer.now() - start)) {
      await this.#timer.sleep(Math.ceil(left), signal);
    }
  }
}
