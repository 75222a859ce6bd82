import type { Clock } from '../../core/clock.ts';

const windows = 3;
const windowMs = 60_000;

/**
 * The largest value of the last two to three minutes, so that a peak expires after some scrapes.
 *
 * Like Micrometer's `TimeWindowMax`: a ring of maxima, each of which is updated by every value. The oldest is the
 * result; each minute it is reset and becomes the newest. Micrometer's Prometheus registry has a ring of three with a
 * step of one minute.
 */
export class TimeWindowMax {
  readonly #clock: Clock;
  readonly #maxima = Array.from({ length: windows }, () => 0);
  #oldest = 0;
  #rotatedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#rotatedAt = clock.now();
  }

  /** @param at the time of the value by the clock, in milliseconds since the Unix epoch */
  record(value: number, at: number): void {
    this.#rotate(at);
    for (let at = 0; at < windows; at++) if (value > this.#maxima[at]!) this.#maxima[at] = value;
  }

  /** 0 without a recent value. */
  get value(): number {
    this.#rotate(this.#clock.now());
    return this.#maxima[this.#oldest]!;
  }

  #rotate(now: number): void {
    const sinceMs = now - this.#rotatedAt;
    if (sinceMs < windowMs) return;

    const passed = Math.floor(sinceMs / windowMs);
    // Three rotations reset all of them; more are not necessary.
    for (let turn = 0; turn < Math.min(passed, windows); turn++) {
      this.#maxima[this.#oldest] = 0;
      this.#oldest = (this.#oldest + 1) % windows;
    }
    this.#rotatedAt += passed * windowMs;
  }
}
