import { CallAbortedOnOpenError, CallNotPermittedError } from './circuit-breaker.errors.ts';
import { attributeNames as names, type Labels } from '../observability.ts';
import { type OutcomeKind, outcomeVerdicts } from '../outcome.ts';
import { definePolicy, dependencyUnavailable } from '../policy-definition.ts';
import { circuitBreakerDetails, circuitBreakerEvent, circuitBreakerPartitions } from './circuit-breaker.actuator.ts';
import { type AnyCircuitBreaker, type CircuitBreakerEngines, chosenEngine } from './circuit-breaker.contract.ts';
import { circuitBreakerOptions, type CircuitBreakerOptions } from './circuit-breaker.options.ts';
import { automaticTransitions, type StateName, stateNames } from './circuit-breaker.transitions.ts';
import { CircuitBreaker, type CircuitBreakerEnvironment } from './circuit-breaker.ts';

/** What the circuit breakers of a registry get in addition to their options. */
export interface CircuitBreakerRegistryEnvironment extends CircuitBreakerEnvironment {
  /** Engines that instances may choose with the option `engine`, in addition to the sliding window. None by default. */
  readonly engines?: CircuitBreakerEngines;
}

function transitionLabels(from: StateName, to: StateName): Labels {
  return { from_state: from.toLowerCase(), to_state: to.toLowerCase() };
}

/** Events have an outcome where the metric applies. */
function outcomeLabel({ outcome = 'unknown' }: { readonly outcome?: OutcomeKind }): Labels {
  return { outcome };
}

