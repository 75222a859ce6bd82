/** Why a request was turned away before any work was done for it. */
export type ShedReason = 'in_flight' | 'event_loop_delay' | 'client_rate';

/** What a service can bear. */
export interface LoadLimits {
  /** Requests under way; one more is turned away. */
  readonly maxInFlight: number;
  /** Milliseconds; turned away while the event loop is later than that. */
  readonly maxEventLoopDelayMs: number;
}

/** How much a service has to do at the moment, and whether it can take on more. */
export class Load {
  readonly #limits: LoadLimits;
  readonly #eventLoopDelayMs: () => number;
  readonly #shed: Record<ShedReason, number> = { in_flight: 0, event_loop_delay: 0, client_rate: 0 };
  #inFlight = 0;

  /** @param eventLoopDelayMs by how much the event loop has been late of late, in milliseconds */
  constructor(limits: LoadLimits, eventLoopDelayMs: () => number) {
    this.#limits = limits;
    this.#eventLoopDelayMs = eventLoopDelayMs;
  }

  /** Requests under way, those for health and metrics left out. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many were turned away so far. */
  get shed(): Readonly<Record<ShedReason, number>> {
    return this.#shed;
  }

  /** @returns why one more request is too many; undefined when it has been let in, and `leave` is to be called */
  enter(): ShedReason | undefined {
    const reason = this.#reasonToShed();
    if (reason === undefined) this.#inFlight += 1;
    else this.turnedAway(reason);
    return reason;
  }

  /** A request that was let in has ended. */
  leave(): void {
    this.#inFlight -= 1;
  }

  turnedAway(reason: ShedReason): void {
    this.#shed[reason] += 1;
  }

  #reasonToShed(): ShedReason | undefined {
    if (this.#inFlight >= this.#limits.maxInFlight) return 'in_flight';
    return this.#eventLoopDelayMs() > this.#limits.maxEventLoopDelayMs ? 'event_loop_delay' : undefined;
  }
}
