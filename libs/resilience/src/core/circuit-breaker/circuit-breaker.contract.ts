import type { Duration } from '../duration.ts';
import type { Listener, Unsubscribe } from '../events.ts';
import type { Policy } from '../policy.ts';
import type { AnyCircuitBreakerEvent, CircuitBreakerEvents } from './circuit-breaker.events.ts';
import type { CircuitBreakerMetrics } from './circuit-breaker.metrics.ts';
import type {
  CircuitBreakerConfig,
  CircuitBreakerEngineName,
  CircuitBreakerOptions,
} from './circuit-breaker.options.ts';
import type { StateName } from './circuit-breaker.transitions.ts';
import type { WindowContents } from './sliding-window.ts';

/**
 * A circuit breaker on whatever engine: all that decorators, registry, meters, health and actuator know of it. What each
 * member does is said at `CircuitBreaker`, which is the one on the sliding window.
 *
 * An engine that cannot do something says so with an UnsupportedByEngineError when it is asked to.
 */
export interface AnyCircuitBreaker extends Policy {
  readonly config: CircuitBreakerConfig;
  readonly state: StateName;
  readonly metrics: CircuitBreakerMetrics;
  readonly admissionPercentage: number;
  readonly remainingMs: number | undefined;
  /** `undefined` of an engine that does not tell single calls. */
  readonly window?: WindowContents;

  decorate<A extends unknown[], T>(call: (...args: A) => T | PromiseLike<T>): (...args: A) => Promise<T>;

  on<K extends keyof CircuitBreakerEvents>(type: K, listener: Listener<CircuitBreakerEvents[K]>): Unsubscribe;
  onEvent(listener: Listener<AnyCircuitBreakerEvent>): Unsubscribe;
  bufferedEvents(): readonly AnyCircuitBreakerEvent[];

  tryAcquirePermission(): boolean;
  acquirePermission(): void;
  releasePermission(): void;
  onSuccess(durationMs: number): void;
  onError(durationMs: number, error: unknown): void;
  onResult(durationMs: number, result: unknown): void;

  transitionToClosedState(): void;
  transitionToOpenState(): void;
  transitionToOpenStateFor(waitDuration: Duration): void;
  transitionToOpenStateUntil(time: number): void;
  transitionToHalfOpenState(): void;
  transitionToForcedOpenState(): void;
  transitionToDisabledState(): void;
  transitionToMetricsOnlyState(): void;
  reset(): void;
  reconfigure(options: CircuitBreakerOptions): void;
  dispose(): void;
}

/** Makes circuit breakers that run on something else than the sliding window. */
export interface CircuitBreakerEngine {
  /** @throws InvalidOptionsError like `resolve` */
  create(name: string, options: CircuitBreakerOptions): AnyCircuitBreaker;
  /**
   * @param subject whose options these are, for the error
   * @throws InvalidOptionsError listing every fault, and by name every option that this engine cannot honour
   */
  resolve(subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig;
}

/** The engines that an application has besides the sliding window, by the name under which instances choose them. */
export type CircuitBreakerEngines = Readonly<
  Partial<Record<Exclude<CircuitBreakerEngineName, 'sliding-window'>, CircuitBreakerEngine>>
>;
