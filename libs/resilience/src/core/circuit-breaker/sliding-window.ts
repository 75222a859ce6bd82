import type { Clock } from '../clock.ts';

/** The sums over the calls in a window. */
export interface WindowTotals {
  readonly calls: number;
  readonly failedCalls: number;
  /** Failed or not. */
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
}

/** How a call counts in a window. */
export type WindowOutcome = 'SUCCESS' | 'ERROR' | 'SLOW_SUCCESS' | 'SLOW_ERROR';

/** The calls of one second of a time-based window. */
export interface WindowSecond extends WindowTotals {
  /** Seconds since the Unix epoch. */
  readonly epochSecond: number;
}

/** What a window holds, by call or by second; oldest first. */
export type WindowContents =
  | {
      readonly type: 'COUNT_BASED';
      /** The maximum number of calls. */
      readonly size: number;
      readonly outcomes: readonly WindowOutcome[];
    }
  | {
      readonly type: 'TIME_BASED';
      /** The length in seconds. */
      readonly size: number;
      /** The current second, which is the last of the window. */
      readonly epochSecond: number;
      /** Only those in which a call ended. */
      readonly seconds: readonly WindowSecond[];
    };

/**
 * Records how recent calls ended. Running totals keep the cost independent of the window's size: what leaves the window
 * is subtracted, never summed up again.
 */
export interface SlidingWindow {
  /** @returns the entry of the call, for `markFailed` */
  record(isFailed: boolean, isSlow: boolean): number;
  /**
   * Marks a call that was recorded as slow and successful as failed, too.
   *
   * @param entry what `record` returned
   * @returns whether the call is still in the window
   */
  markFailed(entry: number): boolean;
  /** The current sums. The object belongs to the window: read it immediately, do not keep it. */
  totals(): WindowTotals;
  /** A copy of the contents, for display. The cost grows with the window's size. */
  contents(): WindowContents;
}

class RunningTotals implements WindowTotals {
  calls = 0;
  failedCalls = 0;
  slowCalls = 0;
  slowFailedCalls = 0;

  /** Adds one call, or removes it with `sign` -1. */
  add(isFailed: boolean, isSlow: boolean, sign: 1 | -1 = 1): void {
    this.calls += sign;
    if (isFailed) this.failedCalls += sign;
    if (isSlow) this.slowCalls += sign;
    if (isFailed && isSlow) this.slowFailedCalls += sign;
  }

  /** Turns a slow success into a slow failure. */
  markFailed(): void {
    this.failedCalls++;
    this.slowFailedCalls++;
  }

  subtract(part: WindowTotals): void {
    this.calls -= part.calls;
    this.failedCalls -= part.failedCalls;
    this.slowCalls -= part.slowCalls;
    this.slowFailedCalls -= part.slowFailedCalls;
  }

  clear(): void {
    this.calls = 0;
    this.failedCalls = 0;
    this.slowCalls = 0;
    this.slowFailedCalls = 0;
  }
}

const failedBit = 1;
const slowBit = 2;

/** By their bits. */
const outcomeNames: readonly WindowOutcome[] = ['SUCCESS', 'ERROR', 'SLOW_SUCCESS', 'SLOW_ERROR'];

/**
 * The last N calls, two bits each. The newest call overwrites the oldest, which is subtracted from the totals, as in
 * Resilience4j's `FixedSizeSlidingWindowMetrics`.
 */
export class CountBasedWindow implements SlidingWindow {
  readonly #size: number;
  readonly #ring: Uint8Array;
  readonly #totals = new RunningTotals();
  #next = 0;
  /** Of all calls since the window was created: the next one is in slot `#recorded % #size`. */
  #recorded = 0;

  /** @param size the maximum number of calls; 1 or more */
  constructor(size: number) {
    this.#size = size;
    this.#ring = new Uint8Array(Math.ceil(size / 4));
  }

  record(isFailed: boolean, isSlow: boolean): number {
    if (this.#totals.calls === this.#size) {
      const oldest = this.#bitsAt(this.#next);
      this.#totals.add((oldest & failedBit) !== 0, (oldest & slowBit) !== 0, -1);
    }
    this.#totals.add(isFailed, isSlow);
    this.#setBitsAt(this.#next, (isFailed ? failedBit : 0) | (isSlow ? slowBit : 0));
    this.#next = (this.#next + 1) % this.#size;
    return this.#recorded++;
  }

