/** The most clients that are counted; the one that was first counted is removed first. */
const maxClients = 10_000;

interface Limits {
  readonly requestsPerSecond: number;
  /** Requests in addition to the rate. */
  readonly burst: number;
  /** Requests at the same time. */
  readonly maxConcurrent: number;
}

/** Limits the requests of each client, as `limit_req` (without a delay) and `limit_conn` of nginx do. */
export class ClientLimits {
  /** What a client has sent above its rate, and when it was computed. */
  readonly #excess = new Map<string, { requests: number; atMs: number }>();
  readonly #concurrent = new Map<string, number>();

  readonly #limits: Limits;
  readonly #now: () => number;

  /** @param now a monotonic clock in milliseconds */
  constructor(limits: Limits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Counts a request. @returns whether the client may send it; if so, {@link release} it afterwards */
  tryAcquire(client: string): boolean {
    const concurrent = this.#concurrent.get(client) ?? 0;
    if (concurrent >= this.#limits.maxConcurrent || !this.#isWithinRate(client)) return false;
    this.#concurrent.set(client, concurrent + 1);
    return true;
  }

  release(client: string): void {
    const concurrent = (this.#concurrent.get(client) ?? 0) - 1;
    if (concurrent > 0) this.#concurrent.set(client, concurrent);
    else this.#concurrent.delete(client);
  }

  #isWithinRate(client: string): boolean {
    const atMs = this.#now();
    const last = this.#excess.get(client);
    const requests =
      last === undefined
        ? 0
        : Math.max(0, last.requests - ((atMs - last.atMs) * this.#limits.requestsPerSecond) / 1_000 + 1);
    if (requests > this.#limits.burst) return false;
    if (last === undefined && this.#excess.size >= maxClients) {
      const [oldest = ''] = this.#excess.keys();
      this.#excess.delete(oldest);
    }
    this.#excess.set(client, { requests, atMs });
    return true;
  }
}
