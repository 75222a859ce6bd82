const failed = 1;
const slow = 2;

/** How the latest calls of an endpoint ended: a ring with sums. */
export class OutcomeWindow {
  readonly #ring: Uint8Array;
  #next = 0;
  #count = 0;
  #failedCalls = 0;
  #slowCalls = 0;

  /** @param size the number of calls; at least 1 */
  constructor(size: number) {
    this.#ring = new Uint8Array(size);
  }

  get count(): number {
    return this.#count;
  }

  get failedCalls(): number {
    return this.#failedCalls;
  }

  /** Percent; 0 without calls. */
  get failureRate(): number {
    return this.#count === 0 ? 0 : (this.#failedCalls / this.#count) * 100;
  }

  /** Percent; 0 without calls. */
  get slowCallRate(): number {
    return this.#count === 0 ? 0 : (this.#slowCalls / this.#count) * 100;
  }

  add(isFailed: boolean, isSlow: boolean): void {
    const before = this.#ring[this.#next]!;
    if ((before & failed) !== 0) this.#failedCalls--;
    if ((before & slow) !== 0) this.#slowCalls--;
    if (isFailed) this.#failedCalls++;
    if (isSlow) this.#slowCalls++;
    this.#ring[this.#next] = (isFailed ? failed : 0) | (isSlow ? slow : 0);
    this.#next = this.#next + 1 === this.#ring.length ? 0 : this.#next + 1;
    if (this.#count < this.#ring.length) this.#count++;
  }
}
