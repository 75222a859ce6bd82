/** A replica that requests can be sent to. */
export interface Replica {
  readonly url: string;
}

interface Tracked extends Replica {
  active: number;
  /** Left alone until then, on the balancer's clock. */
  restsUntilMs: number;
}

/** How long a replica is left alone after it refused a connection. */
export const restMs = 5_000;

/**
 * Picks the replica with the fewest requests in flight, as nginx's `least_conn` does; equals take turns.
 *
 * Its idea of health is passive: a replica that refused a connection is left alone for five seconds, then tried again.
 */
export class Balancer {
  readonly #replicas: Tracked[];
  readonly #now: () => number;
  #turn = 0;

  /**
   * @param urls the replicas
   * @param now a monotonic clock in milliseconds
   */
  constructor(urls: readonly string[], now: () => number = () => performance.now()) {
    this.#replicas = urls.map((url) => ({ url, active: 0, restsUntilMs: -Infinity }));
    this.#now = now;
  }

  /**
   * Takes a replica for one request; give it back with {@link done}.
   *
   * @param except replicas that this request has tried in vain
   * @returns undefined when every replica is resting or excepted
   */
  take(except: ReadonlySet<Replica> = new Set()): Replica | undefined {
    const now = this.#now();
    const { length } = this.#replicas;
    let best: Tracked | undefined;
    for (let step = 0; step < length; step += 1) {
      const candidate = this.#replicas[(this.#turn + step) % length];
      if (candidate === undefined || candidate.restsUntilMs > now || except.has(candidate)) continue;
      if (best === undefined || candidate.active < best.active) best = candidate;
    }
    if (best === undefined) return undefined;
    this.#turn = (this.#replicas.indexOf(best) + 1) % length;
    best.active += 1;
    return best;
  }

  /** The request that took the replica has ended, however it did. */
  done(replica: Replica): void {
    const tracked = this.#find(replica);
    tracked.active -= 1;
  }

  /** The replica could not be connected to. */
  refused(replica: Replica): void {
    this.#find(replica).restsUntilMs = this.#now() + restMs;
  }

  #find(replica: Replica): Tracked {
    const tracked = this.#replicas.find((each) => each === replica);
    if (tracked === undefined) throw new Error(`${replica.url} is not a replica of this balancer`);
    return tracked;
  }
}
