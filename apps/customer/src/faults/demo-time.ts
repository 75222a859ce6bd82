import { setTimeout as sleep } from 'node:timers/promises';

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
      // Nothing that only waits may keep a process that is done; whoever is served keeps it by the connection.
      await sleep(ms, undefined, { signal, ref: false });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
};

/** The demo's time, which may run faster than the clock on the wall. All faults are in it. */
export class DemoTime {
  readonly #scale: number;
  readonly #timer: Timer;

  /**
   * @param scale how many times faster than the clock on the wall it runs
   * @param timer default: the system's
   */
  constructor(scale: number, timer: Timer = systemTimer) {
    this.#scale = scale;
    this.#timer = timer;
  }

  /** Milliseconds of the demo's time since some moment. */
  now(): number {
    return this.#timer.now() * this.#scale;
  }

  /** How many real milliseconds these are, in whole ones. */
  toReal(ms: number): number {
    return Math.ceil(ms / this.#scale);
  }

  /**
   * Takes at least as long as it says, in whole milliseconds of real time.
   *
   * @param ms in the demo's time
   * @throws the signal's reason as soon as it is aborted
   */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const start = this.#timer.now();
    const real = this.toReal(ms);
    // A timer may fire up to a millisecond early, and then the rest remains.
    for (let left = real; left > 0; left = real - (this.#timer.now() - start)) {
      await this.#timer.sleep(Math.ceil(left), signal);
    }
  }
}
