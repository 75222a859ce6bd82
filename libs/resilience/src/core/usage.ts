/** How much a policy is used. A registry reads it before it removes an instance that it created for a dynamic name. */
export class Usage {
  #inFlightCalls = 0;
  #activity = 0;

  /** The number of calls of `execute` that have not settled. */
  get inFlightCalls(): number {
    return this.#inFlightCalls;
  }

  /** Rises with each start and end of a call, and with each permission that a caller requests without `execute`. */
  get activity(): number {
    return this.#activity;
  }

  /** Records a use that is no call of `execute`. */
  touch(): void {
    this.#activity++;
  }

  /**
   * Counts a call as in flight until its promise settles. A policy that has handlers of its own for the end of a call uses
   * `start` and `end` instead, because each further promise has a cost, and a second throw of the same error has a large one.
   */
  async track<T>(call: Promise<T>): Promise<T> {
    this.start();
    try {
      return await call;
    } finally {
      this.end();
    }
  }

  /** Records the start of a call of `execute`. */
  start(): void {
    this.#activity++;
    this.#inFlightCalls++;
  }

  /** Records the end of a call. Use it before anything that may throw. */
  end(): void {
    this.#activity++;
    this.#inFlightCalls--;
  }
}
