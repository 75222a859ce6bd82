/**
 * What span events and spans are described with. A span event is named `breakwater.<policy>.<what happened>`:
 *
 * | span event | beside `breakwater.policy` and `breakwater.name` |
 * | --- | --- |
 * | `breakwater.circuitbreaker.not_permitted` | `state`, `retry_after_ms` |
 * | `breakwater.circuitbreaker.state_transition` | `from_state`, `to_state`; to OPEN also the rates, `buffered_calls`, `wait_ms` |
 * | `breakwater.retry.retry` | `attempt` (the next one), `wait_ms`, `error.type` |
 * | `breakwater.retry.gave_up` | `attempt` (the last one), `error.type` |
 * | `breakwater.retry.budget_exhausted`, `breakwater.hedge.budget_exhausted` | `retry_budget` |
 * | `breakwater.hedge.hedge` | `attempt`, `wait_ms` |
 * | `breakwater.timelimiter.timeout` | `timeout_ms`, `limited_by` |
 * | `breakwater.bulkhead.rejected`, `breakwater.ratelimiter.rejected` | |
 * | `breakwater.adaptive_concurrency_limiter.rejected` | `limit` |
 * | `breakwater.fallback.fallback`, `breakwater.fallback.fallback_failed` | `handler`, `error.type` |
 * | `breakwater.cached_fallback.served` | `age_ms`, `error.type` |
 *
 * The span of an attempt (`AttemptSpans`) is named `<name> attempt`, with `name` and `attempt`. Of all these only names,
 * states and codes come from us, so that their values are few; none is an id or a URL.
 */
export const attributeNames = {
  /** Which pattern: `circuitbreaker`, `retry`, … */
  policy: 'breakwater.policy',
  /** The instance, which is the dependency. */
  name: 'breakwater.name',
  state: 'breakwater.state',
  fromState: 'breakwater.from_state',
  toState: 'breakwater.to_state',
  /** Percent; -1 when there are too few calls. */
  failureRate: 'breakwater.failure_rate',
  /** Percent; -1 when there are too few calls. */
  slowCallRate: 'breakwater.slow_call_rate',
  bufferedCalls: 'breakwater.buffered_calls',
  /** From 1. */
  attempt: 'breakwater.attempt',
  waitMs: 'breakwater.wait_ms',
  retryAfterMs: 'breakwater.retry_after_ms',
  retryBudget: 'breakwater.retry_budget',
  timeoutMs: 'breakwater.timeout_ms',
  limitedBy: 'breakwater.limited_by',
  limit: 'breakwater.limit',
  handler: 'breakwater.handler',
  ageMs: 'breakwater.age_ms',
  /** OpenTelemetry's own: the code of our errors, the class of others. */
  errorType: 'error.type',
} as const;
