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

  /** Counts a call as in flight until its promise settles. Returns the promise. */
  track<T>(call: Promise<T>): Promise<T> {
    this.#activity++;
    this.#inFlightCalls++;
    const end = (): void => {
      this.#activity++;
      this.#inFlightCalls--;
    };
    call.then(end, end);
    return call;
  }
}
