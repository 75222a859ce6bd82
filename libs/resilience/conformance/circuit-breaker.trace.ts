import type { CircuitBreakerMetrics, StateName } from '../src/core/index.ts';

/** The observable values of a circuit breaker between two operations. */
export interface Observables extends CircuitBreakerMetrics {
  readonly state: StateName;
}

export interface TraceConfig {
  readonly slidingWindowType: 'COUNT_BASED' | 'TIME_BASED';
  readonly slidingWindowSize: number;
  readonly minimumNumberOfCalls: number;
  readonly failureRateThreshold: number;
  readonly slowCallRateThreshold: number;
  readonly slowCallDurationThresholdMs: number;
  readonly permittedNumberOfCallsInHalfOpenState: number;
  readonly waitDurationInOpenStateMs?: number;
  readonly waitIntervalInOpenState?: {
    readonly initialMs: number;
    readonly multiplier: number;
    readonly maxMs?: number;
  };
  readonly maxWaitDurationInHalfOpenStateMs: number;
  readonly transitionToStateAfterWaitDuration?: 'OPEN' | 'CLOSED';
  readonly automaticTransitionFromOpenToHalfOpenEnabled: boolean;
  readonly initialState: StateName;
  readonly configuredWithCombinedWindowSetter?: boolean;
}

export type Operation =
  | 'tryAcquirePermission'
  | 'onSuccess'
  | 'onError'
  | 'onResult'
  | 'releasePermission'
  | 'transitionToClosed'
  | 'transitionToOpen'
  | 'transitionToHalfOpen'
  | 'transitionToForcedOpen'
  | 'transitionToDisabled'
  | 'transitionToMetricsOnly'
  | 'transitionToOpenFor'
  | 'transitionToOpenUntil'
  | 'reset'
  | 'advance';

export interface Step {
  readonly atMs: number;
  readonly op: Operation;
  readonly call?: number;
  readonly result?: boolean;
  readonly durationMs?: number;
  readonly error?: 'recorded' | 'ignored' | 'notRecorded';
  readonly value?: 'good' | 'bad';
  readonly waitMs?: number;
  readonly untilMs?: number;
  readonly throws?: string | undefined;
  readonly after: Partial<Observables>;
  readonly events: readonly string[];
}

/** The recorded operations of one circuit breaker; a line of `circuit-breaker.jsonl` or `scenarios.jsonl`. */
export interface CircuitBreakerTrace {
  readonly id: string;
  readonly name?: string;
  readonly startEpochMs: number;
  readonly features: readonly string[];
  readonly config: TraceConfig;
  readonly initial: Observables;
  readonly steps: readonly Step[];
}
