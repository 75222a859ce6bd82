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
   * Counts a call as in flight until its promise settles. The call has one promise that leads to its caller: with a second
   * one, V8 would leave the caller out of the stack traces of later errors.
   *
   * @param onError receives the error of the call before its caller does
   */
  track<T>(call: Promise<T>, onError?: (error: unknown) => void): Promise<T> {
    this.#activity++;
    this.#inFlightCalls++;
    return call.then(
      (result) => {
        this.#end();
        return result;
      },
      (error: unknown) => {
        this.#end();
        onError?.(error);
        throw error;
      },
    );
  }

  #end(): void {
    this.#activity++;
    this.#inFlightCalls--;
  }
}
