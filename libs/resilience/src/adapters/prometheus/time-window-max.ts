import type { Clock } from '../../core/clock.ts';

const windows = 3;
const windowMs = 60_000;

/**
 * The largest value of the last two to three minutes, so that a peak is forgotten after some scrapes.
 *
 * After Micrometer's `TimeWindowMax`: a ring of maxima, each of which takes every value; the oldest is read, and is reset after
 * its minute. Micrometer's Prometheus registry has a ring of three with a step of one minute.
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

  /** @param at when, in milliseconds since the Unix epoch, by the clock */
  record(value: number, at: number): void {
    this.#rotate(at);
    for (let at = 0; at < windows; at++) if (value > this.#maxima[at]!) this.#maxima[at] = value;
  }

  /** 0 if there was no recent value. */
  get value(): number {
    this.#rotate(this.#clock.now());
    return this.#maxima[this.#oldest]!;
  }

  #rotate(now: number): void {
    const sinceMs = now - this.#rotatedAt;
    if (sinceMs < windowMs) return;

    const passed = Math.floor(sinceMs / windowMs);
    // One lap resets all of them, however much time has passed.
    for (let turn = 0; turn < Math.min(passed, windows); turn++) {
      this.#maxima[this.#oldest] = 0;
      this.#oldest = (this.#oldest + 1) % windows;
    }
    this.#rotatedAt += passed * windowMs;
  }
}
