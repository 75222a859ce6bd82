import type { CircuitBreaker } from '../../core/circuit-breaker/circuit-breaker.ts';
import { type StateName, stateNames } from '../../core/circuit-breaker/circuit-breaker.transitions.ts';
import type { Clock } from '../../core/clock.ts';
import type { Unsubscribe } from '../../core/events.ts';
import type { DurationSeries } from './duration-histogram.ts';
import type { Durations, Meter } from './meters.ts';
import { TimeWindowMax } from './time-window-max.ts';

/** What the meters look at. */
export type MeteredBreaker = Pick<
  CircuitBreaker,
  'name' | 'config' | 'state' | 'metrics' | 'admissionPercentage' | 'on'
>;

/** The events of calls that ended. */
const callEnds = ['SUCCESS', 'ERROR', 'IGNORED_ERROR'] as const;

/** How long calls took that ended in one of the ways. */
class CallTimer {
  readonly kind: string;
  readonly #series: DurationSeries;
  readonly #max: TimeWindowMax;

  constructor(kind: string, series: DurationSeries, max: TimeWindowMax) {
    this.kind = kind;
    this.#series = series;
    this.#max = max;
  }

  record(seconds: number, at: number): void {
    this.#series.record(seconds);
    this.#max.record(seconds, at);
  }

  /** The longest of the last two to three minutes, in seconds. */
  get maxSeconds(): number {
    return this.#max.value;
  }
}

/** A circuit breaker with what is counted of its events. */
export class CircuitBreakerInstance {
  readonly name: string;
  readonly breaker: MeteredBreaker;
  readonly healthProbes = { healthy: 0, unhealthy: 0 };
  readonly timers: Readonly<Record<(typeof callEnds)[number], CallTimer>>;
  readonly transitions = new Map<
    string,
    { readonly fromState: StateName; readonly toState: StateName; count: number }
  >();
  notPermittedCalls = 0;
  readonly #ends: Unsubscribe[] = [];

  constructor(breaker: MeteredBreaker, durations: Durations, clock: Clock) {
    this.name = breaker.name;
    this.breaker = breaker;
    this.timers = {
      SUCCESS: this.#timer('successful', durations, clock),
      ERROR: this.#timer('failed', durations, clock),
      IGNORED_ERROR: this.#timer('ignored', durations, clock),
    };
    this.#ends.push(
      ...callEnds.map((type) =>
        breaker.on(type, ({ elapsedDurationMs, creationTime }) =>
          this.timers[type].record(elapsedDurationMs / 1_000, creationTime),
        ),
      ),
      breaker.on('NOT_PERMITTED', () => this.notPermittedCalls++),
      breaker.on('HEALTH_PROBE', ({ isHealthy }) => this.healthProbes[isHealthy ? 'healthy' : 'unhealthy']++),
      breaker.on('STATE_TRANSITION', ({ fromState, toState }) => this.#countTransition(fromState, toState)),
    );
  }

  /** Stops counting, and takes back the series that are pushed. */
  end(): void {
    for (const end of this.#ends) end();
  }

  #timer(kind: string, durations: Durations, clock: Clock): CallTimer {
    const series = durations.begin(this.name, { kind });
    this.#ends.push(() => series.end());
    return new CallTimer(kind, series, new TimeWindowMax(clock));
  }

  #countTransition(fromState: StateName, toState: StateName): void {
    const key = `${fromState} ${toState}`;
    const transition = this.transitions.get(key) ?? { fromState, toState, count: 0 };
    transition.count++;
    this.transitions.set(key, transition);
  }
}

/** The timer of all calls; the rest is read. */
export const circuitBreakerCalls = {
  name: 'resilience4j_circuitbreaker_calls_seconds',
  help: 'How long calls took, by how they ended.',
  labels: ['kind'],
} as const;

