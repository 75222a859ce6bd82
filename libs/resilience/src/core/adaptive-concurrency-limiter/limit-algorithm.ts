/** How one call went, as far as it says something about the load of the dependency. */
export interface LimitSample {
  /** How long the call took, in milliseconds. */
  readonly rttMs: number;
  /** How many calls were under way when this one was admitted, itself included. */
  readonly inFlight: number;
  /** Whether the call failed or timed out. */
  readonly didDrop: boolean;
}

/** Finds out from samples how many calls a dependency can take at once. It reads no clock and makes no calls itself. */
export interface LimitAlgorithm {
  /** A whole number within the configured bounds. */
  readonly limit: number;
  /** Learns from a call that has ended. Returns the limit from here on. */
  onSample(sample: LimitSample): number;
}
