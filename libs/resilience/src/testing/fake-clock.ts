import type { Cancel, Clock } from '../core/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** A clock that a test advances. It fires each timer at its due time on the way. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;

  /**
   * @param startAt the first reading, in milliseconds since the Unix epoch; 14 November 2023, 22:13:20 UTC by default
   */
  constructor(startAt = 1_700_000_000_000) {
    this.#now = startAt;
  }

  /** The number of scheduled callbacks; an idle policy has none. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): Cancel {
    const timer: Timer = { dueAt: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Advances the clock by `durationMs`. */
  advance(durationMs: number): void {
    this.advanceTo(this.#now + durationMs);
  }

  /**
   * Advances the clock to `time`, in milliseconds since the Unix epoch, and fires the timers that are due, in order.
   */
  advanceTo(time: number): void {
    if (time < this.#now) throw new RangeError(`A clock cannot go back from ${this.#now} to ${time}.`);
    for (let timer = this.#next(time); timer !== undefined; timer = this.#next(time)) {
      this.#timers.delete(timer);
      this.#now = timer.dueAt;
      timer.callback();
    }
    this.#now = time;
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= until && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
