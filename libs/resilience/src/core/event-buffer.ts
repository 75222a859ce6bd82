/** The last events of a policy, oldest first, bounded: a ring that overwrites its oldest entry. */
export class EventBuffer<E> {
  readonly #ring: E[] = [];
  readonly #capacity: number;
  #next = 0;

  /** @param capacity how many events are kept; 1 or more */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(event: E): void {
    this.#ring[this.#next] = event;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  toArray(): E[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }
}
