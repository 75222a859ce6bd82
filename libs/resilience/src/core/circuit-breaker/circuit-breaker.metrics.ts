import type { Clock } from '../clock.ts';
import type { CircuitBreakerConfig, SlidingWindowType } from './circuit-breaker.options.ts';
import { CountBasedWindow } from './count-based-window.ts';
import type { SlidingWindow, WindowContents } from './sliding-window.ts';
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

interface WindowPlan {
  readonly type: SlidingWindowType;
  readonly size: number;
  makeWindow(): SlidingWindow;
}

/** A count window can never hold more calls than its size. */
function minimumIn({ type, size }: WindowPlan, { minimumNumberOfCalls }: CircuitBreakerConfig): number {
  return type === 'TIME_BASED' ? minimumNumberOfCalls : Math.min(minimumNumberOfCalls, size);
}

/** A window with the rates that are judged by it. OPEN keeps the one of the state that it came from. */
export class WindowMetrics {
  readonly #planOf: (config: CircuitBreakerConfig) => WindowPlan;
  #config: CircuitBreakerConfig;
  #plan: WindowPlan;
  #window: SlidingWindow;
  #minimumNumberOfCalls: number;
  #notPermittedCalls = 0;

  private constructor(config: CircuitBreakerConfig, planOf: (config: CircuitBreakerConfig) => WindowPlan) {
    this.#config = config;
    this.#planOf = planOf;
    this.#plan = planOf(config);
    this.#window = this.#plan.makeWindow();
    this.#minimumNumberOfCalls = minimumIn(this.#plan, config);
  }

  /** The configured window. A count window is judged when it is full, even if the minimum is above its size. */
  static configured(config: CircuitBreakerConfig, clock: Clock): WindowMetrics {
    return new WindowMetrics(config, ({ slidingWindowType: type, slidingWindowSize: size }) => ({
      type,
      size,
      makeWindow: () => (type === 'TIME_BASED' ? new TimeBasedWindow(size, clock) : new CountBasedWindow(size)),
    }));
  }

  /** The calls on trial: always a count window as large as their number. */
  static onTrial(config: CircuitBreakerConfig): WindowMetrics {
    return new WindowMetrics(config, ({ permittedNumberOfCallsInHalfOpenState: size }) => ({
      type: 'COUNT_BASED',
      size,
      makeWindow: () => new CountBasedWindow(size),
    }));
  }

  /** Judges by other options from now on. A window of another type or size begins empty; otherwise it is kept. */
  reconfigure(config: CircuitBreakerConfig): void {
    const plan = this.#planOf(config);
    if (plan.type !== this.#plan.type || plan.size !== this.#plan.size) this.#window = plan.makeWindow();
    this.#config = config;
    this.#plan = plan;
    this.#minimumNumberOfCalls = minimumIn(plan, config);
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

  contents(): WindowContents {
    return this.#window.contents();
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
