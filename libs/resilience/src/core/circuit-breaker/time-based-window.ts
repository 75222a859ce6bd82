import type { Clock } from '../clock.ts';
import { RunningTotals, type SlidingWindow, type WindowContents, type WindowTotals } from './sliding-window.ts';

/** The partial aggregate of one second. */
class Bucket extends RunningTotals {
  epochSecond = -1;
}

/**
 * The calls of the last N seconds: a partial aggregate for each second in which a call was recorded, and their total.
 * Buckets are aligned to whole seconds of the clock, as in Resilience4j's `SlidingTimeWindowMetrics`: at time t the
 * window holds what was recorded in the epoch seconds floor(t) - N + 1 to floor(t).
 *
 * The buckets form a queue in a ring, oldest first, that holds only seconds with calls. Each is subtracted from the
 * total once, when it is too old; a gap as long as the window drops all at once. So no call pays for the window's size or
 * for the time that has passed, and nothing needs to tick in the background.
 */
export class TimeBasedWindow implements SlidingWindow {
  readonly #clock: Clock;
  readonly #size: number;
  readonly #buckets: Bucket[] = [];
  readonly #total = new RunningTotals();
  #oldest = 0;
  #used = 0;

  /** @param size how many seconds; 1 or more */
  constructor(size: number, clock: Clock) {
    this.#size = size;
    this.#clock = clock;
  }

  record(isFailed: boolean, isSlow: boolean): void {
    this.#bucketOf(this.#slide()).add(isFailed, isSlow);
    this.#total.add(isFailed, isSlow);
  }

  totals(): WindowTotals {
    this.#slide();
    return this.#total;
  }

  contents(): WindowContents {
    const epochSecond = this.#slide();
    const seconds = Array.from({ length: this.#used }, (_, age) => {
      const bucket = this.#buckets[(this.#oldest + age) % this.#size]!;
      const { calls, failedCalls, slowCalls, slowFailedCalls } = bucket;
      return { epochSecond: bucket.epochSecond, calls, failedCalls, slowCalls, slowFailedCalls };
    });
    return { type: 'TIME_BASED', size: this.#size, epochSecond, seconds };
  }

  /** Lets go of what is too old, and returns the current second. */
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
    return this.#buckets[(this.#oldest + this.#used - 1) % this.#size]!;
  }
}
