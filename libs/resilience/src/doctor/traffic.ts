/** What is known about the calls to a dependency. Whatever is left out is not known, and nothing is concluded from it. */
export interface Traffic {
  /** How many calls come in a second, evenly spread. */
  readonly ratePerSecond?: number | undefined;
  /** How long the dependency takes for one, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** How many callers there are, each of whom makes one call after the other. */
  readonly concurrency?: number | undefined;
  /** How long a caller waits for its answer, in milliseconds. */
  readonly callerDeadlineMs?: number | undefined;
  /**
   * How many calls the circuit breaker's window has held at most. Calls come in bursts, which a rate does not show: what
   * was seen counts more than what was computed. Comes from `observeTraffic`.
   */
  readonly mostCallsInWindow?: number | undefined;
}
