/** The result of one call, as far as it shows the load of the dependency. */
export interface LimitSample {
  /** The duration of the call (its round trip), in milliseconds. */
  readonly rttMs: number;
  /** The number of calls in flight when this one was admitted, including itself. */
  readonly inFlight: number;
  /** Whether the call failed or timed out. */
  readonly didDrop: boolean;
}

/** Computes from samples how many concurrent calls a dependency can handle. It reads no clock and makes no calls. */
export interface LimitAlgorithm {
  /** A whole number within the configured bounds. */
  readonly limit: number;
  /** Records a call that has ended. Returns the resulting limit. */
  onSample(sample: LimitSample): number;
}

export interface AimdLimitConfig {
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  /** The factor of the limit after a drop. At least 0.5 and below 1. */
  readonly backoffRatio: number;
  /** A call that takes longer counts as a drop, in milliseconds. */
  readonly timeout: number;
}

/**
 * Additive increase, multiplicative decrease: the limit rises by one at a time while calls succeed, and is multiplied
 * by `backoffRatio` when one is dropped.
 *
 * The rules, names and defaults are those of `AIMDLimit` in Netflix's concurrency-limits, except for the rate of
 * change. There, every sample changes the limit: it doubles within one round trip and then collapses when all in-flight
 * calls are dropped. Here, as in TCP's congestion avoidance (RFC 5681), it changes once in a round trip. It rises by
 * one after as many successful calls as the limit permits. It falls at the first drop; calls that were in flight at
 * that time are part of the same congestion and are not counted.
 */
export class AimdLimit implements LimitAlgorithm {
  readonly #config: AimdLimitConfig;
  #limit: number;
  #successfulCalls = 0;
  /** How many of the next samples belong to calls that were in flight when the limit was lowered. */
  #samplesToSkip = 0;

  constructor(config: AimdLimitConfig) {
    this.#config = config;
    this.#limit = config.initialLimit;
  }

  get limit(): number {
    return this.#limit;
  }

