import type { Histogram } from 'prom-client';
import type { Labels } from '../../core/observability.ts';

const nanosInSecond = 1e9;
const minSeconds = 0.001;
const maxSeconds = 30;
/** The first power of 4 above the minimum. */
const firstPower = 4 ** 10;

/**
 * The upper bounds, in seconds, with which Micrometer publishes a timer as a histogram to Prometheus
 * (`percentiles-histogram`): from 1 ms to 30 s, powers of four, with steps of a third of the lower power between two of
 * them. Like Micrometer's `PercentileHistogramBuckets`, which computes in whole nanoseconds and adds both ends of the
 * range.
 */
export const percentileHistogramBuckets: readonly number[] = buckets();

function buckets(): readonly number[] {
  const bounds = [minSeconds];
  for (let power = firstPower; power < maxSeconds * nanosInSecond; power *= 4) {
    const step = Math.floor(power / 3);
    const end = power * 4 - step;
    for (let bound = power; bound < end; bound += step) {
      if (bound < maxSeconds * nanosInSecond) bounds.push(bound / nanosInSecond);
    }
  }
  return [...bounds, maxSeconds];
}

/**
 * A histogram of prom-client whose series exist before a value is recorded, so that recording is one search in the
 * bounds. prom-client's own histogram compares the bounds one by one, and checks and joins the labels of each
 * observation.
 */
export class DurationHistogram {
  readonly name: string;
  readonly help: string;
  readonly type = 'histogram';
  readonly aggregator = 'sum';
  readonly #bounds: readonly number[];
  readonly #series = new Set<DurationSeries>();

  /** @param bounds the upper bounds of the buckets, in seconds, ascending */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.name = name;
    this.help = help;
    this.#bounds = bounds;
  }

  /** Adds a series in which all values are 0. */
  addSeries(labels: Labels): DurationSeries {
    const series = new DurationSeries(labels, this.#bounds, () => this.#series.delete(series));
    this.#series.add(series);
    return series;
  }

  /** Called by a registry of prom-client. */
  async get(): Promise<MetricSnapshot> {
    const { name, help, type, aggregator } = this;
    return { name, help, type, aggregator, values: [...this.#series].flatMap((series) => series.values(name)) };
  }

  reset(): void {
    for (const series of this.#series) series.reset();
  }

  /** For a registry, which only calls `get`, although its types require more. */
  asMetric(): Histogram {
    return this as unknown as Histogram;
  }
}

interface SampleSnapshot {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

interface MetricSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly SampleSnapshot[];
}

/** The durations of one series. */
export class DurationSeries {
  /** Removes the series from its histogram. */
  readonly remove: () => void;
  readonly #labels: Labels;
  readonly #bounds: readonly number[];
  /**
   * The number of values between the previous bound and the one at the same index; the last count is above all bounds.
   */
  readonly #counts: number[];
  #sum = 0;
  /** The bucket of the last value and its bounds: most calls take about as long as the previous one. */
  #bucket = 0;
  #above = Number.POSITIVE_INFINITY;
  #upTo = 0;

  constructor(labels: Labels, bounds: readonly number[], remove: () => void) {
    this.remove = remove;
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  record(seconds: number): void {
    if (!(seconds > this.#above && seconds <= this.#upTo)) this.#search(seconds);
    this.#counts[this.#bucket]! += 1;
    this.#sum += seconds;
  }

  reset(): void {
    this.#counts.fill(0);
    this.#sum = 0;
  }

  /** In Prometheus's form: each bucket includes the ones before it. */
  values(name: string): SampleSnapshot[] {
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

  /** Finds the first bound that is not below the value, by binary search. */
  #search(seconds: number): void {
    let [low, high] = [0, this.#bounds.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bounds[middle]! < seconds) low = middle + 1;
      else high = middle;
    }
    this.#bucket = low;
    this.#above = this.#bounds[low - 1] ?? Number.NEGATIVE_INFINITY;
    this.#upTo = this.#bounds[low] ?? Number.POSITIVE_INFINITY;
  }
}
