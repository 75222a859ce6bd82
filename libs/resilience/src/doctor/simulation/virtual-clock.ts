import { setImmediate } from 'node:timers/promises';
import { checkNumber } from '../../core/arguments.ts';
import type { Cancel, Clock } from '../../core/clock.ts';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
  isCancelled: boolean;
}

/**
 * A clock that advances only while all work waits for it: `run` jumps from one timer to the next, and completes pending
 * promises in between. An hour of simulated time takes only as long as the work in it.
 */
export class VirtualClock implements Clock {
  /** Sorted so that the last is due first; timers that are due together, by the order of scheduling. */
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
    checkNumber('delayMs', delayMs);
    const timer: Timer = { dueAt: this.#now + Math.max(0, delayMs), callback, isCancelled: false };
    this.#timers.splice(this.#positionOf(timer.dueAt), 0, timer);
    return () => void (timer.isCancelled = true);
  }

  /** Advances time until `work` has ended. @throws the error of `work`, or an Error if it waits without a timer */
  async run<T>(work: Promise<T>): Promise<T> {
    let isPending = true;
    const ended = work.finally(() => (isPending = false));
    ended.catch(() => {});
    for (;;) {
      await setImmediate();
      if (!isPending) return ended;
      const next = this.#takeNext();
      if (next === undefined) throw new Error('No timer is scheduled, but the work has not ended.');
      this.#now = Math.max(this.#now, next.dueAt);
      next.callback();
    }
  }

  #takeNext(): Timer | undefined {
    let next = this.#timers.pop();
    while (next?.isCancelled === true) next = this.#timers.pop();
    return next;
  }

  /** The first position whose timer is not due later. */
  #positionOf(dueAt: number): number {
    let [from, to] = [0, this.#timers.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#timers[middle]?.dueAt ?? 0) > dueAt) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}
