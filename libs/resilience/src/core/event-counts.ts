import { type EventMap, joinUnsubscribes, type Listener, type PolicyEvent, type Unsubscribe } from './events.ts';
import type { EventMeter, Labels, Sample } from './observability.ts';
import type { NamedInstance } from './policy-definition.ts';

/** A policy of any kind whose events are observed. */
export interface ObservedInstance extends NamedInstance {
  on(type: keyof EventMap, listener: Listener<never>): Unsubscribe;
}

interface EventCount {
  readonly labels: Labels;
  value: number;
}

/** How often instances have emitted events since this object was created, by labels. */
export class EventCounts {
  readonly #meter: EventMeter<NamedInstance>;
  readonly #counts = new Map<string, EventCount>();

  constructor(meter: EventMeter<NamedInstance>) {
    const { counts, initial = [] } = meter;
    this.#meter = meter;
    for (const labels of initial) this.#count(labels);
    for (const labels of Object.values(counts)) if (typeof labels === 'object') this.#count(labels);
  }

  /** Counts the events of an instance until the returned function is called. */
  follow(instance: ObservedInstance): Unsubscribe {
    const unsubscribes = Object.entries(this.#meter.counts).map(([type, labels = {}]) => {
      if (typeof labels === 'function') {
        return instance.on(type, (event: PolicyEvent) => void this.#count(labels(event)).value++);
      }
      const count = this.#count(labels);
      return instance.on(type, () => void count.value++);
    });
    return joinUnsubscribes(unsubscribes);
  }

  samples(): readonly Sample[] {
    return [...this.#counts.values()].map(({ value, labels }) => [value, labels]);
  }

  #count(labels: Labels): EventCount {
    const key = JSON.stringify(labels);
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { labels, value: 0 }));
    return count;
  }
}
