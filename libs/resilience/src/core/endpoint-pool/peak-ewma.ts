/** The cost of an endpoint that has calls in flight and no latency yet: higher than that of any other. */
const unknownCost = Number.MAX_SAFE_INTEGER;

/**
 * The recent latency of an endpoint: an exponentially weighted moving average that follows peaks at once and forgets them
 * slowly. The algorithm is that of `PeakEwma` in Twitter's Finagle (`com.twitter.finagle.loadbalancer.PeakEwma`).
 */
export class PeakEwma {
  #valueMs = 0;
  #updatedAt: number;

  constructor(now: number) {
    this.#updatedAt = now;
  }

  /** The latency in milliseconds. It falls while nothing is observed, so that an avoided endpoint is tried again. */
  at(now: number, decayTimeMs: number): number {
    return this.#valueMs * Math.exp(-Math.max(0, now - this.#updatedAt) / decayTimeMs);
  }

  /** The latency times the calls that would be in flight: the lower, the better. */
  cost(now: number, decayTimeMs: number, inFlight: number): number {
    if (this.#valueMs === 0) return inFlight === 0 ? 0 : unknownCost + inFlight;
    return this.at(now, decayTimeMs) * (inFlight + 1);
  }

  /** Records the duration of a call that ended well. */
  observe(durationMs: number, now: number, decayTimeMs: number): void {
    const weight = Math.exp(-Math.max(0, now - this.#updatedAt) / decayTimeMs);
    this.#valueMs = durationMs > this.#valueMs ? durationMs : this.#valueMs * weight + durationMs * (1 - weight);
    this.#updatedAt = now;
  }

  /** Records the duration of a call that was cut off or failed: the endpoint is at least as slow, and never faster. */
  observeAtLeast(durationMs: number, now: number, decayTimeMs: number): void {
    if (durationMs <= this.at(now, decayTimeMs)) return;
    this.#valueMs = durationMs;
    this.#updatedAt = now;
  }

  /** Starts again, from the latency of other endpoints. */
  reset(valueMs: number, now: number): void {
    this.#valueMs = valueMs;
    this.#updatedAt = now;
  }
}
