import type { LimitAlgorithm, LimitSample } from './limit-algorithm.ts';

export interface GradientLimitConfig {
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  /** What is left of the limit when every call is dropped; at least 0.5 and below 1. */
  readonly backoffRatio: number;
  /** How far the limit goes to a new estimate at once; above 0, and 1 is all the way. */
  readonly smoothing: number;
  /** How many times the round trip without load a call may take before the limit is lowered; at least 1. */
  readonly rttTolerance: number;
  /** After how many calls the round trip without load is measured anew. */
  readonly longWindow: number;
  /** How many calls the limit leaves room for beyond those that the dependency works on. */
  readonly queueSize: number;
}

/** How many calls a round trip of the limit is taken from at least. */
const minimumWindow = 10;

/** How many quiet calls tell the round trip without load. */
const minimumQuietCalls = 20;

/** No single estimate takes away more than this, since it may rest on a few outliers. */
const steepestGradient = 0.5;

/**
 * Compares how long calls take now with how long they take when the dependency is not under load, and lowers the limit
 * as the ratio (the gradient) worsens: what grows is a queue.
 *
 * The update is that of `Gradient2Limit` in Netflix's concurrency-limits, fed as by its `WindowedLimit` with the mean of a
 * window, which here is about one round trip: as many calls as the limit allows. Two things are different.
 *
 * - The round trip without load. There it is a slow average of all calls; under lasting load that average becomes the
 *   queue's own delay, and the limit drifts up without end (their issue 137, pull request 134). Here it is measured with
 *   quiet calls alone: those admitted while so few were under way that, at the limit this algorithm settles at, half of
 *   the dependency would be free. When calls have become slow and load has left too few quiet ones in `longWindow` calls,
 *   the limit is lowered to that number until twenty have been measured, as BBR does in ProbeRTT and Netflix's first
 *   `GradientLimit` in its probes. So it is at the start, too, when nothing is known yet.
 * - Drops, which Gradient2Limit does not look at: a window with drops does not raise the limit, and lowers it in
 *   proportion to their share, down to `backoffRatio` of itself when all are drops.
 *
 * With `N` calls that the dependency can work on at once it settles at about `rttTolerance * N + queueSize`. Under lasting
 * overload the probes cost about 5 % of the throughput with the default `longWindow`; while calls take no longer than
 * tolerated there are none.
 */
export class GradientLimit implements LimitAlgorithm {
  readonly #config: GradientLimitConfig;
  #estimate: number;
  /** The round trip without load. */
  #baselineMs: number | undefined;
  #window = new SampleWindow();
  /** Quiet calls since the baseline was measured, and how many calls that was ago. */
  #quietCalls = new Mean();
  #callsSinceMeasurement = 0;
  /** Whether calls have taken longer than tolerated since then, so that it matters whether the baseline still holds. */
  #hasBeenSlow = false;
  /** The lowered limit while quiet calls are being made on purpose. */
  #probeLimit: number | undefined;
  /** The first to end in a probe are the fast ones, which are not typical; measuring begins after as many as run at once. */
  #callsToSkip = 0;

  constructor(config: GradientLimitConfig) {
    this.#config = config;
    this.#estimate = config.initialLimit;
  }

  get limit(): number {
    return this.#probeLimit ?? Math.floor(this.#estimate);
  }

  onSample(sample: LimitSample): number {
    if (this.#probeLimit === undefined) this.#judge(sample);
    // Calls that were admitted before the probe began ran among too many others to be worth measuring.
    else if (sample.inFlight <= this.#probeLimit) this.#measure(sample);
    return this.limit;
  }

  #judge(sample: LimitSample): void {
    this.#window.add(sample);
    if (!sample.didDrop && sample.inFlight <= this.#quietLimit()) this.#quietCalls.add(sample.rttMs);
    this.#callsSinceMeasurement++;

    const isWindowFull = this.#window.calls >= Math.max(minimumWindow, this.limit);
    if (isWindowFull) {
      this.#update(this.#window);
      this.#window = new SampleWindow();
    }
    const isDue = this.#callsSinceMeasurement >= this.#config.longWindow;
    if (isDue || (isWindowFull && this.#baselineMs === undefined)) this.#renewBaseline();
  }

  #renewBaseline(): void {
    if (this.#quietCalls.count >= minimumQuietCalls) {
      this.#baselineMs = this.#quietCalls.value;
    } else if (this.#hasBeenSlow || this.#baselineMs === undefined) {
      this.#probeLimit = this.#quietLimit();
      this.#callsToSkip = this.#probeLimit;
    }
    this.#quietCalls = new Mean();
    this.#callsSinceMeasurement = 0;
    this.#hasBeenSlow = false;
  }

  #measure({ rttMs, didDrop }: LimitSample): void {
    if (didDrop) {
      this.#setEstimate(this.#estimate * this.#config.backoffRatio);
    } else {
      if (this.#callsToSkip-- > 0) return;
      this.#quietCalls.add(rttMs);
      if (this.#quietCalls.count < minimumQuietCalls) return;
      this.#baselineMs = this.#quietCalls.value;
    }
    this.#probeLimit = undefined;
    this.#window = new SampleWindow();
    this.#quietCalls = new Mean();
  }

  #update({ rttMs, dropShare, maxInFlight }: SampleWindow): void {
    const { backoffRatio, smoothing, rttTolerance, queueSize } = this.#config;
    const before = this.#estimate;
    const afterDrops = before * (1 - (1 - backoffRatio) * dropShare);
    this.#setEstimate(afterDrops);
    // A limit that nobody makes use of is neither the cause of slow calls nor proven by fast ones.
    if (rttMs === undefined || this.#baselineMs === undefined || maxInFlight < before / 2) return;

    const ratio = rttMs > 0 ? (rttTolerance * this.#baselineMs) / rttMs : 1;
    if (ratio < 1) this.#hasBeenSlow = true;
    const gradient = Math.max(steepestGradient, Math.min(1, ratio));
    const target = afterDrops * gradient + (dropShare > 0 ? 0 : queueSize);
    this.#setEstimate(afterDrops * (1 - smoothing) + target * smoothing);
  }

  #setEstimate(estimate: number): void {
    this.#estimate = Math.max(this.#config.minLimit, Math.min(this.#config.maxLimit, estimate));
  }

  /** Up to how many calls at once the dependency is not under load, whatever it can take. */
  #quietLimit(): number {
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

/** What the calls of about one round trip say together. */
class SampleWindow {
  readonly #rtt = new Mean();
  #drops = 0;
  calls = 0;
  maxInFlight = 0;

  /** The mean round trip of the calls that were not dropped, in milliseconds; `undefined` when all were. */
  get rttMs(): number | undefined {
    return this.#rtt.value;
  }

  /** The share of calls that were dropped, from 0 to 1. */
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
