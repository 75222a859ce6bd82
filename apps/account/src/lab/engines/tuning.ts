/** How the load tests tune the other libraries where account has a policy of its own. */
export const tuning = {
  /** None of them counts slow calls, so that a timeout is how they notice them: account's `slowCallDurationThreshold`. */
  timeoutMs: 1_000,
  /** `maxConcurrentCalls` of account's bulkhead. */
  capacity: 30,
} as const;
