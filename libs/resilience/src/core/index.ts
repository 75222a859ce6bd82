export type { Cancel, Clock } from './clock.ts';
export { scaledClock, systemClock } from './clock.ts';
export type { Duration } from './duration.ts';
export { formatDuration, parseDuration } from './duration.ts';
export type { OptionFault } from './errors.ts';
export {
  ConfigurationNotFoundError,
  ConflictingDefinitionError,
  InvalidOptionsError,
  RejectedError,
  ResilienceError,
} from './errors.ts';
export type { Listener, PolicyEvent, Unsubscribe } from './events.ts';
export type { Random } from './interval-function.ts';
export { IntervalFunction } from './interval-function.ts';
export type { ErrorClass } from './options.ts';
export type { CallContext, Policy, ProtectedCall } from './policy.ts';
export type { Definition, RegistryDefinitions, RegistryEvents } from './registry.ts';
export { CircuitBreaker } from './circuit-breaker/circuit-breaker.ts';
export {
  CallNotPermittedError,
  IllegalStateTransitionError,
  ResultRecordedAsFailureError,
} from './circuit-breaker/circuit-breaker.errors.ts';
export type * from './circuit-breaker/circuit-breaker.events.ts';
export type { CircuitBreakerMetrics } from './circuit-breaker/circuit-breaker.metrics.ts';
export type {
  CallOutcome,
  CircuitBreakerConfig,
  CircuitBreakerOptions,
  SlidingWindowType,
  TransitionCheckResult,
} from './circuit-breaker/circuit-breaker.options.ts';
export { slidingWindow } from './circuit-breaker/circuit-breaker.options.ts';
export { CircuitBreakerRegistry } from './circuit-breaker/circuit-breaker.registry.ts';
export type { StateName } from './circuit-breaker/circuit-breaker.transitions.ts';