  onSample({ rttMs, inFlight, didDrop }: LimitSample): number {
    if (this.#samplesToSkip > 0) this.#samplesToSkip--;
    else if (didDrop || rttMs > this.#config.timeout) this.#decrease(inFlight);
    // If less than half of the limit is used, successful calls do not show that a higher limit is safe.
    else if (inFlight * 2 >= this.#limit) this.#increase();
    return this.#limit;
  }

  #decrease(inFlight: number): void {
    const { minLimit, backoffRatio } = this.#config;
    // At least one less, because the ratio is below 1.
    this.#limit = Math.max(minLimit, Math.floor(this.#limit * backoffRatio));
    this.#samplesToSkip = inFlight - 1;
    this.#successfulCalls = 0;
  }

  #increase(): void {
    this.#successfulCalls++;
    if (this.#successfulCalls < this.#limit) return;
    this.#successfulCalls = 0;
    this.#limit = Math.min(this.#config.maxLimit, this.#limit + 1);
  }
}

export interface GradientLimitConfig {
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  /** The factor of the limit when all calls were dropped. At least 0.5 and below 1. */
  readonly backoffRatio: number;
  /** The weight of a new estimate of the limit. Above 0 and at most 1. */
  readonly smoothing: number;
  /** The ratio of latency to latency without load up to which the limit does not fall. At least 1. */
  readonly rttTolerance: number;
  /** The number of calls after which the latency without load is measured again. */
  readonly longWindow: number;
  /** The number of calls that may queue at the dependency, so that the limit can rise. */
  readonly queueSize: number;
}

/** The smallest number of calls from which a mean latency is computed. */
const minimumWindowSize = 10;

/** The number of calls from which the latency without load is computed. */
const minimumUnloadedCalls = 20;

/** The lowest factor of a single estimate, because a few outliers may have caused it. */
const minimumGradient = 0.5;

/**
 * Compares the current latency with the latency without load, and lowers the limit when the ratio (the gradient) shows
 * that a queue is growing at the dependency.
 *
 * The update is that of `Gradient2Limit` in Netflix's concurrency-limits. As with its `WindowedLimit`, the input is the
 * mean of a window, here of about one round trip: as many calls as the limit permits. There are two differences:
 *
 * - The latency without load. In Gradient2Limit it is a slow average of all calls. Under lasting load that average
 *   includes the delay of the queue, and the limit rises without bound (issue 137 and pull request 134 of
 *   concurrency-limits). Here it is measured with unloaded calls only: calls that were admitted while at most half of
 *   the dependency was busy, judged by the limit at which this algorithm settles. If calls have become slow and there
 *   were too few unloaded ones in `longWindow` calls, a probe lowers the limit to that number until twenty calls have
 *   been measured, like ProbeRTT of BBR and the probes of Netflix's first `GradientLimit`. The first measurement, at
 *   the start, is a probe as well.
 * - Drops, which Gradient2Limit ignores. A window with drops does not raise the limit, and lowers it in proportion to
 *   their share, down to `backoffRatio` times the limit when all calls were dropped.
 *
 * For a dependency that handles `N` calls concurrently, the limit settles at about `rttTolerance * N + queueSize`.
 * Under lasting overload, probes cost about 5 % of the throughput with the default `longWindow`. There are no probes
 * while latencies are within `rttTolerance`.
 */
export class GradientLimit implements LimitAlgorithm {
  readonly #config: GradientLimitConfig;
  #estimate: number;
  /** The latency without load. */
  #baselineMs: number | undefined;
  #window = new SampleWindow();
  /** Latencies of the unloaded calls since the baseline was measured. */
  #unloadedCalls = new Mean();
  #callsSinceMeasurement = 0;
  /** Whether a latency has exceeded the tolerance since then, so that the baseline has to be verified. */
  #hasBeenSlow = false;
  /** The lowered limit during a probe. */
  #probeLimit: number | undefined;
  /**
   * The first calls to end in a probe are the fastest ones, not typical ones. As many as run concurrently are skipped.
   */
  #callsToSkip = 0;

  constructor(config: GradientLimitConfig) {
    this.#config = config;
    this.#estimate = config.initialLimit;
  }

  get limit(): number {
    return this.#probeLimit ?? Math.floor(this.#estimate);
  }

  onSample(sample: LimitSample): number {
    if (this.#probeLimit === undefined) this.#addToWindow(sample);
    // Calls that were admitted before the probe started ran under load, so they are not measured.
    else if (sample.inFlight <= this.#probeLimit) this.#addToProbe(sample);
    return this.limit;
  }

  #addToWindow(sample: LimitSample): void {
    this.#window.add(sample);
    if (!sample.didDrop && sample.inFlight <= this.#unloadedLimit()) this.#unloadedCalls.add(sample.rttMs);
    this.#callsSinceMeasurement++;

    const isWindowFull = this.#window.calls >= Math.max(minimumWindowSize, this.limit);
    if (isWindowFull) {
      this.#update(this.#window);
      this.#window = new SampleWindow();
    }
    const isDue = this.#callsSinceMeasurement >= this.#config.longWindow;
    if (isDue || (isWindowFull && this.#baselineMs === undefined)) this.#renewBaseline();
  }

  #renewBaseline(): void {
    if (this.#unloadedCalls.count >= minimumUnloadedCalls) {
      this.#baselineMs = this.#unloadedCalls.value;
    } else if (this.#hasBeenSlow || this.#baselineMs === undefined) {
      this.#probeLimit = this.#unloadedLimit();
      this.#callsToSkip = this.#probeLimit;
    }
    this.#unloadedCalls = new Mean();
    this.#callsSinceMeasurement = 0;
    this.#hasBeenSlow = false;
  }

  #addToProbe({ rttMs, didDrop }: LimitSample): void {
    if (didDrop) {
      this.#setEstimate(this.#estimate * this.#config.backoffRatio);
    } else {
      if (this.#callsToSkip-- > 0) return;
      this.#unloadedCalls.add(rttMs);
      if (this.#unloadedCalls.count < minimumUnloadedCalls) return;
      this.#baselineMs = this.#unloadedCalls.value;
    }
    this.#probeLimit = undefined;
    this.#window = new SampleWindow();
    this.#unloadedCalls = new Mean();
  }

  #update({ rttMs, dropShare, maxInFlight }: SampleWindow): void {
    const { backoffRatio, smoothing, rttTolerance, queueSize } = this.#config;
    const before = this.#estimate;
    const afterDrops = before * (1 - (1 - backoffRatio) * dropShare);
    this.#setEstimate(afterDrops);
    // If less than half of the limit is used, it does not cause slow calls, and fast calls do not show that it is safe.
    if (rttMs === undefined || this.#baselineMs === undefined || maxInFlight < before / 2) return;

    const ratio = rttMs > 0 ? (rttTolerance * this.#baselineMs) / rttMs : 1;
    if (ratio < 1) this.#hasBeenSlow = true;
    const gradient = Math.max(minimumGradient, Math.min(1, ratio));
    const target = afterDrops * gradient + (dropShare > 0 ? 0 : queueSize);
    this.#setEstimate(afterDrops * (1 - smoothing) + target * smoothing);
  }

  #setEstimate(estimate: number): void {
    this.#estimate = Math.max(this.#config.minLimit, Math.min(this.#config.maxLimit, estimate));
  }

  /** The number of concurrent calls up to which the dependency is not under load. */
  #unloadedLimit(): number {
    return Math.max(this.#config.minLimit, Math.floor(this.#estimate / (2 * this.#config.rttTolerance)));
  }
}

class Mean {
  #sum = 0;
  count = 0;

  get value(): number | undefined {
    return this.count === 0 ? undefined : this.#sum / this.count;
  }

  add(value: number): void {
    this.#sum += value;
    this.count++;
  }
}

/** The calls of about one round trip. */
class SampleWindow {
  readonly #rtt = new Mean();
  #drops = 0;
  calls = 0;
  maxInFlight = 0;

  /** The mean duration of the calls that were not dropped, in milliseconds; `undefined` when all were dropped. */
  get rttMs(): number | undefined {
    return this.#rtt.value;
  }

  /** The share of dropped calls, from 0 to 1. */
  get dropShare(): number {
    return this.#drops / this.calls;
  }

  add({ rttMs, inFlight, didDrop }: LimitSample): void {
    this.calls++;
    this.maxInFlight = Math.max(this.maxInFlight, inFlight);
    if (didDrop) this.#drops++;
    else this.#rtt.add(rttMs);
  }
}
