import type { EventMap, Listener, Unsubscribe } from '../../core/events.ts';

/** What tells of events: any policy. */
export interface EventSource<M extends EventMap> {
  readonly name: string;
  on<T extends keyof M>(type: T, listener: Listener<M[T]>): Unsubscribe;
}

interface Count {
  times: number;
}

/** A policy with how often it told of which event, since this was made. */
export class CountedEvents<P extends EventSource<M>, M extends EventMap> {
  readonly name: string;
  readonly policy: P;
  readonly #counts: ReadonlyMap<keyof M, Count>;
  readonly #subscriptions: readonly Unsubscribe[];

  /** @param types the events that are counted */
  constructor(policy: P, types: readonly (keyof M)[]) {
    this.name = policy.name;
    this.policy = policy;
    const counts = types.map((type): [keyof M, Count] => [type, { times: 0 }]);
    this.#counts = new Map(counts);
    this.#subscriptions = counts.map(([type, count]) => policy.on(type, () => void count.times++));
  }

  of(type: keyof M): number {
    return this.#counts.get(type)?.times ?? 0;
  }

  end(): void {
    for (const unsubscribe of this.#subscriptions) unsubscribe();
  }
}
