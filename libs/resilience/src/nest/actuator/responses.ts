import type { CircuitBreakerMetrics } from '../../core/circuit-breaker/circuit-breaker.metrics.ts';
import type { StateName } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import type { WindowContents } from '../../core/circuit-breaker/sliding-window.ts';
import type { ChangeResponse } from '../reload/change.response.ts';
import type { EndpointPoolDetails } from '../../core/endpoint-pool/endpoint-pool.actuator.ts';
import type { CircuitBreakerDetails } from '../../core/circuit-breaker/circuit-breaker.actuator.ts';

/** One circuit breaker in `GET circuitbreakerwindows`. Resilience4j has no such endpoint. */
export interface CircuitBreakerWindowResponse {
  readonly state: StateName;
  /** The share of calls that is permitted, in percent; between 0 and 100 during a ramp-up. */
  readonly admissionPercentage: number;
  /** Milliseconds until the present state ends; `null` when it does not end on its own. */
  readonly remainingMs: number | null;
  /** Rates in percent; -1 while there are too few calls for a rate. */
  readonly metrics: CircuitBreakerMetrics;
  readonly thresholds: {
    readonly failureRate: number;
    readonly slowCallRate: number;
    /** `null` when no combined rate is configured. */
    readonly combinedRate: number | null;
    readonly slowCallDurationMs: number;
    /** The configured minimum, which may exceed the size of the window. */
    readonly minimumNumberOfCalls: number;
    readonly permittedNumberOfCallsInHalfOpenState: number;
  };
  /** `null` when the engine does not record single calls. */
  readonly window: WindowContents | null;
}

/** `GET circuitbreakerwindows`: all circuit breakers by name. */
export interface CircuitBreakerWindowsResponse {
  readonly circuitBreakers: Readonly<Record<string, CircuitBreakerWindowResponse>>;
}

/** The first message of `GET events/stream`: the responses of the list endpoints, merged. */
export interface StreamSnapshot {
  /** Absent when the application has no circuit breakers. */
  readonly circuitBreakers?: Readonly<Record<string, CircuitBreakerDetails>>;
  /** Absent when the application has no endpoint pools. */
  readonly endpointPools?: Readonly<Record<string, EndpointPoolDetails>>;
  /** The names of the other policies, by kind. */
  readonly [list: string]: unknown;
}

/** Events that were discarded because the client read too slowly. */
export interface StreamDropped {
  readonly count: number;
}

/** An event of a policy. Fields that this type of event does not have are absent or `null`. */
export interface StreamedEvent {
  /** The kind of policy, e.g. `circuitBreaker`. */
  readonly pattern: string;
  /** The name of the policy. */
  readonly name: string;
  readonly type: string;
  /** ISO 8601, in UTC. */
  readonly creationTime: string;
  readonly durationInMs?: number | null;
  readonly errorMessage?: string | null;
  readonly numberOfAttempts?: number;
  /** The recorded trace in which it occurred (`currentTraceId`). Absent for other events, such as those of timers. */
  readonly traceId?: string;
}

/** A circuit breaker entered another state. */
export interface StreamedTransition extends StreamedEvent {
  readonly type: 'STATE_TRANSITION';
  readonly transition: { readonly from: StateName; readonly to: StateName };
}

/** A policy continues with changed options. */
export interface StreamedReconfiguration extends StreamedEvent {
  readonly type: 'ENTRY_RECONFIGURED';
  readonly changes: readonly ChangeResponse[];
}

/** A message of `GET events/stream`. */
export type StreamMessage =
  | { readonly kind: 'snapshot'; readonly data: StreamSnapshot }
  | { readonly kind: 'dropped'; readonly data: StreamDropped }
  | { readonly kind: 'transition'; readonly data: StreamedTransition }
  | { readonly kind: 'reconfiguration'; readonly data: StreamedReconfiguration }
  | { readonly kind: 'event'; readonly data: StreamedEvent };