/** What Resilience4j's Micrometer binding (`AbstractCircuitBreakerMetrics`) shows, and then what is ours. */
export const circuitBreakerMeters: readonly Meter<CircuitBreakerInstance>[] = [
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_calls_seconds_max',
    help: 'The longest call of the last two to three minutes, by how it ended.',
    labels: ['kind'],
    read: ({ timers }) => Object.values(timers).map(({ kind, maxSeconds }) => [maxSeconds, { kind }]),
  },
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_state',
    help: 'The state of the circuit breaker: 1 for the one it is in, 0 for the others.',
    labels: ['state'],
    read: ({ breaker }) => stateNames.map((state) => [breaker.state === state ? 1 : 0, { state: state.toLowerCase() }]),
  },
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_buffered_calls',
    help: 'The number of calls in the sliding window, by how they ended.',
    labels: ['kind'],
    read: ({ breaker: { metrics } }) => [
      [metrics.failedCalls, { kind: 'failed' }],
      [metrics.successfulCalls, { kind: 'successful' }],
    ],
  },
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_max_buffered_calls',
    // Gone from Resilience4j by now, but its Grafana dashboard still draws it. A window of seconds has no such number.
    help: 'The number of calls that the sliding window can hold; none for a window of seconds.',
    read: ({ breaker }) => {
      const { slidingWindowType, slidingWindowSize, permittedNumberOfCallsInHalfOpenState } = breaker.config;
      if (breaker.state === 'HALF_OPEN') return [[permittedNumberOfCallsInHalfOpenState]];
      return slidingWindowType === 'COUNT_BASED' ? [[slidingWindowSize]] : [];
    },
  },
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_slow_calls',
    help: 'The number of calls in the sliding window that took longer than the threshold, by how they ended.',
    labels: ['kind'],
    read: ({ breaker: { metrics } }) => [
      [metrics.slowSuccessfulCalls, { kind: 'successful' }],
      [metrics.slowFailedCalls, { kind: 'failed' }],
    ],
  },
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_failure_rate',
    help: 'The failure rate of the circuit breaker in percent; -1 while there are too few calls.',
    read: ({ breaker }) => [[breaker.metrics.failureRate]],
  },
  {
    type: 'gauge',
    name: 'resilience4j_circuitbreaker_slow_call_rate',
    help: 'The rate of slow calls of the circuit breaker in percent; -1 while there are too few calls.',
    read: ({ breaker }) => [[breaker.metrics.slowCallRate]],
  },
  {
    type: 'counter',
    name: 'resilience4j_circuitbreaker_not_permitted_calls_total',
    help: 'Total number of calls that were not permitted.',
    labels: ['kind'],
    read: ({ notPermittedCalls }) => [[notPermittedCalls, { kind: 'not_permitted' }]],
  },
  {
    type: 'counter',
    name: 'resilience4j_circuitbreaker_calls_total',
    // Under which older versions of Resilience4j counted refusals. Its Grafana dashboard still draws them from here.
    help: 'Total number of calls that were not permitted, under its older name.',
    labels: ['kind'],
    read: ({ notPermittedCalls }) => [[notPermittedCalls, { kind: 'not_permitted' }]],
  },
  {
    type: 'gauge',
    name: 'breakwater_circuitbreaker_combined_rate',
    help: 'The share of calls that failed, were slow, or both, in percent; -1 while there are too few calls.',
    read: ({ breaker }) => [[breaker.metrics.combinedRate]],
  },
  {
    type: 'gauge',
    name: 'breakwater_circuitbreaker_admission_percentage',
    help: 'The share of calls that are let through, in percent.',
    read: ({ breaker }) => [[breaker.admissionPercentage]],
  },
  {
    type: 'counter',
    name: 'breakwater_circuitbreaker_transitions_total',
    help: 'Total number of state transitions.',
    labels: ['from_state', 'to_state'],
    read: ({ transitions }) =>
      [...transitions.values()].map(({ fromState, toState, count }) => [
        count,
        { from_state: fromState.toLowerCase(), to_state: toState.toLowerCase() },
      ]),
  },
  {
    type: 'counter',
    name: 'breakwater_circuitbreaker_health_probes_total',
    help: 'Total number of health probes asked in OPEN, by their answers.',
    labels: ['kind'],
    read: ({ breaker, healthProbes }) =>
      breaker.config.healthProbe === undefined
        ? []
        : [
            [healthProbes.healthy, { kind: 'healthy' }],
            [healthProbes.unhealthy, { kind: 'unhealthy' }],
          ],
  },
];
