import type { Clock } from '../../core/clock.ts';

const windows = 3;
const windowMs = 60_000;

/**
 * The largest value of the last two to three minutes. A peak that has been seen by some scrapes is forgotten, so that the
 * maximum of today is not that of the start.
 *
 * After Micrometer's `TimeWindowMax`: a ring of maxima, each of which takes every value; the one that is read is the
 * oldest, and is emptied when its time is over. Micrometer's Prometheus registry gives it a ring of three, and its step of
 * one minute for each.
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

  /** 0 when there was no value lately. */
  get value(): number {
    this.#rotate(this.#clock.now());
    return this.#maxima[this.#oldest]!;
  }

  #rotate(now: number): void {
    const sinceMs = now - this.#rotatedAt;
    if (sinceMs < windowMs) return;

    const passed = Math.floor(sinceMs / windowMs);
    // A lap empties all of them, however long nobody looked.
    for (let turn = 0; turn < Math.min(passed, windows); turn++) {
      this.#maxima[this.#oldest] = 0;
      this.#oldest = (this.#oldest + 1) % windows;
    }
    this.#rotatedAt += passed * windowMs;
  }
}
