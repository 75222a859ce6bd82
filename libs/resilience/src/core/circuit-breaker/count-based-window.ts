import {
  RunningTotals,
  type SlidingWindow,
  type WindowContents,
  type WindowOutcome,
  type WindowTotals,
} from './sliding-window.ts';

const failedBit = 1;
const slowBit = 2;

/** By the bits that are set. */
const outcomeNames: readonly WindowOutcome[] = ['SUCCESS', 'ERROR', 'SLOW_SUCCESS', 'SLOW_ERROR'];

/**
 * The last N calls: a ring of outcomes, four to a byte. The newest overwrites the oldest, whose share is subtracted from
 * the totals (subtract-on-evict, as in Resilience4j's `FixedSizeSlidingWindowMetrics`).
 */
export class CountBasedWindow implements SlidingWindow {
  readonly #size: number;
  readonly #ring: Uint8Array;
  readonly #totals = new RunningTotals();
  #next = 0;

  /** @param size how many calls; 1 or more */
  constructor(size: number) {
    this.#size = size;
    this.#ring = new Uint8Array(Math.ceil(size / 4));
  }

  record(isFailed: boolean, isSlow: boolean): void {
    const slot = this.#next;
    this.#next = slot + 1 === this.#size ? 0 : slot + 1;
    const byte = slot >> 2;
    const shift = (slot & 3) << 1;
    const four = this.#ring[byte]!;

    const outcome = (isFailed ? failedBit : 0) | (isSlow ? slowBit : 0);

    if (this.#totals.calls === this.#size) {
      const oldest = (four >> shift) & 3;
      // The call that comes counts as the one that leaves: nothing changes.
      if (oldest === outcome) return;
      this.#totals.add((oldest & failedBit) !== 0, (oldest & slowBit) !== 0, -1);
    }
    this.#ring[byte] = (four & ~(3 << shift)) | (outcome << shift);
    this.#totals.add(isFailed, isSlow);
  }

  totals(): WindowTotals {
    return this.#totals;
  }

  contents(): WindowContents {
    const size = this.#size;
    const { calls } = this.#totals;
    const oldest = (this.#next - calls + size) % size;
    const outcomes = Array.from({ length: calls }, (_, age) => outcomeNames[this.#at((oldest + age) % size)]!);
    return { type: 'COUNT_BASED', size, outcomes };
  }

  #at(slot: number): number {
    return (this.#ring[slot >> 2]! >> ((slot & 3) << 1)) & 3;
  }
}
