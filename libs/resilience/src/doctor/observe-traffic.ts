import type { CircuitBreaker } from '../core/circuit-breaker/circuit-breaker.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Traffic } from './traffic.ts';

/** What is needed of a circuit breaker to see the calls that it protects. */
export type ObservedCircuitBreaker = Pick<CircuitBreaker, 'on' | 'config' | 'metrics' | 'state'>;

/** After so long a call counts for a third of a new one. */
const memoryMs = 300_000;
/** Fewer calls, forgotten ones not counted, say nothing. */
const leastCalls = 5;

/**
 * Watches a circuit breaker's events, and tells rate and latency of its calls. Each event costs the same, and nothing is
 * kept but a few sums: they fade exponentially, so that the figures are those of the last minutes.
 *
 * The rate is that of calls that reach the circuit breaker, refused ones and the attempts of a retry around it included.
 */
export class TrafficObserver {
  readonly #clock: Clock;
  readonly #circuitBreaker: ObservedCircuitBreaker;
  readonly #startedAt: number;
  readonly #subscriptions: readonly (() => void)[];
  #fadedAt: number;
  #calls = 0;
  #endedCalls = 0;
  #durationMs = 0;
  /** The most calls in the window, in the present stretch of time and in the one before it. */
  #peaks: readonly [present: number, previous: number] = [0, 0];
  #stretch = 0;

  /** @param environment where time comes from; it must be the circuit breaker's. Real time by default */
  constructor(circuitBreaker: ObservedCircuitBreaker, environment: { readonly clock?: Clock } = {}) {
    this.#clock = environment.clock ?? systemClock;
    this.#circuitBreaker = circuitBreaker;
    this.#startedAt = this.#clock.now();
    this.#fadedAt = this.#startedAt;
    this.#subscriptions = [
      ...(['SUCCESS', 'ERROR', 'IGNORED_ERROR'] as const).map((type) =>
        circuitBreaker.on(type, ({ elapsedDurationMs, creationTime }) => {
          this.#onCallEnded(type !== 'IGNORED_ERROR', elapsedDurationMs, creationTime);
        }),
      ),
      circuitBreaker.on('NOT_PERMITTED', ({ creationTime }) => this.#onCall(creationTime)),
    ];
  }

  /** What is known by now; nothing as long as there were too few calls to say. */
  traffic(): Traffic {
    this.#fade(this.#clock.now());
    if (this.#calls < leastCalls) return {};
    // The sum of fading calls comes near rate × memory; in the beginning only so much of it has come together.
    const observedMs = memoryMs * (1 - Math.exp((this.#startedAt - this.#clock.now()) / memoryMs));
    return {
      ratePerSecond: observedMs > 0 ? (this.#calls / observedMs) * 1_000 : undefined,
      latencyMs: this.#endedCalls > 0 ? this.#durationMs / this.#endedCalls : undefined,
      mostCallsInWindow: Math.max(...this.#peaks),
    };
  }

  /** Ends the watching. */
  stop(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }

  #onCallEnded(isEvidence: boolean, durationMs: number, endedAt: number): void {
    this.#onCall(endedAt);
    this.#endedCalls++;
    this.#durationMs += durationMs;
    // The window is told after the listeners, hence the call itself on top. HALF_OPEN has another window.
    if (isEvidence && !this.#isPeakReached() && this.#circuitBreaker.state === 'CLOSED') {
      const inWindow = this.#circuitBreaker.metrics.bufferedCalls + 1;
      this.#peaks = [Math.max(this.#peaks[0], inWindow), this.#peaks[1]];
    }
  }

  /** A count window that has once been full can hold no more: it need not be asked with every call. */
  #isPeakReached(): boolean {
    const { slidingWindowType, slidingWindowSize } = this.#circuitBreaker.config;
    return slidingWindowType === 'COUNT_BASED' && this.#peaks[0] >= slidingWindowSize;
  }

  #onCall(at: number): void {
    this.#fade(at);
    this.#calls++;
  }

  #fade(now: number): void {
    // A circuit breaker that goes by a clock of its own, as opossum's does, may be behind.
    if (now <= this.#fadedAt) return;
    const share = Math.exp((this.#fadedAt - now) / memoryMs);
    this.#fadedAt = now;
    this.#calls *= share;
    this.#endedCalls *= share;
    this.#durationMs *= share;
    const stretch = Math.floor((now - this.#startedAt) / memoryMs);
    if (stretch > this.#stretch) this.#peaks = [0, stretch === this.#stretch + 1 ? this.#peaks[0] : 0];
    this.#stretch = stretch;
  }
}

/**
 * Begins to watch the calls under a circuit breaker, so that the doctor can use what it sees.
 *
 * @param environment where time comes from; it must be the circuit breaker's. Real time by default
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