  markFailed(entry: number): boolean {
    if (entry < this.#recorded - this.#totals.calls) return false;
    this.#totals.markFailed();
    this.#setBitsAt(entry % this.#size, failedBit | slowBit);
    return true;
  }

  totals(): WindowTotals {
    return this.#totals;
  }

  contents(): WindowContents {
    const size = this.#size;
    const { calls } = this.#totals;
    const oldest = (this.#next - calls + size) % size;
    const outcomes = Array.from({ length: calls }, (_, age) => outcomeNames[this.#bitsAt((oldest + age) % size)]!);
    return { type: 'COUNT_BASED', size, outcomes };
  }

  #bitsAt(slot: number): number {
    return (this.#ring[slot >> 2]! >> ((slot & 3) << 1)) & 3;
  }

  #setBitsAt(slot: number, bits: number): void {
    const shift = (slot & 3) << 1;
    this.#ring[slot >> 2] = (this.#ring[slot >> 2]! & ~(3 << shift)) | (bits << shift);
  }
}

/** The partial sums of one second. */
class Bucket extends RunningTotals {
  epochSecond = -1;
}

/**
 * The calls of the last N seconds: partial sums for each second with a call, and their total. Seconds are whole seconds of
 * the clock, as in Resilience4j's `SlidingTimeWindowMetrics`: at time t the window holds the epoch seconds
 * floor(t) - N + 1 to floor(t).
 *
 * The buckets form a queue in a ring, oldest first. Each is subtracted from the total once, when it is too old; a gap as
 * long as the window drops all at once. No call pays for the window's size, and no timer runs.
 */
export class TimeBasedWindow implements SlidingWindow {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #buckets: Bucket[] = [];
  readonly #total = new RunningTotals();
  #oldest = 0;
  #used = 0;

  /** @param size the length in seconds; 1 or more */
  constructor(size: number, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
  }

  record(isFailed: boolean, isSlow: boolean): number {
    const epochSecond = this.#slide();
    this.#bucketOf(epochSecond).add(isFailed, isSlow);
    this.#total.add(isFailed, isSlow);
    return epochSecond;
  }

  /** @param entry the second of the call */
  markFailed(entry: number): boolean {
    this.#slide();
    for (let age = 0; age < this.#used; age++) {
      const bucket = this.#bucketAt(age);
      if (bucket.epochSecond !== entry) continue;
      bucket.markFailed();
      this.#total.markFailed();
      return true;
    }
    return false;
  }

  totals(): WindowTotals {
    this.#slide();
    return this.#total;
  }

  contents(): WindowContents {
    const epochSecond = this.#slide();
    const seconds = Array.from({ length: this.#used }, (_, age) => {
      const bucket = this.#bucketAt(age);
      const { calls, failedCalls, slowCalls, slowFailedCalls } = bucket;
      return { epochSecond: bucket.epochSecond, calls, failedCalls, slowCalls, slowFailedCalls };
    });
    return { type: 'TIME_BASED', size: this.#size, epochSecond, seconds };
  }

  /** Removes buckets that are too old. @returns the current second */
  #slide(): number {
    const epochSecond = Math.floor(this.#clock.now() / 1_000);
    if (this.#used === 0) return epochSecond;

    const oldestKept = epochSecond - this.#size + 1;
    if (this.#newest().epochSecond < oldestKept) {
      this.#used = 0;
      this.#total.clear();
      return epochSecond;
    }
    while (this.#buckets[this.#oldest]!.epochSecond < oldestKept) {
      this.#total.subtract(this.#buckets[this.#oldest]!);
      this.#oldest = (this.#oldest + 1) % this.#size;
      this.#used--;
    }
    return epochSecond;
  }

  #bucketOf(epochSecond: number): Bucket {
    if (this.#used > 0 && this.#newest().epochSecond === epochSecond) return this.#newest();

    const slot = (this.#oldest + this.#used) % this.#size;
    this.#used++;
    const bucket = (this.#buckets[slot] ??= new Bucket());
    bucket.clear();
    bucket.epochSecond = epochSecond;
    return bucket;
  }

  #newest(): Bucket {
    return this.#bucketAt(this.#used - 1);
  }

  /** @param age 0 for the oldest */
  #bucketAt(age: number): Bucket {
    return this.#buckets[(this.#oldest + age) % this.#size]!;
  }
}
