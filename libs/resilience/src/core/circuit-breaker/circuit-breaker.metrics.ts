import type { Clock } from '../clock.ts';
import type { CircuitBreakerConfig } from './circuit-breaker.options.ts';
import { CountBasedWindow } from './count-based-window.ts';
import type { SlidingWindow } from './sliding-window.ts';
import { TimeBasedWindow } from './time-based-window.ts';

/** What a circuit breaker can tell about the calls in its window. */
export interface CircuitBreakerMetrics {
  /** Percent; -1 while the window holds too few calls to state a rate. */
  readonly failureRate: number;
  /** Percent; -1 while the window holds too few calls to state a rate. */
  readonly slowCallRate: number;
  /** The share of calls that failed, were slow, or both. Percent; -1 while the window holds too few calls. */
  readonly combinedRate: number;
  readonly bufferedCalls: number;
  readonly failedCalls: number;
  /** Calls that did not fail, slow or not. */
  readonly successfulCalls: number;
  readonly slowCalls: number;
  readonly slowFailedCalls: number;
  readonly slowSuccessfulCalls: number;
  /** Calls refused since the window was begun. */
  readonly notPermittedCalls: number;
}

/** A window with the rates that are judged by it. OPEN keeps the one of the state that it came from. */
export class WindowMetrics {
  readonly #config: CircuitBreakerConfig;
  readonly #window: SlidingWindow;
  readonly #minimumNumberOfCalls: number;
  #notPermittedCalls = 0;

  private constructor(config: CircuitBreakerConfig, window: SlidingWindow, minimumNumberOfCalls: number) {
    this.#config = config;
    this.#window = window;
    this.#minimumNumberOfCalls = minimumNumberOfCalls;
  }

  /** The configured window. A count window is judged when it is full, even if the minimum is above its size. */
  static configured(config: CircuitBreakerConfig, clock: Clock): WindowMetrics {
    const { slidingWindowSize: size, minimumNumberOfCalls: minimum } = config;
    return config.slidingWindowType === 'TIME_BASED'
      ? new WindowMetrics(config, new TimeBasedWindow(size, clock), minimum)
      : new WindowMetrics(config, new CountBasedWindow(size), Math.min(minimum, size));
  }

  /** The calls on trial: always a count window as large as their number. */
  static onTrial(config: CircuitBreakerConfig): WindowMetrics {
    const { permittedNumberOfCallsInHalfOpenState: size, minimumNumberOfCalls: minimum } = config;
    return new WindowMetrics(config, new CountBasedWindow(size), Math.min(minimum, size));
  }

  record(isFailed: boolean, durationMs: number): void {
    this.#window.record(isFailed, durationMs > this.#config.slowCallDurationThreshold, durationMs);
  }

  recordNotPermitted(): void {
    this.#notPermittedCalls++;
  }

  /** Whether the window holds enough calls to state rates. */
  hasRates(): boolean {
    const { calls } = this.#window.totals();
    return calls > 0 && calls >= this.#minimumNumberOfCalls;
  }

  /** Percent; -1 while the window holds too few calls. */
  failureRate(): number {
    return this.hasRates() ? percent(this.#window.totals().failedCalls, this.#window.totals().calls) : -1;
  }

  /** Percent; -1 while the window holds too few calls. */
  slowCallRate(): number {
    return this.hasRates() ? percent(this.#window.totals().slowCalls, this.#window.totals().calls) : -1;
  }

  /** The share of calls that failed, were slow, or both. Percent; -1 while the window holds too few calls. */
  combinedRate(): number {
    const { calls, failedCalls, slowCalls, slowFailedCalls } = this.#window.totals();
    return this.hasRates() ? percent(failedCalls + slowCalls - slowFailedCalls, calls) : -1;
  }

  hasFailureRateReachedThreshold(): boolean {
    return this.failureRate() >= Math.fround(this.#config.failureRateThreshold);
  }

  hasSlowCallRateReachedThreshold(): boolean {
    return this.slowCallRate() >= Math.fround(this.#config.slowCallRateThreshold);
  }

  hasCombinedRateReachedThreshold(): boolean {
    const { combinedRateThreshold } = this.#config;
    return combinedRateThreshold !== undefined && this.combinedRate() >= Math.fround(combinedRateThreshold);
  }

  hasAnyRateReachedThreshold(): boolean {
    return (
      this.hasFailureRateReachedThreshold() ||
      this.hasSlowCallRateReachedThreshold() ||
      this.hasCombinedRateReachedThreshold()
    );
  }

  snapshot(): CircuitBreakerMetrics {
    const { calls, failedCalls, slowCalls, slowFailedCalls } = this.#window.totals();
    return {
      failureRate: this.failureRate(),
      slowCallRate: this.slowCallRate(),
      combinedRate: this.combinedRate(),
      bufferedCalls: calls,
      failedCalls,
      successfulCalls: calls - failedCalls,
      slowCalls,
      slowFailedCalls,
      slowSuccessfulCalls: slowCalls - slowFailedCalls,
      notPermittedCalls: this.#notPermittedCalls,
    };
  }
}

/**
 * In 32-bit arithmetic, as Resilience4j computes it: 3 of 7 reaches a threshold of 42.857143, which 64 bits would miss.
 */
function percent(part: number, whole: number): number {
  return Math.fround(Math.fround(part * 100) / Math.fround(whole));
}
