export type { Cancel, Clock, ScheduleOptions } from './clock.ts';
export type { DynamicInstanceOptions } from './dynamic-instances.ts';
export { runInBackground, scaledClock, scheduleInBackground, systemClock } from './clock.ts';
export type { Duration } from './duration.ts';
export { durationForms, durationText, formatDuration, parseDuration } from './duration.ts';
export type { OptionFault } from './errors.ts';
export {
  ConfigurationNotFoundError,
  ConflictingDefinitionError,
  InvalidOptionsError,
  RejectedError,
  ResilienceError,
} from './errors.ts';
export type { Listener, PolicyEvent, Unsubscribe } from './events.ts';
export type { Partition } from './partitions.ts';
export { partitionBy } from './partitions.ts';
export { BasePolicy } from './base-policy.ts';
export type { Random } from './interval-function.ts';
export { IntervalFunction } from './interval-function.ts';
export type { ConfigOf, ErrorClass, EventOptions, OptionKind, OptionRule, OptionRules, Relations } from './options.ts';
export {
  choice,
  decimal,
  duration,
  errorClasses,
  errorPredicate,
  exclusive,
  flag,
  optional,
  optionalFunction,
  optionalText,
  OptionSchema,
  percentage,
  replacing,
  resultPredicate,
  size,
  wholeNumber,
} from './options.ts';
export { type CallEndpoint, type UsedEndpoint, UsedEndpoints } from './call-endpoints.ts';
export {
  whenAborted,
  type AbortListener,
  type CallContext,
  type KeyedCallOptions,
  type KeyedPolicy,
  type Policy,
  type ProtectedCall,
  type StaleValue,
} from './policy.ts';
export type {
  BackoffOptions,
  FileFormat,
  NamedInstance,
  PolicyDefinition,
  PolicyEnvironment,
  PolicyTable,
} from './policy-definition.ts';
export { definePolicy } from './policy-definition.ts';
export type {
  ActuatorView,
  Aggregator,
  DurationMeter,
  EventMeter,
  EventsOf,
  EventTypes,
  Labels,
  Meter,
  ReadMeter,
  Sample,
  SpanAttributes,
  SpanEvent,
  SpanEvents,
} from './observability.ts';
export type {
  FollowableRegistries,
  PipelineKind,
  PolicyDefinitions,
  PolicyEnvironmentOf,
  PolicyKind,
  PolicyOf,
  PolicyOptionsOf,
  PolicyRegistries,
  PolicyRegistry,
  SharedEnvironment,
} from './policies.ts';
export { createRegistries, createRegistry, policies, registryToken } from './policies.ts';
export type { Definition, RegistryDefinitions, RegistryEvents } from './registry.ts';
export { Registry } from './registry.ts';
export type {
  AnyCircuitBreaker,
  CircuitBreakerEngine,
  CircuitBreakerEngines,
} from './circuit-breaker/circuit-breaker.contract.ts';
export type { CircuitBreakerRegistryEnvironment } from './circuit-breaker/circuit-breaker.definition.ts';
export type { CircuitBreakerEnvironment } from './circuit-breaker/circuit-breaker.ts';
export { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
export {
  CallAbortedOnOpenError,
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
  UnsupportedByEngineError,
} from './circuit-breaker/circuit-breaker.errors.ts';
export type * from './circuit-breaker/circuit-breaker.events.ts';
export type { CircuitBreakerMetrics } from './circuit-breaker/circuit-breaker.metrics.ts';
export type { WindowContents, WindowOutcome, WindowSecond, WindowTotals } from './circuit-breaker/sliding-window.ts';
export type {
  CallOutcome,
  CircuitBreakerConfig,
  CircuitBreakerEngineName,
  CircuitBreakerOptions,
  RecoveryOptions,
  SlidingWindowType,
  TransitionCheckResult,
} from './circuit-breaker/circuit-breaker.options.ts';
export { slidingWindow } from './circuit-breaker/circuit-breaker.options.ts';
export type { StateName } from './circuit-breaker/circuit-breaker.transitions.ts';
export { Retry } from './retry/retry.ts';
export type { RetryEnvironment } from './retry/retry.ts';
export type { RetryContext } from './retry/retry.context.ts';
export { MaxRetriesExceededError } from './retry/retry.errors.ts';
export type * from './retry/retry.events.ts';
export type { RetryMetrics } from './retry/retry.metrics.ts';
export type { IntervalBiFunction, RetryConfig, RetryOptions, RetryOutcome } from './retry/retry.options.ts';
export { RetryBudget } from './retry/retry-budget.ts';
export type { RetryBudgetConfig, RetryBudgetOptions } from './retry/retry-budget.options.ts';
export type { HttpRequestFacts } from './http-request.ts';
export { isRepeatable } from './http-request.ts';
export type { HttpRetryOptions } from './retry/http-retry.ts';
export type { Classification, ClassifiedOutcome, OutcomeKind, OutcomeVerdict } from './outcome.ts';
export {
  classificationNames,
  classifyOutcome,
  isDependencyFailure,
  isUnavailable,
  outcomeOfStatus,
  outcomeVerdicts,
} from './outcome.ts';
export type { HttpOutcome } from './http-classification.ts';
export { classifyHttp } from './http-classification.ts';
export { isRetryableStatus, parseRetryAfter, retryOnHttp } from './retry/http-retry.ts';
export { Hedge } from './hedge/hedge.ts';
export type { HedgeBudget, HedgeEnvironment, HedgeMetrics } from './hedge/hedge.ts';
export { HedgeDecidedError } from './hedge/hedge.errors.ts';
export type * from './hedge/hedge.events.ts';
export type { HedgeConfig, HedgeOptions } from './hedge/hedge.options.ts';
export { Deadline, DeadlineExceededError, deadlineHeader, deadlineHeaders, readDeadline } from './deadline.ts';
export { TimeLimiter, TotalDeadline } from './time-limiter/time-limiter.ts';
export { TimeoutExceededError } from './time-limiter/time-limiter.errors.ts';
export type * from './time-limiter/time-limiter.events.ts';
export type {
  TimeLimiterConfig,
  TimeLimiterOptions,
  TotalDeadlineOptions,
} from './time-limiter/time-limiter.options.ts';
export { RateLimiter } from './rate-limiter/rate-limiter.ts';
export type { RateLimiterMetrics } from './rate-limiter/rate-limiter.ts';
export { RateLimitExceededError } from './rate-limiter/rate-limiter.errors.ts';
export type * from './rate-limiter/rate-limiter.events.ts';
export type { RateLimiterConfig, RateLimiterOptions } from './rate-limiter/rate-limiter.options.ts';
export { Bulkhead } from './bulkhead/bulkhead.ts';
export type { BulkheadMetrics } from './bulkhead/bulkhead.ts';
export { BulkheadFullError } from './bulkhead/bulkhead.errors.ts';
export type * from './bulkhead/bulkhead.events.ts';
export type { BulkheadConfig, BulkheadOptions } from './bulkhead/bulkhead.options.ts';
export type { ErrorMatcher } from './error-matcher.ts';
export type { PipelineDefinition } from './pipeline.ts';
export type { StandardOptions } from './standard-pipeline.ts';
export { standardOptions, standardPipeline, standardPipelines } from './standard-pipeline.ts';
export { defaultOrder, definePipeline, Pipeline, pipeline } from './pipeline.ts';
export { PipelineNotFoundError, PipelineRegistry } from './pipeline.registry.ts';
export type { AdaptiveConcurrencyLimiterMetrics } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
export { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
export { ConcurrencyLimitExceededError } from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.errors.ts';
export type * from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.events.ts';
export type {
  AdaptiveConcurrencyLimiterConfig,
  AdaptiveConcurrencyLimiterOptions,
  LimitAlgorithmName,
} from './adaptive-concurrency-limiter/adaptive-concurrency-limiter.options.ts';
export { EndpointPool } from './endpoint-pool/endpoint-pool.ts';
export type { EndpointPoolEnvironment, EndpointPoolMetrics } from './endpoint-pool/endpoint-pool.ts';
export { NoEndpointAvailableError } from './endpoint-pool/endpoint-pool.errors.ts';
export type * from './endpoint-pool/endpoint-pool.events.ts';
export type {
  DnsRecordType,
  EndpointDns,
  EndpointResolver,
  ResolvedEndpoint,
} from './endpoint-pool/endpoint-resolver.ts';
export type { EndpointDetails, EndpointPoolDetails } from './endpoint-pool/endpoint-pool.actuator.ts';
export type {
  EndpointHealthProbe,
  EndpointPoolConfig,
  EndpointPoolOptions,
  LoadBalancing,
} from './endpoint-pool/endpoint-pool.options.ts';
export type { EjectionReason, EndpointSnapshot, EndpointState } from './endpoint-pool/pooled-endpoint.ts';
export { Fallback } from './fallback/fallback.ts';
export type * from './fallback/fallback.events.ts';
export type { FallbackConfig, FallbackHandler, FallbackOptions } from './fallback/fallback.options.ts';
export type { CachedFallbackMetrics } from './cached-fallback/cached-fallback.ts';
export { CachedFallback } from './cached-fallback/cached-fallback.ts';
export type * from './cached-fallback/cached-fallback.events.ts';
export type {
  CacheKey,
  CachedFallbackConfig,
  CachedFallbackOptions,
} from './cached-fallback/cached-fallback.options.ts';
export type { FollowableRegistry } from './follow-registry.ts';
export { followRegistry } from './follow-registry.ts';
export type { OptionChange } from './definitions.ts';
export type { HealthProbe } from './health-prober.ts';
export { Usage } from './usage.ts';
export type { EntryReconfiguredEvent, InstanceChange, PreparedDefinitions, Reconfigurable } from './registry.ts';
