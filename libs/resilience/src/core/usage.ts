/** How much a policy is used. A registry reads it before it removes an instance that it created for a dynamic name. */
export class Usage {
  #inFlightCalls = 0;
  #startedCalls = 0;

  /** The number of calls of `execute` that have not settled. */
  get inFlightCalls(): number {
    return this.#inFlightCalls;
  }

  /** The number of calls of `execute` so far. */
  get startedCalls(): number {
    return this.#startedCalls;
  }

  /** Counts a call as in flight until its promise settles. Returns the promise. */
  track<T>(call: Promise<T>): Promise<T> {
    this.#startedCalls++;
    this.#inFlightCalls++;
    const end = (): void => void this.#inFlightCalls--;
    call.then(end, end);
    return call;
  }
}
