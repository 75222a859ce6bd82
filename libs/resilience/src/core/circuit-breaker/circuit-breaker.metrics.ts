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

/** What the window of a state is made by: the options for it, or those for the calls on trial. */
type Purpose = 'configured' | 'trial';

/** A window with the rates that are judged by it. OPEN keeps the one of the state that it came from. */
export class WindowMetrics {
  readonly #purpose: Purpose;
  readonly #clock: Clock;
  #config: CircuitBreakerConfig;
  #window: SlidingWindow;
  #minimumNumberOfCalls: number;
  #notPermittedCalls = 0;

  private constructor(purpose: Purpose, config: CircuitBreakerConfig, clock: Clock) {
    this.#purpose = purpose;
    this.#clock = clock;
    this.#config = config;
    this.#window = makeWindow(typeFor(purpose, config), sizeFor(purpose, config), clock);
    this.#minimumNumberOfCalls = minimumFor(purpose, config);
  }

  /** The configured window. A count window is judged when it is full, even if the minimum is above its size. */
  static configured(config: CircuitBreakerConfig, clock: Clock): WindowMetrics {
    return new WindowMetrics('configured', config, clock);
  }

  /** The calls on trial: always a count window as large as their number. */
  static onTrial(config: CircuitBreakerConfig, clock: Clock): WindowMetrics {
    return new WindowMetrics('trial', config, clock);
  }

  /** Judges by other options from now on. A window of another type or size begins empty; otherwise it is kept. */
  reconfigure(config: CircuitBreakerConfig): void {
    const [type, size] = [typeFor(this.#purpose, config), sizeFor(this.#purpose, config)];
    const isSame = type === typeFor(this.#purpose, this.#config) && size === sizeFor(this.#purpose, this.#config);
    if (!isSame) this.#window = makeWindow(type, size, this.#clock);
    this.#config = config;
    this.#minimumNumberOfCalls = minimumFor(this.#purpose, config);
  }

  record(isFailed: boolean, durationMs: number): void {
    this.#window.record(isFailed, durationMs > this.#config.slowCallDurationThreshold);
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
    return this.#rate(this.#window.totals().failedCalls);
  }

  /** Percent; -1 while the window holds too few calls. */
  slowCallRate(): number {
    return this.#rate(this.#window.totals().slowCalls);
  }

  /** The share of calls that failed, were slow, or both. Percent; -1 while the window holds too few calls. */
  combinedRate(): number {
    const { failedCalls, slowCalls, slowFailedCalls } = this.#window.totals();
    return this.#rate(failedCalls + slowCalls - slowFailedCalls);
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

  /** Where all is well it costs next to nothing: a share of no calls reaches no threshold, which are all above 0. */
  hasAnyRateReachedThreshold(): boolean {
    const { failedCalls, slowCalls } = this.#window.totals();
    if (failedCalls === 0 && slowCalls === 0) return false;
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

  /** In 32-bit arithmetic, as Resilience4j computes it: 3 of 7 reaches a threshold of 42.857143, which 64 bits would miss. */
  #rate(part: number): number {
    const { calls } = this.#window.totals();
    if (calls === 0 || calls < this.#minimumNumberOfCalls) return -1;
    return Math.fround(Math.fround(part * 100) / Math.fround(calls));
  }
}

function typeFor(purpose: Purpose, config: CircuitBreakerConfig): SlidingWindowType {
  return purpose === 'trial' ? 'COUNT_BASED' : config.slidingWindowType;
}

function sizeFor(purpose: Purpose, config: CircuitBreakerConfig): number {
  return purpose === 'trial' ? config.permittedNumberOfCallsInHalfOpenState : config.slidingWindowSize;
}

/** A count window can never hold more calls than its size. */
function minimumFor(purpose: Purpose, config: CircuitBreakerConfig): number {
  const { minimumNumberOfCalls } = config;
  if (typeFor(purpose, config) === 'TIME_BASED') return minimumNumberOfCalls;
  return Math.min(minimumNumberOfCalls, sizeFor(purpose, config));
}

function makeWindow(type: SlidingWindowType, size: number, clock: Clock): SlidingWindow {
  return type === 'TIME_BASED' ? new TimeBasedWindow(size, clock) : new CountBasedWindow(size);
}
