import type { LimitAlgorithm, LimitSample } from './limit-algorithm.ts';

export interface AimdLimitConfig {
  readonly initialLimit: number;
  readonly minLimit: number;
  readonly maxLimit: number;
  /** What is left of the limit after a drop; at least 0.5 and below 1. */
  readonly backoffRatio: number;
  /** A call that takes longer than this is a drop, in milliseconds. */
  readonly timeout: number;
}

/**
 * Additive increase, multiplicative decrease: the limit rises step by step while calls end well, and falls by a share of
 * itself when one is dropped.
 *
 * The rules, names and defaults are those of `AIMDLimit` in Netflix's concurrency-limits, but for their pace. There every
 * sample moves the limit, so that it doubles in a round trip and then collapses under the drops of all calls that were
 * still under way. Here, as in TCP's congestion avoidance (RFC 5681), it moves once a round trip: one up after as many
 * good calls as the limit allows, and down by the first drop, while the calls that were under way with that one belong to
 * the same congestion and count no more.
 */
export class AimdLimit implements LimitAlgorithm {
  readonly #config: AimdLimitConfig;
  #limit: number;
  #goodCalls = 0;
  /** How many of the next samples are of calls that were admitted under the limit that has been lowered since. */
  #staleSamples = 0;

  constructor(config: AimdLimitConfig) {
    this.#config = config;
    this.#limit = config.initialLimit;
  }

  get limit(): number {
    return this.#limit;
  }

  onSample({ rttMs, inFlight, didDrop }: LimitSample): number {
    if (this.#staleSamples > 0) this.#staleSamples--;
    else if (didDrop || rttMs > this.#config.timeout) this.#decrease(inFlight);
    // A limit that nobody makes use of has not been tried: that calls end well says nothing about a higher one.
    else if (inFlight * 2 >= this.#limit) this.#increase();
    return this.#limit;
  }

  #decrease(inFlight: number): void {
    const { minLimit, backoffRatio } = this.#config;
    this.#limit = Math.max(minLimit, Math.min(this.#limit - 1, Math.floor(this.#limit * backoffRatio)));
    this.#staleSamples = inFlight - 1;
    this.#goodCalls = 0;
  }

  #increase(): void {
    this.#goodCalls++;
    if (this.#goodCalls < this.#limit) return;
    this.#goodCalls = 0;
    this.#limit = Math.min(this.#config.maxLimit, this.#limit + 1);
  }
}
