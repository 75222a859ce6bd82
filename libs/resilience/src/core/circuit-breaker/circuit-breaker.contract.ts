import type { Duration } from '../duration.ts';
import { InvalidOptionsError } from '../errors.ts';
import type { Listener, Unsubscribe } from '../events.ts';
import type { Policy } from '../policy.ts';
import type { AnyCircuitBreakerEvent, CircuitBreakerEvents } from './circuit-breaker.events.ts';
import type { CircuitBreakerMetrics } from './circuit-breaker.metrics.ts';
import { type CircuitBreakerConfig, type CircuitBreakerOptions, isEngineName } from './circuit-breaker.options.ts';
import type { StateName } from './circuit-breaker.transitions.ts';
import type { WindowContents } from './sliding-window.ts';

/**
 * A circuit breaker on any engine: what decorators, registry, meters, health and actuator use. The members are documented
 * at `CircuitBreaker`, which is the one on the sliding window.
 *
 * A member that the engine cannot support throws an UnsupportedByEngineError.
 */
export interface AnyCircuitBreaker extends Policy {
  readonly config: CircuitBreakerConfig;
  readonly state: StateName;
  readonly metrics: CircuitBreakerMetrics;
  readonly admissionPercentage: number;
  readonly remainingMs: number | undefined;
  /** `undefined` for an engine that does not expose single calls. */
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

/** Creates circuit breakers that run on something other than the sliding window. */
export interface CircuitBreakerEngine {
  /** @throws InvalidOptionsError like `resolve` */
  create(name: string, options: CircuitBreakerOptions): AnyCircuitBreaker;
  /**
   * @param subject the owner of the options, for the error
   * @throws InvalidOptionsError listing every fault, including each option that the engine does not support
   */
  resolve(subject: string, options: CircuitBreakerOptions): CircuitBreakerConfig;
}

/** The engines of an application, by the names under which instances choose them. The sliding window needs no entry. */
export type CircuitBreakerEngines = Readonly<Record<string, CircuitBreakerEngine>>;

/** How to register the engine of this package, as the end of a sentence. */
const howToRegister =
  'opossum once the package opossum is installed and the registry was given { engines: { opossum: opossumEngine } }, ' +
  "with opossumEngine from '@breakwater/resilience/opossum'";

/**
 * The registered engine that options choose; `undefined` for the sliding window. A name that no engine can have is left to the
 * check of the options.
 *
 * @param subject the owner of the options, for the error
 * @throws InvalidOptionsError when the engine is not registered
 */
export function chosenEngine(
  subject: string,
  { engine }: CircuitBreakerOptions,
  engines: CircuitBreakerEngines,
): CircuitBreakerEngine | undefined {
  if (engine === undefined || engine === 'sliding-window') return undefined;
  if (Object.hasOwn(engines, engine)) return engines[engine];
  if (!isEngineName(engine)) return undefined;
  const given = `'${engine}', which is not registered here`;
  const registered = ['sliding-window', ...Object.keys(engines)];
  const others = Object.hasOwn(engines, 'opossum') ? [] : [howToRegister];
  throw new InvalidOptionsError(subject, [
    { option: 'engine', given, allowed: [registered.join(', '), ...others].join(', or ') },
  ]);
}
