import type { Histogram } from 'prom-client';
import type { Labels } from './meters.ts';

/**
 * A histogram as prom-client shows it, whose series are known before anything is recorded: to record costs a search among the
 * bounds. prom-client's own looks at one bound after the other, and checks and joins the labels of each observation anew.
 */
export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #bounds: readonly number[];
  readonly #series = new Set<DurationSeries>();

  /** @param bounds in seconds, rising */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  /** One more series, all zero. */
  begin(labels: Labels): DurationSeries {
    const series = new DurationSeries(labels, this.#bounds, () => this.#series.delete(series));
    this.#series.add(series);
    return series;
  }

  /** What a registry of prom-client asks a metric for. */
  async get(): Promise<ShownMetric> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: [...this.#series].flatMap((series) => series.values(name)) };
  }

  reset(): void {
    for (const series of this.#series) series.reset();
  }

  /** For a registry, which takes whatever has `get` and says otherwise in its types. */
  asMetric(): Histogram {
    return this as unknown as Histogram;
  }
}

interface ShownValue {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

interface ShownMetric {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly ShownValue[];
}

/** The durations of one series. */
export class DurationSeries {
  /** Takes it out of its histogram. */
  readonly end: () => void;
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  /** How many are within the bound of the same place and above the one before it; the last one has what is above all. */
  readonly #counts: number[];
  #sum = 0;
  /** Where the last one belonged, and within which bounds: one call mostly takes about as long as the one before. */
  #place = 0;
  #above = Number.POSITIVE_INFINITY;
  #upTo = 0;

  constructor(labels: Labels, bounds: readonly number[], end: () => void) {
    this.end = end;
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  record(seconds: number): void {
    if (!(seconds > this.#above && seconds <= this.#upTo)) this.#search(seconds);
    this.#counts[this.#place]! += 1;
    this.#sum += seconds;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  /** In Prometheus's form: each bucket has all that the ones before it have. */
  values(name: string): ShownValue[] {
    let count = 0;
    const buckets = this.#counts.map((own, at) => {
      count += own;
      return {
        metricName: `${name}_bucket`,
        value: count,
        labels: { le: this.#bounds[at] ?? '+Inf', ...this.#labels },
      };
    });
    return [
      ...buckets,
      { metricName: `${name}_sum`, value: this.#sum, labels: { ...this.#labels } },
      { metricName: `${name}_count`, value: count, labels: { ...this.#labels } },
    ];
  }

  /** The first bound that is not below it, by halving. */
  #search(seconds: number): void {
    let [low, high] = [0, this.#bounds.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bounds[middle]! < seconds) low = middle + 1;
      else high = middle;
    }
    this.#place = low;
    this.#above = this.#bounds[low - 1] ?? Number.NEGATIVE_INFINITY;
    this.#upTo = this.#bounds[low] ?? Number.POSITIVE_INFINITY;
  }
}
