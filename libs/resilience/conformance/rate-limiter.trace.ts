/** All that can be observed of a rate limiter between two operations. */
export interface RateLimiterObservables {
  readonly availablePermissions: number;
  readonly nanosToWait: number;
  readonly cycle: number;
}

interface RecordedStep {
  /** Nanoseconds since construction. */
  readonly atNanos: number;
  readonly after: RateLimiterObservables;
  readonly events: readonly { readonly type: string; readonly permits: number }[];
}

export type RateLimiterStep = RecordedStep &
  (
    | { readonly op: 'reservePermission'; readonly permits: number; readonly result: number }
    | {
        readonly op: 'acquirePermission';
        readonly permits: number;
        readonly result: boolean;
        /** How long the caller was held; `after` and the events belong to the end of it. */
        readonly waitedNanos: number;
      }
    | { readonly op: 'drainPermissions' }
    | { readonly op: 'changeLimitForPeriod'; readonly limitForPeriod: number }
    | { readonly op: 'changeTimeoutDuration'; readonly timeoutNanos: number }
  );

/** One recorded life of a rate limiter; a line of `rate-limiter.jsonl`. */
export interface RateLimiterTrace {
  readonly id: string;
  readonly features: readonly string[];
  readonly config: {
    readonly limitForPeriod: number;
    readonly limitRefreshPeriodNanos: number;
    readonly timeoutNanos: number;
  };
  readonly initial: RateLimiterObservables;
  readonly steps: readonly RateLimiterStep[];
}
