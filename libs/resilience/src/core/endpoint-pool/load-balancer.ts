import type { Random } from '../interval-function.ts';
import type { EndpointPoolConfig } from './endpoint-pool.options.ts';
import type { PooledEndpoint } from './pooled-endpoint.ts';

/** Chooses among endpoints. */
export class LoadBalancer {
  readonly #random: Random;
  #turn = 0;

  /** @param random from 0, below 1 */
  constructor(random: Random) {
    this.#random = random;
  }

  /** @param endpoints at least one */
  choose(endpoints: readonly PooledEndpoint[], now: number, config: EndpointPoolConfig): PooledEndpoint {
    if (endpoints.length === 1) return endpoints[0]!;
    const isRoundRobin = config.loadBalancing === 'ROUND_ROBIN';
    const [chosen, other] = isRoundRobin ? this.#nextTwo(endpoints) : this.#cheaperOfTwo(endpoints, now, config);
    // An endpoint in slow start refuses a part of its share.
    const isRefused = chosen.state === 'SLOW_START' && this.#random() >= chosen.slowStartWeight(now, config);
    return isRefused ? other : chosen;
  }

  #nextTwo(endpoints: readonly PooledEndpoint[]): readonly [PooledEndpoint, PooledEndpoint] {
    const first = this.#turn++ % endpoints.length;
    return [endpoints[first]!, endpoints[(first + 1) % endpoints.length]!];
  }

  /** The power of two choices (Mitzenmacher, 2001): nearly as even as the best of all, without herds. */
  #cheaperOfTwo(
    endpoints: readonly PooledEndpoint[],
    now: number,
    { decayTime }: EndpointPoolConfig,
  ): readonly [PooledEndpoint, PooledEndpoint] {
    const first = this.#index(endpoints.length);
    const rest = this.#index(endpoints.length - 1);
    const a = endpoints[first]!;
    const b = endpoints[rest < first ? rest : rest + 1]!;
    const isCheaper = a.latency.cost(now, decayTime, a.inFlight) <= b.latency.cost(now, decayTime, b.inFlight);
    return isCheaper ? [a, b] : [b, a];
  }

  #index(count: number): number {
    return Math.min(count - 1, Math.floor(this.#random() * count)) || 0;
  }
}
