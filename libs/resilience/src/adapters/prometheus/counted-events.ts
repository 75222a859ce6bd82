import type { EventMap, Listener, Unsubscribe } from '../../core/events.ts';

/** What tells of events: any policy. */
export interface EventSource<M extends EventMap> {
  readonly name: string;
  on<T extends keyof M>(type: T, listener: Listener<M[T]>): Unsubscribe;
}

/** A policy with how often it told of which event, since this was made. */
export class CountedEvents<P extends EventSource<M>, M extends EventMap> {
  readonly name: string;
  readonly policy: P;
  readonly #counts: Map<keyof M, number>;
  readonly #subscriptions: readonly Unsubscribe[];

  /** @param types the events that are counted */
  constructor(policy: P, types: readonly (keyof M)[]) {
    this.name = policy.name;
    this.policy = policy;
    this.#counts = new Map(types.map((type) => [type, 0]));
    this.#subscriptions = types.map((type) => policy.on(type, () => this.#counts.set(type, this.of(type) + 1)));
  }

  of(type: keyof M): number {
    return this.#counts.get(type) ?? 0;
  }

  end(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }
}
