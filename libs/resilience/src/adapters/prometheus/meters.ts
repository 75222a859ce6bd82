import { Counter, Gauge, type OpenMetricsContentType, type Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import type { EventMap, Listener, PolicyEvent, Unsubscribe } from '../../core/events.ts';
import type {
  Aggregator,
  DurationMeter,
  EventMeter,
  Labels,
  Meter,
  ReadMeter,
  Sample,
} from '../../core/observability.ts';
import type { NamedInstance } from '../../core/policy-definition.ts';
import { DurationHistogram } from './duration-histogram.ts';
import { TimeWindowMax } from './time-window-max.ts';

/** Where metrics are collected, e.g. prom-client's `register`. */
export type PrometheusRegistry = Registry | Registry<OpenMetricsContentType>;

/** A policy of any kind whose events are observed. */
interface ObservedInstance extends NamedInstance {
  on(type: keyof EventMap, listener: Listener<never>): Unsubscribe;
}

/**
 * The names of the labels of a metric.
 *
 * @param own those of the metric itself
 * @param reserved further names that extra labels must not have
 * @throws InvalidOptionsError if an extra label has one of these names
 */
export function labelNamesWith(
  extraLabels: Labels,
  own: readonly string[],
  reserved: readonly string[] = [],
): string[] {
  const taken = [...own, ...reserved];
  const clashing = Object.entries(extraLabels).filter(([label]) => taken.includes(label));
  if (clashing.length > 0) {
    throw new InvalidOptionsError(
      'The binding to Prometheus',
      clashing.map(([label, value]) => ({
        option: `extraLabels.${label}`,
        given: `'${value}'`,
        allowed: `labels other than ${taken.join(', ')}, which the metrics already have`,
      })),
    );
  }
  return [...own, ...Object.keys(extraLabels)];
}

interface RegisteredMeter {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
  readonly aggregator?: Aggregator;
}

/** Adds an instance to a metric. The returned function removes its series. */
export type AddInstance = (instance: NamedInstance) => Unsubscribe;

/** Creates metrics in a registry of prom-client, and removes them. */
export class Meters {
  readonly #registry: PrometheusRegistry;
  readonly #extraLabels: Labels;
  readonly #clock: Clock;
  readonly #buckets: readonly number[];
  readonly #names: string[] = [];

  /**
   * @param extraLabels labels of every series
   * @param clock the clock by which maxima of durations expire
   * @param buckets the upper bounds of histograms of durations, in seconds, ascending
   */
  constructor(registry: PrometheusRegistry, extraLabels: Labels, clock: Clock, buckets: readonly number[]) {
    this.#registry = registry;
    this.#extraLabels = extraLabels;
    this.#clock = clock;
    this.#buckets = buckets;
  }

  /** Creates a metric without series. */
  add(meter: Meter<NamedInstance>): AddInstance {
    switch (meter.type) {
      case 'durations':
        return this.#addDurations(meter);
      case 'eventCounter':
        return this.#addEventCounter(meter);
      default:
        return this.#addRead(meter);
    }
  }

  /** Removes all metrics from the registry. */
  removeAll(): void {
    for (const name of this.#names.splice(0)) this.#registry.removeSingleMetric(name);
  }

  #addRead(meter: ReadMeter<NamedInstance>): AddInstance {
    const instances = new Set<NamedInstance>();
    this.#register(meter.type, meter, () =>
      [...instances].flatMap((instance) => meter.read(instance).map((sample) => [instance.name, sample] as const)),
    );
    return (instance) => {
      instances.add(instance);
      return () => instances.delete(instance);
    };
  }

  #addEventCounter(meter: EventMeter<NamedInstance>): AddInstance {
    const counted = new Map<NamedInstance, EventCounts>();
    this.#register('counter', meter, () =>
      [...counted].flatMap(([{ name }, counts]) => counts.samples().map((sample) => [name, sample] as const)),
    );
    return (instance) => {
      if (meter.appliesTo?.(instance) === false) return () => {};
      const counts = new EventCounts(instance as ObservedInstance, meter);
      counted.set(instance, counts);
      return () => {
        counts.stop();
        counted.delete(instance);
      };
    };
  }

  #addDurations({ name, help, maxHelp, labels = [], measures }: DurationMeter<NamedInstance>): AddInstance {
    // Rejects clashing labels, although the histogram does not need their names.
    this.#labelNames(labels);
    const histogram = new DurationHistogram(name, help, this.#buckets);
    this.#registry.registerMetric(histogram.asMetric());
    this.#names.push(name);
    const maxima = new Map<NamedInstance, readonly (readonly [TimeWindowMax, Labels])[]>();
    this.#register('gauge', { name: `${name}_max`, help: maxHelp, labels }, () =>
      [...maxima].flatMap(([instance, ofInstance]) =>
        ofInstance.map(([max, own]) => [instance.name, [max.value, own]] as const),
      ),
    );

    return (instance) => {
      const measured = Object.entries(measures).map(([type, own = {}]) => {
        // Exists from the start, so that Prometheus sees the first call as an increase.
        const series = histogram.addSeries(this.#labels(instance.name, own));
        const max = new TimeWindowMax(this.#clock);
        const record = ({ elapsedDurationMs, creationTime }: PolicyEvent & { readonly elapsedDurationMs: number }) => {
          series.record(elapsedDurationMs / 1_000);
          max.record(elapsedDurationMs / 1_000, creationTime);
        };
        return { series, max, own, unsubscribe: (instance as ObservedInstance).on(type, record) };
      });
      maxima.set(
        instance,
        measured.map(({ max, own }) => [max, own] as const),
      );
      return () => {
        for (const { series, unsubscribe } of measured) {
          unsubscribe();
          series.remove();
        }
        maxima.delete(instance);
      };
    };
  }

  /** A metric whose samples are computed at each scrape. */
  #register(
    type: 'counter' | 'gauge',
    { name, help, labels = [], aggregator = type === 'counter' ? 'sum' : 'max' }: RegisteredMeter,
    samplesOfInstances: () => readonly (readonly [instance: string, sample: Sample])[],
  ): void {
    const samples = () =>
      samplesOfInstances().map(([instance, [value, own = {}]]) => [this.#labels(instance, own), value] as const);
    const configuration = { name, help, aggregator, labelNames: this.#labelNames(labels), registers: [] };
    const metric =
      type === 'gauge'
        ? new Gauge({
            ...configuration,
            collect() {
              this.reset();
              for (const [sampleLabels, value] of samples()) this.set(sampleLabels, value);
            },
          })
        : new Counter({
            ...configuration,
            collect() {
              this.reset();
              for (const [sampleLabels, value] of samples()) this.inc(sampleLabels, value);
            },
          });
    this.#registry.registerMetric(metric);
    this.#names.push(name);
  }

  #labelNames(own: readonly string[]): string[] {
    return labelNamesWith(this.#extraLabels, ['name', ...own], ['le']);
  }

  #labels(name: string, own: Labels): Labels {
    return { name, ...own, ...this.#extraLabels };
  }
}

interface EventCount {
  readonly labels: Labels;
  value: number;
}

/** How often an instance has emitted events since this object was created, by labels. */
class EventCounts {
  readonly #counts = new Map<string, EventCount>();
  readonly #unsubscribes: readonly Unsubscribe[];

  constructor(instance: ObservedInstance, { counts, initial = [] }: EventMeter<NamedInstance>) {
    for (const labels of initial) this.#count(labels);
    this.#unsubscribes = Object.entries(counts).map(([type, labels = {}]) => {
      if (typeof labels === 'function') {
        return instance.on(type, (event: PolicyEvent) => void this.#count(labels(event)).value++);
      }
      const count = this.#count(labels);
      return instance.on(type, () => void count.value++);
    });
  }

  samples(): readonly Sample[] {
    return [...this.#counts.values()].map(({ value, labels }) => [value, labels]);
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
  }

  #count(labels: Labels): EventCount {
    const key = JSON.stringify(labels);
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { labels, value: 0 }));
    return count;
  }
}
