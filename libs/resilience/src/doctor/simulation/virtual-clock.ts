import { checkNumber } from '../../core/arguments.ts';
import type { Cancel, Clock } from '../../core/clock.ts';

interface Timer {
  readonly dueAt: number;
  /** The number of timers that were scheduled before it. */
  readonly order: number;
  /** `undefined` when it is cancelled. */
  callback: (() => void) | undefined;
}

/** Calls `next` when all promises have settled that do not wait for a timer. */
export type Settle = (next: () => void) => void;

/** Exact for all work: in the next turn of the event loop. */
const inNextTurn: Settle = (next) => void setImmediate(next);

const settled = Promise.resolve();

/**
 * Without a turn of the event loop, for which browsers have nothing fast. Promise reactions run in the order in which they
 * were queued, so each of ours comes after one more link of every chain of promises. It is for work whose chains between
 * two timers are short: those of all policies around each other have less than thirty links.
 */
export const afterReactions: Settle = (next) => {
  let reactions = 0;
  const step = (): void => {
    if (++reactions === 50) next();
    else void settled.then(step);
  };
  step();
};

/**
 * A clock that advances only while all work waits for it: `run` jumps from one timer to the next, and completes pending
 * promises in between. An hour of simulated time takes only as long as the work in it.
 */
export class VirtualClock implements Clock {
  /** A binary heap: no timer is due before its parent, which is at half its index. The first is at 1. */
  readonly #timers: Timer[] = [{ dueAt: -Infinity, order: 0, callback: undefined }];
  #scheduled = 0;
  #now: number;

  readonly #settle: Settle;

  /** @param startAt the first reading, in milliseconds since the Unix epoch */
  constructor(startAt: number, settle: Settle = inNextTurn) {
    this.#now = startAt;
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  /** Timers that are due together fire in the order of scheduling. */
  schedule(delayMs: number, callback: () => void): Cancel {
    checkNumber('delayMs', delayMs);
    const timer: Timer = {
      dueAt: this.#now + Math.max(0, delayMs),
      order: this.#scheduled++,
      callback,
    };
    this.#add(timer);
    return () => void (timer.callback = undefined);
  }

  /** Advances time until `work` has ended. @throws the error of `work`, or an Error if it waits without a timer */
  async run<T>(work: Promise<T>): Promise<T> {
    let isPending = true;
    const ended = work.finally(() => (isPending = false));
    ended.catch(() => {});
    await new Promise<void>((resolve, reject) => {
      const fireNext = (): void => {
        if (!isPending) return resolve();
        const next = this.#takeNext();
        if (next === undefined) return reject(new Error('No timer is scheduled, but the work has not ended.'));
        this.#now = Math.max(this.#now, next.dueAt);
        try {
          next.callback?.();
        } catch (error) {
          return reject(error);
        }
        this.#settle(fireNext);
      };
      this.#settle(fireNext);
    });
    return ended;
  }

  #takeNext(): Timer | undefined {
    let next = this.#take();
    while (next !== undefined && next.callback === undefined) next = this.#take();
    return next;
  }

  #add(timer: Timer): void {
    const timers = this.#timers;
    let index = timers.length;
    for (let parent = index >>> 1; isBefore(timer, timers[parent]!); parent = index >>> 1) {
      timers[index] = timers[parent]!;
      index = parent;
    }
    timers[index] = timer;
  }

  #take(): Timer | undefined {
    const timers = this.#timers;
    if (timers.length === 1) return undefined;
    const first = timers[1];
    const last = timers.pop()!;
    if (timers.length === 1) return first;
    let index = 1;
    for (;;) {
      let child = index * 2;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!)) child++;
      if (!isBefore(timers[child]!, last)) break;
      timers[index] = timers[child]!;
      index = child;
    }
    timers[index] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueAt < b.dueAt || (a.dueAt === b.dueAt && a.order < b.order);
}
