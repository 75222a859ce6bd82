import type { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { type Clock, systemClock } from '../core/clock.ts';

/** What is known about the calls to a dependency. What is left out is unknown; checks that need it do not apply. */
export interface Traffic {
  /** Calls a second, evenly spread. */
  readonly ratePerSecond?: number | undefined;
  /** How long the dependency takes for a call, in milliseconds. */
  readonly latencyMs?: number | undefined;
  /** The number of callers, each of which makes one call after the other. */
  readonly concurrency?: number | undefined;
  /** How long a caller waits for the response, in milliseconds. */
  readonly callerDeadlineMs?: number | undefined;
  /**
   * The most calls that the circuit breaker's window has held, from `observeTraffic`. Calls come in bursts, which a
   * rate does not show: an observed maximum takes precedence over a computed one.
   */
  readonly mostCallsInWindow?: number | undefined;
  /**
   * How many calls in a hundred were slower than `slowCallDurationThreshold`, from `observeTraffic`. The mean latency does
   * not show it: with an observed share, checks say nothing about single calls because of the mean.
   */
  readonly slowCallRate?: number | undefined;
}

const secondsByUnit: Readonly<Record<string, number>> = { s: 1, sec: 1, m: 60, min: 60, h: 3_600 };

/**
 * Reads `0.5/s`, `30/min` or `1000/h` as calls a second; a plain number is calls a second. `undefined` unless above 0.
 */
export function parseRate(value: unknown): number | undefined {
  const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(?:\/\s*(s|sec|m|min|h))?$/.exec(String(value).trim()) ?? [];
  const rate = Number(number) / (secondsByUnit[unit] ?? 1);
  return Number.isFinite(rate) && rate > 0 ? rate : undefined;
}

/** The part of a circuit breaker from which its traffic is observed. */
export type ObservedCircuitBreaker = Pick<CircuitBreaker, 'on' | 'config' | 'metrics' | 'state'>;

/** After this time the weight of a call has fallen to 1 / e. */
const decayMs = 300_000;
/** With fewer calls, weighted, nothing is reported. */
const leastCalls = 5;

/**
 * Measures rate and latency of a circuit breaker's calls from its events. The work for each event is constant, and only
 * a few sums are kept: they decay exponentially, so that they describe the last minutes.
 *
 * The rate counts calls that reach the circuit breaker, including refused ones and the attempts of a retry around it.
 */
export class TrafficObserver {
  readonly #clock: Clock;
  readonly #circuitBreaker: ObservedCircuitBreaker;
  readonly #startedAt: number;
  readonly #subscriptions: readonly (() => void)[];
  #decayedAt: number;
  #calls = 0;
  #endedCalls = 0;
  #slowCalls = 0;
  #durationMs = 0;
  /** The most calls in the window, in the current period and in the one before. */
  #peaks: readonly [current: number, previous: number] = [0, 0];
  #period = 0;

  /** @param environment the clock, which must be the circuit breaker's; real time by default */
  constructor(circuitBreaker: ObservedCircuitBreaker, environment: { readonly clock?: Clock } = {}) {
    this.#clock = environment.clock ?? systemClock;
    this.#circuitBreaker = circuitBreaker;
    this.#startedAt = this.#clock.now();
    this.#decayedAt = this.#startedAt;
    this.#subscriptions = [
      ...(['SUCCESS', 'ERROR', 'IGNORED_ERROR'] as const).map((type) =>
        circuitBreaker.on(type, ({ elapsedDurationMs, creationTime }) => {
          this.#onCallEnded(type !== 'IGNORED_ERROR', elapsedDurationMs, creationTime);
        }),
      ),
      circuitBreaker.on('NOT_PERMITTED', ({ creationTime }) => this.#onCall(creationTime)),
    ];
  }

  /** The traffic of the last minutes; empty after fewer than five calls. */
  traffic(): Traffic {
    this.#decay(this.#clock.now());
    if (this.#calls < leastCalls) return {};
    // The decaying sum of calls approaches rate × decay time; this is the part of it that the elapsed time can have
    // reached.
    const observedMs = decayMs * (1 - Math.exp((this.#startedAt - this.#clock.now()) / decayMs));
    return {
      ratePerSecond: observedMs > 0 ? (this.#calls / observedMs) * 1_000 : undefined,
      latencyMs: this.#endedCalls > 0 ? this.#durationMs / this.#endedCalls : undefined,
      mostCallsInWindow: Math.max(...this.#peaks),
      slowCallRate: this.#slowCallRate(),
    };
  }

  /** Stops the observation. */
  stop(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  /** That of the window if it is higher: it has the latest calls, and slow ones that have not ended. */
  #slowCallRate(): number | undefined {
    if (this.#endedCalls === 0) return undefined;
    const { bufferedCalls, slowCalls } = this.#circuitBreaker.metrics;
    const inWindow = bufferedCalls > 0 ? slowCalls / bufferedCalls : 0;
    return Math.max(this.#slowCalls / this.#endedCalls, inWindow) * 100;
  }

  #onCallEnded(isRecorded: boolean, durationMs: number, endedAt: number): void {
    this.#onCall(endedAt);
    this.#endedCalls++;
    this.#durationMs += durationMs;
    if (durationMs > this.#circuitBreaker.config.slowCallDurationThreshold) this.#slowCalls++;
    // The window records the call after the listeners, hence the 1. HALF_OPEN has a window of its own.
    if (isRecorded && !this.#isPeakReached() && this.#circuitBreaker.state === 'CLOSED') {
      const inWindow = this.#circuitBreaker.metrics.bufferedCalls + 1;
      this.#peaks = [Math.max(this.#peaks[0], inWindow), this.#peaks[1]];
    }
  }

  /** A count window that was full once cannot hold more, so its metrics need not be read again. */
  #isPeakReached(): boolean {
    const { slidingWindowType, slidingWindowSize } = this.#circuitBreaker.config;
    return slidingWindowType === 'COUNT_BASED' && this.#peaks[0] >= slidingWindowSize;
  }

  #onCall(at: number): void {
    this.#decay(at);
    this.#calls++;
  }

  #decay(now: number): void {
    // A circuit breaker with a clock of its own, as opossum's, may be behind.
    if (now <= this.#decayedAt) return;
    const weight = Math.exp((this.#decayedAt - now) / decayMs);
    this.#decayedAt = now;
    this.#calls *= weight;
    this.#endedCalls *= weight;
    this.#slowCalls *= weight;
    this.#durationMs *= weight;
    const period = Math.floor((now - this.#startedAt) / decayMs);
    if (period > this.#period) this.#peaks = [0, period === this.#period + 1 ? this.#peaks[0] : 0];
    this.#period = period;
  }
}

/**
 * Starts to observe the calls of a circuit breaker, for use by the doctor.
 *
 * @param environment the clock, which must be the circuit breaker's; real time by default
 * @example
 * const observed = observeTraffic(customer);
 * const findings = diagnose([{ name: 'customer', circuitBreaker: customer.config }], observed.traffic());
 */
export function observeTraffic(
  circuitBreaker: ObservedCircuitBreaker,
  environment: { readonly clock?: Clock } = {},
): TrafficObserver {
  return new TrafficObserver(circuitBreaker, environment);
}
