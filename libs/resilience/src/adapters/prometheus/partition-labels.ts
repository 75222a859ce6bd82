import type { Clock } from '../../core/clock.ts';
import { sharedInstanceName } from '../../core/dynamic-instances.ts';
import type { Unsubscribe } from '../../core/events.ts';
import type { Labels } from '../../core/observability.ts';
import type { Partition } from '../../core/partitions.ts';
import type { NamedInstance } from '../../core/policy-definition.ts';

/** The shortest time between two rankings, so that the metrics of one scrape agree. */
const rankingIntervalMs = 5_000;

/** An instance of a partition with its series. */
interface Shown {
  readonly instance: NamedInstance;
  readonly key: string;
  /** Adds the series with this value of the label `partition`. */
  readonly show: (label: string) => Unsubscribe;
  label: string;
  hide: Unsubscribe;
}

/**
 * The label `partition` of metrics, with few values: the keys of the partitions with the most calls, and `other` for all
 * others together. A partition that becomes one of the busiest starts a series at 0, and the series of `other` keeps the
 * calls before that, so that no counter falls.
 */
export class PartitionLabels {
  readonly #most: number;
  readonly #clock: Pick<Clock, 'now'>;
  /** By the name that is partitioned. */
  readonly #shown = new Map<string, Set<Shown>>();
  #rankedAt = Number.NEGATIVE_INFINITY;

  /** @param most how many partitions of a name have series of their own; 0 or more */
  constructor(most: number, clock: Pick<Clock, 'now'>) {
    this.#most = most;
    this.#clock = clock;
  }

  /**
   * Adds the series of an instance.
   *
   * @param show adds them with these labels
   * @returns removes them
   */
  add(instance: NamedInstance, { of, key }: Partition, show: (labels: Labels) => Unsubscribe): Unsubscribe {
    const others = this.#shown.get(of) ?? new Set();
    this.#shown.set(of, others);
    const own = [...others].filter(({ label }) => label !== sharedInstanceName).length;
    const label = own < this.#most ? key : sharedInstanceName;
    const withLabel = (partition: string): Unsubscribe => show({ name: of, partition });
    const shown: Shown = { instance, key, show: withLabel, label, hide: withLabel(label) };
    others.add(shown);
    return () => {
      shown.hide();
      others.delete(shown);
      if (others.size === 0) this.#shown.delete(of);
    };
  }

  /** Decides again which partitions have series of their own. Called by each scrape. */
  rank(): void {
    const now = this.#clock.now();
    if (now - this.#rankedAt < rankingIntervalMs) return;
    this.#rankedAt = now;
    for (const ofName of this.#shown.values()) {
      const busiest = [...ofName]
        .filter(({ key }) => key !== sharedInstanceName)
        .toSorted((a, b) => callsOf(b) - callsOf(a) || Number(isOwn(b)) - Number(isOwn(a)))
        .slice(0, this.#most);
      // Before any leaves the others, so that the series of the others continues.
      for (const shown of ofName) if (!busiest.includes(shown)) relabel(shown, sharedInstanceName);
      for (const shown of busiest) relabel(shown, shown.key);
    }
  }
}

function relabel(shown: Shown, label: string): void {
  if (label === shown.label) return;
  shown.hide();
  shown.label = label;
  shown.hide = shown.show(label);
}

function callsOf({ instance }: Shown): number {
  return instance.usage?.activity ?? 0;
}

function isOwn({ label }: Shown): boolean {
  return label !== sharedInstanceName;
}
