import type { Clock } from '../clock.ts';
import type { CircuitBreakerConfig, SlidingWindowType } from './circuit-breaker.options.ts';
import {
  CountBasedWindow,
  type SlidingWindow,
  TimeBasedWindow,
  type WindowContents,
  type WindowTotals,
} from './sliding-window.ts';

/** The calls in the window of a circuit breaker. */
export interface CircuitBreakerMetrics {
  /** Percent; -1 while the window holds too few calls. */
  readonly failureRate: number;
  /** Percent; -1 while the window holds too few calls. */
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
  /** Calls refused since the window was created. */
  readonly notPermittedCalls: number;
}

export type Rates = Pick<CircuitBreakerMetrics, 'failureRate' | 'slowCallRate' | 'combinedRate'>;
export type RateName = keyof Rates;

interface WindowShape {
  readonly type: SlidingWindowType;
  readonly size: number;
}

/** Which window a configuration asks for. */
type ShapeOf = (config: CircuitBreakerConfig) => WindowShape;

/** The configured window. */
export const configuredWindow: ShapeOf = ({ slidingWindowType, slidingWindowSize }) => ({
  type: slidingWindowType,
  size: slidingWindowSize,
});

/** The window of trial calls: always a count window for their number. */
export const trialWindow: ShapeOf = ({ permittedNumberOfCallsInHalfOpenState }) => ({
  type: 'COUNT_BASED',
  size: permittedNumberOfCallsInHalfOpenState,
});

/** A window and the rates over it. OPEN keeps the one of the previous state. */
export class WindowMetrics {
  readonly #shapeOf: ShapeOf;
  readonly #clock: Clock;
  #config: CircuitBreakerConfig;
  #shape: WindowShape;
  #window: SlidingWindow;
  #notPermittedCalls = 0;

  /** @param shapeOf `configuredWindow` or `trialWindow` */
  constructor(shapeOf: ShapeOf, config: CircuitBreakerConfig, clock: Clock) {
    this.#shapeOf = shapeOf;
    this.#clock = clock;
    this.#config = config;
    this.#shape = shapeOf(config);
    this.#window = createWindow(this.#shape, clock);
  }

  /** Judges by new options. A window of another type or size starts empty; otherwise its calls are kept. */
  reconfigure(config: CircuitBreakerConfig): void {
    const before = this.#shape;
    this.#config = config;
    this.#shape = this.#shapeOf(config);
    const isSameWindow = this.#shape.type === before.type && this.#shape.size === before.size;
    if (!isSameWindow) this.#window = createWindow(this.#shape, this.#clock);
  }

  record(isFailed: boolean, durationMs: number): void {
    this.#window.record(isFailed, durationMs > this.#config.slowCallDurationThreshold);
  }

  /**
   * Records a call that is still in flight as slow.
   *
   * @returns marks the call as failed, too, and returns whether it was still in its window
   */
  recordSlow(): () => boolean {
    const window = this.#window;
    const entry = window.record(false, true);
    return () => window.markFailed(entry);
  }

  recordNotPermitted(): void {
    this.#notPermittedCalls++;
  }

  /** All -1 while the window holds too few calls. */
  rates(): Rates {
    return this.#ratesOf(this.#window.totals());
  }

  /** The rates that have reached their thresholds. */
  reachedRates(): readonly RateName[] {
    const { failureRateThreshold, slowCallRateThreshold, combinedRateThreshold } = this.#config;
    const { failureRate, slowCallRate, combinedRate } = this.rates();
    const reached: RateName[] = [];
    if (failureRate >= Math.fround(failureRateThreshold)) reached.push('failureRate');
    if (slowCallRate >= Math.fround(slowCallRateThreshold)) reached.push('slowCallRate');
    if (combinedRateThreshold !== undefined && combinedRate >= Math.fround(combinedRateThreshold)) {
      reached.push('combinedRate');
    }
    return reached;
  }

  contents(): WindowContents {
    return this.#window.contents();
  }

  snapshot(): CircuitBreakerMetrics {
    const totals = this.#window.totals();
    const { calls, failedCalls, slowCalls, slowFailedCalls } = totals;
    return {
      ...this.#ratesOf(totals),
      bufferedCalls: calls,
      failedCalls,
      successfulCalls: calls - failedCalls,
      slowCalls,
      slowFailedCalls,
      slowSuccessfulCalls: slowCalls - slowFailedCalls,
      notPermittedCalls: this.#notPermittedCalls,
    };
  }

  #ratesOf({ calls, failedCalls, slowCalls, slowFailedCalls }: WindowTotals): Rates {
    const { type, size } = this.#shape;
    const { minimumNumberOfCalls } = this.#config;
    // A count window is judged when it is full, even if the configured minimum is above its size.
    const minimum = type === 'COUNT_BASED' ? Math.min(minimumNumberOfCalls, size) : minimumNumberOfCalls;
    if (calls === 0 || calls < minimum) return tooFewCalls;
    return {
      failureRate: percentage(failedCalls, calls),
      slowCallRate: percentage(slowCalls, calls),
      combinedRate: percentage(failedCalls + slowCalls - slowFailedCalls, calls),
    };
  }
}

const tooFewCalls: Rates = { failureRate: -1, slowCallRate: -1, combinedRate: -1 };

/** With 32 bits, as in Resilience4j: 3 of 7 reaches a threshold of 42.857143, which 64 bits would miss. */
function percentage(part: number, calls: number): number {
  return Math.fround(Math.fround(part * 100) / Math.fround(calls));
}

function createWindow({ type, size }: WindowShape, clock: Clock): SlidingWindow {
  return type === 'TIME_BASED' ? new TimeBasedWindow(size, clock) : new CountBasedWindow(size);
}
