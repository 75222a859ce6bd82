import type { Clock } from '@breakwater/resilience';
import type { Fault, Random, Struck } from './fault.ts';
import type { LatencySetting } from './faults.schema.ts';
import { LatencyDistribution } from './latency-distribution.ts';
import { wait } from './wait.ts';

/** The time that a customer takes to be found, whatever the database says. */
export class Latency implements Fault<LatencySetting> {
  #distribution = new LatencyDistribution({ p50: 0, max: 0 });

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly struck: Struck,
  ) {}

  get isActive(): boolean {
    return this.quantile(1) > 0;
  }

  set(setting: LatencySetting | null): void {
    const ms = setting ?? 0;
    this.#distribution = new LatencyDistribution(typeof ms === 'number' ? { min: ms, p50: ms, max: ms } : ms);
  }

  /** How long the given share of all answers takes at most, in milliseconds of the demo's time. */
  quantile(share: number): number {
    return this.#distribution.quantile(share);
  }

  /** @throws the signal's reason as soon as it is aborted */
  async wait(signal: AbortSignal): Promise<void> {
    const ms = this.#distribution.quantile(this.random());
    if (ms === 0) return;
    this.struck();
    await wait(this.clock, ms, signal);
  }
}