export const circuitBreakerDefinition = definePolicy({
  kind: 'circuitBreaker',
  label: 'CircuitBreaker',
  title: 'Circuit breaker',
  section: 'circuitbreaker',
  inPipeline: true,
  options: circuitBreakerOptions,
  fixedOptions: ['engine'],
  file: {
    aliases: {
      recordFailurePredicate: 'recordException',
      ignoreExceptionPredicate: 'ignoreException',
      recordResultPredicate: 'recordResult',
    },
    backoff: {
      wait: 'waitDurationInOpenState',
      functions: ['waitIntervalFunctionInOpenState'],
      maxWait: 'exponentialMaxWaitDurationInOpenState',
      mayCombine: false,
    },
    hasHealthIndicator: true,
    meaninglessOptions: ['slidingWindowSynchronizationStrategy', 'ignoreClassBindingExceptions'],
    meaninglessKeys: ['circuitBreakerAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  events: {
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
  },
  meters: [
    // Up to `resilience4j_circuitbreaker_calls_total`: Resilience4j's Micrometer binding (`AbstractCircuitBreakerMetrics`).
    {
      type: 'durations',
      name: 'resilience4j_circuitbreaker_calls_seconds',
      help: 'How long calls took, by how they ended.',
      maxHelp: 'The longest call of the last two to three minutes, by how it ended.',
      labels: ['kind'],
      measures: { SUCCESS: { kind: 'successful' }, ERROR: { kind: 'failed' }, IGNORED_ERROR: { kind: 'ignored' } },
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'resilience4j_circuitbreaker_state',
      help: 'The state of the circuit breaker: 1 for the one it is in, 0 for the others.',
      labels: ['state'],
      read: ({ state: current }) =>
        stateNames.map((state) => [current === state ? 1 : 0, { state: state.toLowerCase() }]),
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_circuitbreaker_buffered_calls',
      help: 'The number of calls in the sliding window, by how they ended.',
      labels: ['kind'],
      read: ({ metrics }) => [
        [metrics.failedCalls, { kind: 'failed' }],
        [metrics.successfulCalls, { kind: 'successful' }],
      ],
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_circuitbreaker_max_buffered_calls',
      // Newer versions of Resilience4j have no such metric, but its Grafana dashboard uses it.
      help: 'The number of calls that the sliding window can hold; absent for a time-based window.',
      read: ({ config, state }) => {
        const { slidingWindowType, slidingWindowSize, permittedNumberOfCallsInHalfOpenState } = config;
        if (state === 'HALF_OPEN') return [[permittedNumberOfCallsInHalfOpenState]];
        return slidingWindowType === 'COUNT_BASED' ? [[slidingWindowSize]] : [];
      },
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_circuitbreaker_slow_calls',
      help: 'The number of calls in the sliding window that took longer than the threshold, by how they ended.',
      labels: ['kind'],
      read: ({ metrics }) => [
        [metrics.slowSuccessfulCalls, { kind: 'successful' }],
        [metrics.slowFailedCalls, { kind: 'failed' }],
      ],
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'resilience4j_circuitbreaker_failure_rate',
      help: 'The failure rate of the circuit breaker in percent; -1 while there are too few calls.',
      read: ({ metrics }) => [[metrics.failureRate]],
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'resilience4j_circuitbreaker_slow_call_rate',
      help: 'The rate of slow calls of the circuit breaker in percent; -1 while there are too few calls.',
      read: ({ metrics }) => [[metrics.slowCallRate]],
    },
    {
      type: 'eventCounter',
      name: 'resilience4j_circuitbreaker_not_permitted_calls_total',
      help: 'Total number of calls that were not permitted.',
      labels: ['kind'],
      counts: { NOT_PERMITTED: { kind: 'not_permitted' } },
    },
    {
      type: 'eventCounter',
      name: 'resilience4j_circuitbreaker_calls_total',
      // The name of this counter in older versions of Resilience4j, which its Grafana dashboard uses.
      help: 'Total number of calls that were not permitted, under its older name.',
      labels: ['kind'],
      counts: { NOT_PERMITTED: { kind: 'not_permitted' } },
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'breakwater_circuitbreaker_combined_rate',
      help: 'The share of calls that failed, were slow, or both, in percent; -1 while there are too few calls.',
      read: ({ metrics }) => [[metrics.combinedRate]],
    },
    {
      type: 'gauge',
      aggregator: 'average',
      name: 'breakwater_circuitbreaker_admission_percentage',
      help: 'The share of calls that are let through, in percent.',
      read: ({ admissionPercentage }) => [[admissionPercentage]],
    },
    {
      type: 'eventCounter',
      name: 'breakwater_circuitbreaker_transitions_total',
      help: 'Total number of state transitions.',
      labels: ['from_state', 'to_state'],
      counts: {
        STATE_TRANSITION: ({ fromState, toState }): Labels => transitionLabels(fromState, toState),
      },
      initial: automaticTransitions.map(([from, to]) => transitionLabels(from, to)),
    },
    {
      type: 'eventCounter',
      name: 'breakwater_circuitbreaker_outcomes_total',
      help: 'Total number of calls, by what their outcome shows.',
      labels: ['outcome'],
      counts: { SUCCESS: outcomeLabel, ERROR: outcomeLabel, IGNORED_ERROR: outcomeLabel },
      initial: Object.keys(outcomeVerdicts).map((outcome) => ({ outcome })),
      appliesTo: ({ config }) => config.classification !== undefined,
    },
    {
      type: 'eventCounter',
      name: 'breakwater_circuitbreaker_health_probes_total',
      help: 'Total number of health probes in OPEN, by their results.',
      labels: ['kind'],
      counts: { HEALTH_PROBE: ({ isHealthy }): Labels => ({ kind: isHealthy ? 'healthy' : 'unhealthy' }) },
      initial: [{ kind: 'healthy' }, { kind: 'unhealthy' }],
      appliesTo: ({ config }) => config.healthProbe !== undefined,
    },
  ],
  spanEvents: {
    policy: 'circuitbreaker',
    events: {
      STATE_TRANSITION: {
        name: 'state_transition',
        // A timer or a health probe can cause it, and it concerns all later calls.
        ownSpan: true,
        attributes: ({ fromState, toState }, { metrics, remainingMs }) => ({
          [names.fromState]: fromState,
          [names.toState]: toState,
          // OPEN still has the window that opened it; other states start with an empty one.
          ...(toState === 'OPEN' && {
            [names.failureRate]: metrics.failureRate,
            [names.slowCallRate]: metrics.slowCallRate,
            [names.bufferedCalls]: metrics.bufferedCalls,
            [names.waitMs]: remainingMs,
          }),
        }),
      },
      NOT_PERMITTED: {
        name: 'not_permitted',
        attributes: (_, { state, remainingMs }) => ({ [names.state]: state, [names.retryAfterMs]: remainingMs }),
      },
    },
  },
  refusals: [
    { error: CallNotPermittedError, problem: dependencyUnavailable, outcome: 'notPermitted' },
    { error: CallAbortedOnOpenError, problem: dependencyUnavailable },
  ],
  actuator: {
    plural: 'circuitBreakers',
    describeEvent: circuitBreakerEvent,
    describe: circuitBreakerDetails,
    describePartitions: circuitBreakerPartitions,
  },
  resolve: (subject, options, { engines = {} }) => chosenEngine(subject, options, engines)?.resolve(subject, options),
  create: (
    name: string,
    options: CircuitBreakerOptions,
    environment: CircuitBreakerRegistryEnvironment,
  ): AnyCircuitBreaker =>
    chosenEngine(`CircuitBreaker '${name}'`, options, environment.engines ?? {})?.create(name, options) ??
    new CircuitBreaker(name, options, environment),
  isRemovable: ({ state }) => state === 'CLOSED',
  dispose: (circuitBreaker) => circuitBreaker.dispose(),
});
