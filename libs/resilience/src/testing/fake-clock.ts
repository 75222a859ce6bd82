import { checkFinite, checkNumber } from '../core/arguments.ts';
import type { Cancel, Clock } from '../core/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** That of Node.js, also while a test framework fakes timers. */
const { setImmediate } = globalThis;

function promisesSettled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** A clock that a test advances. It fires each timer at its due time on the way. */
export class FakeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #now: number;

  /**
   * @param startAt the first reading, in milliseconds since the Unix epoch; 14 November 2023, 22:13:20 UTC by default
   * @throws RangeError when it is not a finite number
   */
  constructor(startAt = 1_700_000_000_000) {
    checkFinite('startAt', startAt);
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
    checkNumber('delayMs', delayMs);
    const timer: Timer = { dueAt: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /**
   * Advances the clock by `durationMs`. Code that awaits a timer continues only after this method has returned, so the
   * clock has then advanced past a second wait of the same code: use `advanceAsync` for code that waits more than once.
   *
   * @throws RangeError when it is not a finite number of at least 0
   */
  advance(durationMs: number): void {
    this.advanceTo(this.#timeAfter(durationMs));
  }

  /**
   * Like `advance`, and lets promises settle before each timer: code that waits several times starts each further wait at
   * the time when the one before has ended.
   *
   * @throws RangeError when it is not a finite number of at least 0
   */
  async advanceAsync(durationMs: number): Promise<void> {
    const until = this.#timeAfter(durationMs);
    for (;;) {
      await promisesSettled();
      const timer = this.#next(until);
      if (timer === undefined) break;
      this.#fire(timer);
    }
    this.#now = Math.max(this.#now, until);
  }

  /**
   * Advances the clock to `time`, in milliseconds since the Unix epoch, and fires the timers that are due, in order.
   *
   * @throws RangeError when it is not a finite number, or earlier than now
   */
  advanceTo(time: number): void {
    checkFinite('time', time);
    if (time < this.#now) throw new RangeError(`A clock cannot go from ${this.#now} to ${time}.`);
    for (let timer = this.#next(time); timer !== undefined; timer = this.#next(time)) this.#fire(timer);
    this.#now = time;
  }

  #timeAfter(durationMs: number): number {
    checkFinite('durationMs', durationMs);
    if (durationMs >= 0) return this.#now + durationMs;
    throw new RangeError(`durationMs must be a number of at least 0, but ${durationMs} was given.`);
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    this.#now = Math.max(this.#now, timer.dueAt);
    timer.callback();
  }

  #next(until: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueAt <= until && (next === undefined || timer.dueAt < next.dueAt)) next = timer;
    }
    return next;
  }
}
