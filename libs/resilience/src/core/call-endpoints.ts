/** Where a call goes: one of the addresses of a dependency. */
export interface CallEndpoint {
  /** The base URL, e.g. `http://10.0.0.7:3000`. HTTP adapters send the request there instead of to its own origin. */
  readonly url: string;
  /** The name of the endpoint in errors, events and metrics. */
  readonly name: string;
}

/** An endpoint that an attempt used, as its pool sees it now. */
export interface UsedEndpoint extends CallEndpoint {
  /** Whether it is removed, or ejected while its pool has an endpoint that works. */
  readonly isOutOfService: boolean;
}

/**
 * The endpoints that the attempts of one call used, oldest first. The contexts of the attempts share it, so that a retry or
 * a hedge can go to another endpoint, and a circuit breaker can tell a failed endpoint from a failed dependency.
 */
export class UsedEndpoints {
  /**
   * Whether all its endpoints are those of attempts of the same call, as a retry or a hedge makes them. Otherwise they may
   * be those of several calls that a method makes.
   */
  readonly areOfOneCall: boolean;
  /** Created for the first one, because most calls are made without an endpoint pool. */
  #used: UsedEndpoint[] | undefined;

  constructor(areOfOneCall: boolean) {
    this.areOfOneCall = areOfOneCall;
  }

  /** The record of an attempt: that of its call, or a new one if several calls may share the given one. */
  static ofAttempt(given: UsedEndpoints | undefined): UsedEndpoints {
    return given?.areOfOneCall === true ? given : new UsedEndpoints(false);
  }

  /** The number of attempts that used an endpoint. */
  get count(): number {
    return this.#used?.length ?? 0;
  }

  get latest(): UsedEndpoint | undefined {
    return this.#used?.at(-1);
  }

  add(endpoint: UsedEndpoint): void {
    (this.#used ??= []).push(endpoint);
  }

  has(endpoint: UsedEndpoint): boolean {
    return this.#used?.includes(endpoint) === true;
  }

  /**
   * Whether attempts were made after the first `count`, all of them at endpoints that are out of service now: the pool has
   * acted, and how the attempts ended says nothing about the endpoints that are left.
   */
  areOutOfServiceSince(count: number): boolean {
    if (this.#used === undefined || this.#used.length <= count) return false;
    return this.#used.every((used, at) => at < count || used.isOutOfService);
  }
}
