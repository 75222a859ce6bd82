/** A replica that requests can be sent to. */
export interface Replica {
  readonly url: string;
}

interface TrackedReplica extends Replica {
  active: number;
  /** On the balancer's clock. */
  excludedUntilMs: number;
}

/**
 * Selects the replica with the fewest active requests, as nginx's `least_conn` does, in rotation among equals. A replica
 * that failed is excluded for some time, unless every other one is excluded too.
 */
export class Balancer {
  readonly #replicas: TrackedReplica[];
  readonly #exclusionMs: number;
  readonly #now: () => number;
  #next = 0;

  /**
   * @param exclusionMs how long a replica that failed receives no requests
   * @param now a monotonic clock in milliseconds
   */
  constructor(urls: readonly string[], exclusionMs: number, now: () => number) {
    this.#replicas = urls.map((url) => ({ url, active: 0, excludedUntilMs: -Infinity }));
    this.#exclusionMs = exclusionMs;
    this.#now = now;
  }

  /**
   * Selects a replica for one request; {@link release} it afterwards.
   *
   * @param except replicas that this request has already tried
   * @returns undefined when it has tried every replica
   */
  acquire(except: ReadonlySet<Replica> = new Set()): Replica | undefined {
    const now = this.#now();
    const best =
      this.#leastActive((each) => !except.has(each) && each.excludedUntilMs <= now) ??
      this.#leastActive((each) => !except.has(each));
    if (best === undefined) return undefined;
    this.#next = (this.#replicas.indexOf(best) + 1) % this.#replicas.length;
    best.active += 1;
    return best;
  }

  #leastActive(isCandidate: (replica: TrackedReplica) => boolean): TrackedReplica | undefined {
    const inTurn = [...this.#replicas.slice(this.#next), ...this.#replicas.slice(0, this.#next)];
    // Stable: the first of equals stays first.
    return inTurn.filter(isCandidate).toSorted((one, other) => one.active - other.active)[0];
  }

  /** The request to the replica has ended. */
  release(replica: Replica): void {
    this.#find(replica).active -= 1;
  }

  /** Excludes a replica that failed. */
  exclude(replica: Replica): void {
    this.#find(replica).excludedUntilMs = this.#now() + this.#exclusionMs;
  }

  #find(replica: Replica): TrackedReplica {
    const tracked = this.#replicas.find((each) => each === replica);
    if (tracked === undefined) throw new Error(`${replica.url} is not a replica of this balancer`);
    return tracked;
  }
}
