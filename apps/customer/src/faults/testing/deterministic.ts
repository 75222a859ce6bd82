import type { Cancel, Clock } from '@breakwater/resilience';
import { setImmediate } from 'node:timers/promises';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** A clock that a test advances; code between two timers runs, as with a real clock. */
export class PacedClock implements Clock {
  readonly #timers = new Set<Timer>();
  #realMs = 0;

  /** @param earlyMs how early the first timer fires, in real milliseconds */
  constructor(
    readonly speed = 1,
    private earlyMs = 0,
  ) {}

  now(): number {
    return this.#realMs * this.speed;
  }

  /** In whole real milliseconds, as `setTimeout` has it. */
  schedule(delayMs: number, callback: () => void): Cancel {
    const dueAt = this.#realMs + Math.max(1, Math.trunc(delayMs / this.speed)) - this.earlyMs;
    this.earlyMs = 0;
    const timer = { dueAt, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Advances by real milliseconds. */
  async advance(realMs: number): Promise<void> {
    const end = this.#realMs + realMs;
    for (;;) {
      await setImmediate();
      const [next] = [...this.#timers].sort((one, other) => one.dueAt - other.dueAt);
      if (!next || next.dueAt > end) break;
      this.#timers.delete(next);
      this.#realMs = next.dueAt;
      next.callback();
    }
    this.#realMs = end;
  }
}

/** Random numbers that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
