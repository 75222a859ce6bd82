import type { Clock } from '../../core/clock.ts';
import type { Random } from '../../core/interval-function.ts';
import type { StormModel } from './storm-model.ts';

/** A cache in front of the dependency, full at the start, whose entries are read equally often. */
export class SimulatedCache {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ttlMs: number;
  /** When each entry ends. */
  readonly #endsAt: number[];

  constructor({ cacheEntries, cacheTtlMs }: StormModel, clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    this.#ttlMs = cacheTtlMs;
    // As in a system that has been running for a while, they end at different times.
    this.#endsAt = Array.from({ length: cacheEntries }, () => clock.now() + random() * cacheTtlMs);
  }

  /** The entry of the next call; `undefined` without a cache. */
  pick(): number | undefined {
    return this.#endsAt.length === 0 ? undefined : Math.floor(this.#random() * this.#endsAt.length);
  }

  has(entry: number): boolean {
    return this.#endsAt[entry]! > this.#clock.now();
  }

  put(entry: number): void {
    this.#endsAt[entry] = this.#clock.now() + this.#ttlMs;
  }

  /** Loses this share of the entries. */
  lose(share: number): void {
    for (const entry of this.#endsAt.keys()) if (this.#random() < share) this.#endsAt[entry] = this.#clock.now();
  }
}
