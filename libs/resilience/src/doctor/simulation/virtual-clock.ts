import { setImmediate } from 'node:timers/promises';
import type { Cancel, Clock } from '../../core/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/**
 * Time that passes only when everybody waits for it: `run` jumps from one timer to the next, and in between lets promises
 * take all their turns. An hour of simulated time takes as long as what happens in it.
 */
export class VirtualClock implements Clock {
  /** The last is due first; of those that are due together, the one that was scheduled first. */
  readonly #timers: Timer[] = [];
  #now: number;

  /** @param startAt the first reading, in milliseconds since the Unix epoch */
  constructor(startAt: number) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, callback: () => void): Cancel {
    const timer: Timer = { dueAt: this.#now + Math.max(0, delayMs), callback, isCancelled: false };
    this.#timers.splice(this.#placeOf(timer.dueAt), 0, timer);
    return () => void (timer.isCancelled = true);
  }

  /** Lets time pass until `work` has ended. @throws what `work` throws, or an Error when it waits for what never comes */
  async run<T>(work: Promise<T>): Promise<T> {
    let isPending = true;
    const ended = work.finally(() => (isPending = false));
    ended.catch(() => {});
    for (;;) {
      await setImmediate();
      if (!isPending) return ended;
      const next = this.#takeNext();
      if (next === undefined) throw new Error('Nothing is scheduled any more, and yet the work has not ended.');
      this.#now = Math.max(this.#now, next.dueAt);
      next.callback();
    }
  }

  #takeNext(): Timer | undefined {
    let next = this.#timers.pop();
    while (next?.isCancelled === true) next = this.#timers.pop();
    return next;
  }

  /** The first place whose timer is due no later. */
  #placeOf(dueAt: number): number {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#timers[middle]?.dueAt ?? 0) > dueAt) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
