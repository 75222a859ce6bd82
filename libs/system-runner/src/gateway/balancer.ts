/** A replica that requests can be sent to. */
export interface Replica {
  readonly url: string;
}

interface TrackedReplica extends Replica {
  active: number;
  /** On the balancer's clock. */
  excludedUntilMs: number;
}

/** How long a replica receives no requests after it refused a connection. */
export const exclusionMs = 5_000;

/**
 * Selects the replica with the fewest active requests, as nginx's `least_conn` does, in rotation among equals. A replica
 * that refused a connection is excluded for five seconds.
 */
export class Balancer {
  readonly #replicas: TrackedReplica[];
  readonly #now: () => number;
  #next = 0;

  /** @param now a monotonic clock in milliseconds */
  constructor(urls: readonly string[], now: () => number = () => performance.now()) {
    this.#replicas = urls.map((url) => ({ url, active: 0, excludedUntilMs: -Infinity }));
    this.#now = now;
  }

  /**
   * Selects a replica for one request; {@link release} it afterwards.
   *
   * @param except replicas that this request has already tried
   * @returns undefined when every replica is excluded
   */
  acquire(except: ReadonlySet<Replica> = new Set()): Replica | undefined {
    const now = this.#now();
    const { length } = this.#replicas;
    let best: TrackedReplica | undefined;
    for (let step = 0; step < length; step += 1) {
      const candidate = this.#replicas[(this.#next + step) % length];
      if (candidate === undefined || candidate.excludedUntilMs > now || except.has(candidate)) continue;
      if (best === undefined || candidate.active < best.active) best = candidate;
    }
    if (best === undefined) return undefined;
    this.#next = (this.#replicas.indexOf(best) + 1) % length;
    best.active += 1;
    return best;
  }

  /** The request to the replica has ended. */
  release(replica: Replica): void {
    this.#find(replica).active -= 1;
  }

  /** Excludes a replica that refused a connection. */
  exclude(replica: Replica): void {
    this.#find(replica).excludedUntilMs = this.#now() + exclusionMs;
  }

  #find(replica: Replica): TrackedReplica {
    const tracked = this.#replicas.find((each) => each === replica);
    if (tracked === undefined) throw new Error(`${replica.url} is not a replica of this balancer`);
    return tracked;
  }
}
