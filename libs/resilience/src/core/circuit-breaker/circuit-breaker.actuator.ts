import { errorText, isoTime } from '../observability.ts';
import type { AnyCircuitBreaker } from './circuit-breaker.contract.ts';
import type { AnyCircuitBreakerEvent } from './circuit-breaker.events.ts';
import type { StateName } from './circuit-breaker.transitions.ts';

/** Resilience4j's `CircuitBreakerDetails`. Rates are text in percent; `-1.0%` while there are too few calls for a rate. */
export interface CircuitBreakerDetails {
  readonly failureRate: string;
  readonly slowCallRate: string;
  readonly failureRateThreshold: string;
  readonly slowCallRateThreshold: string;
  readonly bufferedCalls: number;
  readonly failedCalls: number;
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
  readonly notPermittedCalls: number;
  readonly state: StateName;
}

/** The circuit breakers of all partitions together. Rates are those of all calls in their windows; `-1.0%` without a call. */
export interface CircuitBreakerPartitionsDetails extends Pick<
  CircuitBreakerDetails,
  | 'failureRate'
  | 'slowCallRate'
  | 'bufferedCalls'
  | 'failedCalls'
  | 'slowCalls'
  | 'slowFailedCalls'
  | 'notPermittedCalls'
> {
  /** How many circuit breakers are in each state. */
  readonly states: Readonly<Partial<Record<StateName, number>>>;
}

/** Resilience4j's `CircuitBreakerEventDTO`. Fields that an event does not have are `null`. */
export interface CircuitBreakerEventResponse {
  readonly circuitBreakerName: string;
  readonly type: string;
  readonly creationTime: string;
  readonly errorMessage: string | null;
  readonly durationInMs: number | null;
  /** e.g. `CLOSED_TO_OPEN`. */
  readonly stateTransition: string | null;
}

export function circuitBreakerDetails({ metrics, config, state }: AnyCircuitBreaker): CircuitBreakerDetails {
  return {
    failureRate: percent(metrics.failureRate),
    slowCallRate: percent(metrics.slowCallRate),
    failureRateThreshold: percent(config.failureRateThreshold),
    slowCallRateThreshold: percent(config.slowCallRateThreshold),
    bufferedCalls: metrics.bufferedCalls,
    failedCalls: metrics.failedCalls,
    slowCalls: metrics.slowCalls,
    slowFailedCalls: metrics.slowFailedCalls,
    notPermittedCalls: metrics.notPermittedCalls,
    state,
  };
}

export function circuitBreakerPartitions(instances: readonly AnyCircuitBreaker[]): CircuitBreakerPartitionsDetails {
  const states: Partial<Record<StateName, number>> = {};
  const sums = { bufferedCalls: 0, failedCalls: 0, slowCalls: 0, slowFailedCalls: 0, notPermittedCalls: 0 };
  for (const { state, metrics } of instances) {
    states[state] = (states[state] ?? 0) + 1;
    for (const sum of Object.keys(sums) as (keyof typeof sums)[]) sums[sum] += metrics[sum];
  }
  const rate = (calls: number): string => percent(sums.bufferedCalls === 0 ? -1 : (calls * 100) / sums.bufferedCalls);
  return { failureRate: rate(sums.failedCalls), slowCallRate: rate(sums.slowCalls), ...sums, states };
}

export function circuitBreakerEvent(event: AnyCircuitBreakerEvent): CircuitBreakerEventResponse {
  const { circuitBreakerName, type, creationTime } = event;
  return {
    circuitBreakerName,
    type,
    creationTime: isoTime(creationTime),
    errorMessage: 'error' in event ? errorText(event.error) : null,
    durationInMs: 'elapsedDurationMs' in event ? Math.trunc(event.elapsedDurationMs) : null,
    stateTransition: event.type === 'STATE_TRANSITION' ? `${event.fromState}_TO_${event.toState}` : null,
  };
}

/** As Java writes a 32-bit number: the fewest digits that distinguish it from other numbers, at least one after the point. */
function percent(value: number): string {
  const float = Math.fround(value);
  if (Number.isInteger(float)) return `${float}.0%`;
  const precisions = Array.from({ length: 9 }, (_, at) => at + 1);
  const digits = precisions.find((precision) => Math.fround(Number(float.toPrecision(precision))) === float);
  return `${Number(float.toPrecision(digits))}%`;
}
