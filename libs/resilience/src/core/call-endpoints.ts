/** Where a call goes: one of the addresses of a dependency. */
export interface CallEndpoint {
  /** The base URL, e.g. `http://10.0.0.7:3000`. HTTP adapters send the request there instead of to its own origin. */
  readonly url: string;
  /** The name of the endpoint in errors, events and metrics. */
  readonly name: string;
}

/** An endpoint that an attempt used, as its pool sees it now. */
export interface UsedEndpoint extends CallEndpoint {
  /** Whether its pool sends no more calls to it, because it is ejected or removed. */
  readonly isOutOfService: boolean;
}

/**
 * The endpoints that the attempts of one call used, oldest first. The contexts of all attempts share it, so that a retry or
 * a hedge can go to another endpoint, and a circuit breaker can tell a failed endpoint from a failed dependency.
 */
export class UsedEndpoints {
  #used: UsedEndpoint[] | undefined;

  /** The number of attempts that used an endpoint. */
  get count(): number {
    return this.#used?.length ?? 0;
  }

  get latest(): UsedEndpoint | undefined {
    return this.#used?.at(-1);
  }

  add(endpoint: UsedEndpoint): void {
    if (this.#used === undefined) this.#used = [endpoint];
    else this.#used.push(endpoint);
  }

  has(endpoint: UsedEndpoint): boolean {
    return this.#used?.includes(endpoint) === true;
  }

  /**
   * Whether attempts were made after the first `count`, all of them at endpoints that are out of service now: the pool has
   * acted, and how the attempts ended says nothing about the endpoints that are left.
   */
  areOutOfServiceSince(count: number): boolean {
    return (
      this.#used !== undefined &&
      this.#used.length > count &&
      this.#used.every(({ isOutOfService }, index) => index < count || isOutOfService)
    );
  }
}
