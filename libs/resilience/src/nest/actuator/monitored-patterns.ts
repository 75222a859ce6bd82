import type { Type } from '@nestjs/common';
import type { BulkheadEvents } from '../../core/bulkhead/bulkhead.events.ts';
import type { AnyCircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.contract.ts';
import type { CircuitBreakerEvents } from '../../core/circuit-breaker/circuit-breaker.events.ts';
import type { Listener, PolicyEvent, Unsubscribe } from '../../core/events.ts';
import { registryToken } from '../../core/policies.ts';
import type { RateLimiterEvents } from '../../core/rate-limiter/rate-limiter.events.ts';
import type { RegistryEvents } from '../../core/registry.ts';
import type { RetryEvents } from '../../core/retry/retry.events.ts';
import type { TimeLimiterEvents } from '../../core/time-limiter/time-limiter.events.ts';
import { circuitBreakerDetails, circuitBreakerEvent } from './circuit-breaker.response.ts';
import { plainEvent, retryEvent, wholeEvent } from './event.response.ts';

/** What the actuator needs of a policy. */
export interface MonitoredPolicy {
  readonly name: string;
  bufferedEvents(): readonly PolicyEvent[];
  onEvent(listener: Listener<PolicyEvent>): Unsubscribe;
}

/** What the actuator needs of a registry. */
export interface MonitoredRegistry {
  all(): readonly MonitoredPolicy[];
  on<K extends keyof RegistryEvents<MonitoredPolicy>>(
    type: K,
    listener: Listener<RegistryEvents<MonitoredPolicy>[K]>,
  ): Unsubscribe;
}

/** A pattern whose events are told. */
export interface MonitoredPattern {
  /** As code and configuration call it. */
  readonly pattern: string;
  /** The class of its registry, which is its token. */
  readonly registry: Type<MonitoredRegistry>;
  /** What is told of an event. */
  describeEvent(event: PolicyEvent): object;
  /** What is told with each event of how the policy is after it. */
  describeState?(policy: MonitoredPolicy): object;
}

/** A pattern that Resilience4j has endpoints for, and how those answer. */
export interface PatternWithEndpoints extends MonitoredPattern {
  readonly path: string;
  readonly listKey: string;
  readonly eventsPath: string;
  readonly eventsKey: string;
  readonly eventTypes: readonly string[];
  /** @param policies in the order of their names */
  describeAll(policies: readonly MonitoredPolicy[]): unknown;
}

const namesOf = (policies: readonly MonitoredPolicy[]): readonly string[] => policies.map(({ name }) => name);

const circuitBreakers: PatternWithEndpoints = {
  pattern: 'circuitBreaker',
  registry: registryToken('circuitBreaker'),
  path: 'circuitbreakers',
  listKey: 'circuitBreakers',
  eventsPath: 'circuitbreakerevents',
  eventsKey: 'circuitBreakerEvents',
  eventTypes: typesOf<CircuitBreakerEvents>({
    SUCCESS: true,
    ERROR: true,
    IGNORED_ERROR: true,
    NOT_PERMITTED: true,
    STATE_TRANSITION: true,
    RESET: true,
    FAILURE_RATE_EXCEEDED: true,
    SLOW_CALL_RATE_EXCEEDED: true,
    COMBINED_RATE_EXCEEDED: true,
    HEALTH_PROBE: true,
    RAMP_UP: true,
  }),
  describeAll: (policies: readonly AnyCircuitBreaker[]) =>
    Object.fromEntries(policies.map((circuitBreaker) => [circuitBreaker.name, circuitBreakerDetails(circuitBreaker)])),
  describeEvent: circuitBreakerEvent,
  describeState: circuitBreakerDetails,
};

const retries: PatternWithEndpoints = {
  pattern: 'retry',
  registry: registryToken('retry'),
  path: 'retries',
  listKey: 'retries',
  eventsPath: 'retryevents',
  eventsKey: 'retryEvents',
  eventTypes: typesOf<RetryEvents>({
    RETRY: true,
    SUCCESS: true,
    ERROR: true,
    IGNORED_ERROR: true,
    RETRY_BUDGET_EXHAUSTED: true,
  }),
  describeAll: namesOf,
  describeEvent: retryEvent,
};

const bulkheads: PatternWithEndpoints = {
  pattern: 'bulkhead',
  registry: registryToken('bulkhead'),
  path: 'bulkheads',
  listKey: 'bulkheads',
  eventsPath: 'bulkheadevents',
  eventsKey: 'bulkheadEvents',
  eventTypes: typesOf<BulkheadEvents>({ CALL_PERMITTED: true, CALL_REJECTED: true, CALL_FINISHED: true }),
  describeAll: namesOf,
  describeEvent: plainEvent('bulkheadName'),
};

const rateLimiters: PatternWithEndpoints = {
  pattern: 'rateLimiter',
  registry: registryToken('rateLimiter'),
  path: 'ratelimiters',
  listKey: 'rateLimiters',
  eventsPath: 'ratelimiterevents',
  eventsKey: 'rateLimiterEvents',
  eventTypes: typesOf<RateLimiterEvents>({ SUCCESSFUL_ACQUIRE: true, FAILED_ACQUIRE: true, DRAINED: true }),
  describeAll: namesOf,
  describeEvent: plainEvent('rateLimiterName'),
};

const timeLimiters: PatternWithEndpoints = {
  pattern: 'timeLimiter',
  registry: registryToken('timeLimiter'),
  path: 'timelimiters',
  listKey: 'timeLimiters',
  eventsPath: 'timelimiterevents',
  eventsKey: 'timeLimiterEvents',
  eventTypes: typesOf<TimeLimiterEvents>({ SUCCESS: true, ERROR: true, TIMEOUT: true }),
  describeAll: namesOf,
  describeEvent: plainEvent('timeLimiterName'),
};

export const patternsWithEndpoints: readonly PatternWithEndpoints[] = [
  circuitBreakers,
  retries,
  bulkheads,
  rateLimiters,
  timeLimiters,
];

/** Those that Resilience4j does not have are told of in the stream alone. */
export const monitoredPatterns: readonly MonitoredPattern[] = [
  ...patternsWithEndpoints,
  { pattern: 'hedge', registry: registryToken('hedge'), describeEvent: wholeEvent },
  { pattern: 'fallback', registry: registryToken('fallback'), describeEvent: wholeEvent },
  { pattern: 'cachedFallback', registry: registryToken('cachedFallback'), describeEvent: wholeEvent },
  {
    pattern: 'adaptiveConcurrencyLimiter',
    registry: registryToken('adaptiveConcurrencyLimiter'),
    describeEvent: wholeEvent,
  },
];

/** Each type once, which the compiler checks. */
function typesOf<M>(types: Readonly<Record<keyof M & string, true>>): readonly string[] {
  return Object.keys(types);
}

/** What a list endpoint answers. */
export function listOf(pattern: PatternWithEndpoints, registry: MonitoredRegistry): Readonly<Record<string, unknown>> {
  const policies = registry.all().toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { [pattern.listKey]: pattern.describeAll(policies) };
}
