import { Counter, Gauge, type OpenMetricsContentType, type Registry } from 'prom-client';
import type { Clock } from '../../core/clock.ts';
import { InvalidOptionsError } from '../../core/errors.ts';
import type { PolicyEvent, Unsubscribe } from '../../core/events.ts';
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
import { EventCounts, type ObservedInstance } from '../../core/event-counts.ts';
import { DurationHistogram } from './duration-histogram.ts';
import { TimeWindowMax } from './time-window-max.ts';

/** Where metrics are collected, e.g. prom-client's `register`. */
export type PrometheusRegistry = Registry | Registry<OpenMetricsContentType>;

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

/** Adds an instance to a metric. Instances with the same labels share their series. The returned function removes it. */
export type AddInstance = (instance: NamedInstance, labels: Labels) => Unsubscribe;

/** What a metric keeps for each set of labels, as long as an instance has these labels. */
class ByLabels<T> {
  readonly #entries = new Map<string, { readonly labels: Labels; readonly value: T; users: number }>();
  readonly #create: (labels: Labels) => T;
  readonly #remove: (value: T) => void;

  constructor(create: (labels: Labels) => T, remove: (value: T) => void = () => {}) {
    this.#create = create;
    this.#remove = remove;
  }

  entries(): readonly (readonly [Labels, T])[] {
    return [...this.#entries.values()].map(({ labels, value }) => [labels, value]);
  }

  /** @returns the value, created if need be, and a function to call when the instance no longer needs it */
  use(labels: Labels): readonly [T, Unsubscribe] {
    const key = JSON.stringify(labels);
    const entry = this.#entries.get(key) ?? { labels, value: this.#create(labels), users: 0 };
    this.#entries.set(key, entry);
    entry.users++;
    const release = (): void => {
      if (--entry.users > 0) return;
      this.#entries.delete(key);
      this.#remove(entry.value);
    };
    return [entry.value, release];
  }
}

/** How values with the same labels become one. */
const aggregators: Readonly<Record<Aggregator, (values: readonly number[]) => number>> = {
  sum: (values) => values.reduce((sum, value) => sum + value, 0),
  average: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
  first: ([first = 0]) => first,
  omit: ([first = 0]) => first,
};

/** Creates metrics in a registry of prom-client, and removes them. */
export class Meters {
  readonly #registry: PrometheusRegistry;
  readonly #extraLabels: Labels;
  readonly #clock: Clock;
  readonly #buckets: readonly number[];
  readonly #onScrape: () => void;
  readonly #names: string[] = [];

  /**
   * @param extraLabels labels of every series
   * @param clock the clock by which maxima of durations expire
   * @param buckets the upper bounds of histograms of durations, in seconds, ascending
   * @param onScrape called before the samples of a metric are computed
   */
  constructor(
    registry: PrometheusRegistry,
    extraLabels: Labels,
    clock: Clock,
    buckets: readonly number[],
    onScrape: () => void,
  ) {
    this.#registry = registry;
    this.#extraLabels = extraLabels;
    this.#clock = clock;
    this.#buckets = buckets;
    this.#onScrape = onScrape;
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
    const instances = new Map<NamedInstance, Labels>();
    this.#register(meter.type, meter, () =>
      [...instances].flatMap(([instance, labels]) => meter.read(instance).map((sample) => [labels, sample] as const)),
    );
    return (instance, labels) => {
      instances.set(instance, labels);
      return () => instances.delete(instance);
    };
  }

  #addEventCounter(meter: EventMeter<NamedInstance>): AddInstance {
    const counted = new ByLabels(() => new EventCounts(meter));
    this.#register('counter', meter, () =>
      counted.entries().flatMap(([labels, counts]) => counts.samples().map((sample) => [labels, sample] as const)),
    );
    return (instance, labels) => {
      if (meter.appliesTo?.(instance) === false) return () => {};
      const [counts, release] = counted.use(labels);
      const stop = counts.follow(instance as ObservedInstance);
      return () => {
        stop();
        release();
      };
    };
  }

  #addDurations({ name, help, maxHelp, labels = [], measures }: DurationMeter<NamedInstance>): AddInstance {
    // Rejects clashing labels, although the histogram does not need their names.
    this.#labelNames(labels);
    const histogram = new DurationHistogram(name, help, this.#buckets);
    this.#registry.registerMetric(histogram.asMetric());
    this.#names.push(name);
    const measured = new ByLabels(
      (ofInstance) =>
        Object.entries(measures).map(([type, own = {}]) => {
          // Exists from the start, so that Prometheus sees the first call as an increase.
          const series = histogram.addSeries(this.#labels(ofInstance, own));
          return { type, own, series, max: new TimeWindowMax(this.#clock) };
        }),
      (all) => {
        for (const { series } of all) series.remove();
      },
    );
    this.#register('gauge', { name: `${name}_max`, help: maxHelp, labels }, () =>
      measured
        .entries()
        .flatMap(([ofInstance, all]) => all.map(({ max, own }) => [ofInstance, [max.value, own]] as const)),
    );

    return (instance, ofInstance) => {
      const [all, release] = measured.use(ofInstance);
      const unsubscribes = all.map(({ type, series, max }) => {
        const record = ({ elapsedDurationMs, creationTime }: PolicyEvent & { readonly elapsedDurationMs: number }) => {
          series.record(elapsedDurationMs / 1_000);
          max.record(elapsedDurationMs / 1_000, creationTime);
        };
        return (instance as ObservedInstance).on(type, record);
      });
      return () => {
        for (const unsubscribe of unsubscribes) unsubscribe();
        release();
      };
    };
  }

  /** A metric whose samples are computed at each scrape. */
  #register(
    type: 'counter' | 'gauge',
    { name, help, labels = [], aggregator = type === 'counter' ? 'sum' : 'max' }: RegisteredMeter,
    samplesOfInstances: () => readonly (readonly [ofInstance: Labels, sample: Sample])[],
  ): void {
    const samples = () => {
      this.#onScrape();
      const values = new Map<string, { readonly labels: Labels; readonly values: number[] }>();
      for (const [ofInstance, [value, own = {}]] of samplesOfInstances()) {
        const all = this.#labels(ofInstance, own);
        const key = JSON.stringify(all);
        const same = values.get(key);
        if (same === undefined) values.set(key, { labels: all, values: [value] });
        else same.values.push(value);
      }
      return Array.from(values.values(), (each) => [each.labels, aggregators[aggregator](each.values)] as const);
    };
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
    return labelNamesWith(this.#extraLabels, ['name', 'partition', ...own], ['le']);
  }

  #labels(ofInstance: Labels, own: Labels): Labels {
    return { ...ofInstance, ...own, ...this.#extraLabels };
  }
}
