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
 * The last N calls: a ring of outcomes. The newest overwrites the oldest, whose share is subtracted from the totals
 * (subtract-on-evict, as in Resilience4j's `FixedSizeSlidingWindowMetrics`).
 */
export class CountBasedWindow implements SlidingWindow {
  readonly #outcomes: Uint8Array;
  /** 32-bit floats: as many bits as a duration needs, and their sums in 64 bits lose nothing when subtracted again. */
  readonly #durationsMs: Float32Array;
  readonly #totals = new RunningTotals();
  #next = 0;

  /** @param size how many calls; 1 or more */
  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
    this.#durationsMs = new Float32Array(size);
  }

  record(isFailed: boolean, isSlow: boolean, durationMs: number): void {
    const size = this.#outcomes.length;
    const slot = this.#next;
    this.#next = slot + 1 === size ? 0 : slot + 1;
    if (this.#totals.calls === size) this.#evict(slot);

    this.#outcomes[slot] = (isFailed ? failedBit : 0) | (isSlow ? slowBit : 0);
    this.#durationsMs[slot] = durationMs;
    this.#totals.add(isFailed, isSlow, this.#durationsMs[slot]);
  }

  totals(): WindowTotals {
    return this.#totals;
  }

  contents(): WindowContents {
    const size = this.#outcomes.length;
    const { calls } = this.#totals;
    const oldest = (this.#next - calls + size) % size;
    const outcomes = Array.from({ length: calls }, (_, age) => outcomeNames[this.#outcomes[(oldest + age) % size]!]!);
    return { type: 'COUNT_BASED', size, outcomes };
  }

  #evict(slot: number): void {
    const outcome = this.#outcomes[slot]!;
    this.#totals.add((outcome & failedBit) !== 0, (outcome & slowBit) !== 0, this.#durationsMs[slot]!, -1);
  }
}
