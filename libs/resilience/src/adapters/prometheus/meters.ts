import { Counter, Gauge, type OpenMetricsContentType, type Registry } from 'prom-client';
import { InvalidOptionsError } from '../../core/errors.ts';
import { DurationHistogram, type DurationSeries } from './duration-histogram.ts';

/** Labels with their values. */
export type Labels = Readonly<Record<string, string>>;

/** Where metrics are collected; one that prom-client's `register` is an example of. */
export type PrometheusRegistry = Registry | Registry<OpenMetricsContentType>;

/** One value of a meter for one instance, with the labels that tell it from the instance's other ones. */
export type Sample = readonly [value: number, labels?: Labels];

/** A metric that is read from the instances at each scrape. */
export interface Meter<E> {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  /** The labels beside `name` and those that all metrics have. None by default. */
  readonly labels?: readonly string[];
  read(instance: E): readonly Sample[];
}

/** Makes metrics in a registry of prom-client, and takes them back. */
export class Meters {
  readonly #registry: PrometheusRegistry;
  readonly #extraLabels: Labels;
  readonly #names: string[] = [];

  /** @param extraLabels what every series of every metric is labelled with */
  constructor(registry: PrometheusRegistry, extraLabels: Labels) {
    this.#registry = registry;
    this.#extraLabels = extraLabels;
  }

  /** A metric with a sample, or several, for each of the instances. What is no longer among them has none. */
  add<E extends { readonly name: string }>(meter: Meter<E>, instances: Iterable<E>): void {
    const { name, help, labels = [], type } = meter;
    const samples = (): readonly (readonly [Labels, number])[] =>
      [...instances].flatMap((instance) =>
        meter.read(instance).map(([value, own = {}]) => [this.#labels(instance.name, own), value] as const),
      );
    const configuration = { name, help, labelNames: this.#labelNames(labels), registers: [] };

    if (type === 'gauge') {
      const gauge = new Gauge({
        ...configuration,
        collect() {
          this.reset();
          for (const [sampleLabels, value] of samples()) this.set(sampleLabels, value);
        },
      });
      this.#registry.registerMetric(gauge);
    } else {
      const counter = new Counter({
        ...configuration,
        collect() {
          this.reset();
          for (const [sampleLabels, value] of samples()) this.inc(sampleLabels, value);
        },
      });
      this.#registry.registerMetric(counter);
    }
    this.#names.push(name);
  }

  /** A histogram of durations in seconds, told apart by `labels` beside the name. */
  addDurations(name: string, help: string, buckets: readonly number[], labels: readonly string[]): Durations {
    // Labels that clash are refused, though nothing else needs their names.
    this.#labelNames(labels);
    const histogram = new DurationHistogram(name, help, buckets);
    this.#registry.registerMetric(histogram.asMetric());
    this.#names.push(name);
    // From the start, so that the first call is an increase.
    return { begin: (instanceName, own) => histogram.begin(this.#labels(instanceName, own)) };
  }

  /** Takes all of them out of the registry. */
  removeAll(): void {
    for (const name of this.#names.splice(0)) this.#registry.removeSingleMetric(name);
  }

  #labelNames(own: readonly string[]): string[] {
    const reserved = ['name', 'le', ...own];
    const clashing = Object.keys(this.#extraLabels).filter((label) => reserved.includes(label));
    if (clashing.length > 0) {
      throw new InvalidOptionsError(
        'The binding to Prometheus',
        clashing.map((label) => ({
          option: `extraLabels.${label}`,
          given: `'${this.#extraLabels[label]}'`,
          allowed: `labels other than ${reserved.join(', ')}, which the metrics have already`,
        })),
      );
    }
    return ['name', ...own, ...Object.keys(this.#extraLabels)];
  }

  #labels(name: string, own: Labels): Labels {
    return { name, ...own, ...this.#extraLabels };
  }
}

/** A histogram whose series come and go with instances. */
export interface Durations {
  begin(instanceName: string, labels: Labels): DurationSeries;
}
