import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  type HistogramConfiguration,
  type Metric,
  type OpenMetricsContentType,
  Registry,
} from 'prom-client';
import { ConcurrentReads } from './concurrent-reads.ts';

/** A metric whose values are read at each scrape: one, or one for each value of a label. */
export type ScrapedMetric = { readonly name: string; readonly help: string } & (
  { readonly read: () => number } | { readonly label: string; readonly read: () => Readonly<Record<string, number>> }
);

/**
 * The metrics of the process, of those that prom-client has, that panels, alerts or load tests read. The others would be 9 kB
 * of each scrape.
 */
const readOfProcess = new Set([
  'process_start_time_seconds',
  'process_cpu_seconds_total',
  'process_resident_memory_bytes',
  'nodejs_eventloop_lag_p99_seconds',
]);

/** The type of prom-client's metrics lacks the name that all of them have. */
type NamedMetric = Metric & { readonly name: string };

/**
 * The metrics of one application, including those of its process. prom-client's global registry would mix two applications
 * of one process, as in tests.
 */
export class MetricsRegistry extends Registry {
  readonly #renderings = new ConcurrentReads<string>();
  /** The metrics with exemplars: prom-client allows and renders them only in a registry of this type. */
  readonly #exemplars = new Registry<OpenMetricsContentType>();
  /** They stay registered, because some of them set the values of the others when they are collected. */
  readonly #hidden: ReadonlySet<string>;

  constructor() {
    super();
    this.#exemplars.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    collectDefaultMetrics({ register: this });
    this.#hidden = new Set(
      this.getMetricsAsArray()
        .map(({ name }) => name)
        .filter((name) => !readOfProcess.has(name)),
    );
  }

  /** The metrics that have series, in Prometheus' text format. Concurrent readers get one rendering. */
  override metrics(): Promise<string> {
    return this.#renderings.share('', () => this.#render());
  }

  /**
   * The same series as OpenMetrics, with exemplars. The last line is `# EOF`, there are no empty lines, and families of
   * counters are named without `_total`.
   */
  openMetrics(): Promise<string> {
    return this.#renderings.share('openmetrics', () => this.#renderOpenMetrics());
  }

  async #render(): Promise<string> {
    const texts = await this.#families((metric) => this.getSingleMetricAsString(metric.name));
    return `${texts.join('\n\n')}\n`;
  }

  async #renderOpenMetrics(): Promise<string> {
    const texts = await this.#families(({ name }) =>
      this.#exemplars.getSingleMetric(name) === undefined
        ? this.getSingleMetricAsString(name).then(asOpenMetrics)
        : this.#exemplars.getSingleMetricAsString(name),
    );
    return `${texts.join('\n')}\n# EOF\n`;
  }

  async #families(render: (metric: NamedMetric) => Promise<string>): Promise<readonly string[]> {
    const metrics = this.getMetricsAsArray() as unknown as readonly NamedMetric[];
    const families = await Promise.all(
      metrics.map(async (metric) => ({ name: metric.name, text: await render(metric) })),
    );
    return families.filter(({ name, text }) => !this.#hidden.has(name) && /^[^#]/m.test(text)).map(({ text }) => text);
  }

  /** A histogram whose observations may have exemplars. */
  addHistogram<Label extends string>(
    configuration: Omit<HistogramConfiguration<Label>, 'registers' | 'enableExemplars'>,
  ): Histogram<Label> {
    const registers = [this.#exemplars];
    const histogram = new Histogram<Label>({ ...configuration, enableExemplars: true, registers });
    this.registerMetric(histogram);
    return histogram;
  }

  addGauge({ name, help, ...metric }: ScrapedMetric): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames: 'label' in metric ? [metric.label] : [],
      registers: [],
      collect: () => {
        if (!('label' in metric)) gauge.set(metric.read());
        else for (const [value, number] of Object.entries(metric.read())) gauge.set({ [metric.label]: value }, number);
      },
    });
    this.registerMetric(gauge);
  }

  /** Adds a counter whose counts are kept elsewhere. */
  addCounter({ name, help, ...metric }: ScrapedMetric): void {
    const counter = new Counter({
      name,
      help,
      labelNames: 'label' in metric ? [metric.label] : [],
      registers: [],
      collect: () => {
        counter.reset();
        if (!('label' in metric)) counter.inc(metric.read());
        else for (const [value, count] of Object.entries(metric.read())) counter.inc({ [metric.label]: value }, count);
      },
    });
    this.registerMetric(counter);
  }
}

/** Names the families of counters as OpenMetrics does: `# TYPE requests counter` above `requests_total 1`. */
const asOpenMetrics = (text: string): string =>
  /^# TYPE \S+ counter$/m.test(text) ? text.replaceAll(/^(# (?:HELP|TYPE) \S+?)_total /gm, '$1 ') : text;

/** The paths of the metrics: Prometheus' default and that of Spring Boot. */
export const metricsPaths = ['/metrics', '/actuator/prometheus'] as const;

/** The paths of the health checks. */
export const healthPaths = { live: '/health/live', ready: '/health/ready' } as const;

const probes: ReadonlySet<string> = new Set([...metricsPaths, ...Object.values(healthPaths)]);

/**
 * Whether the path of a URL is exactly one that machines request every few seconds. Such requests are not logged, counted, limited or
 * refused; in logs and metrics they would outnumber those of clients.
 */
export const isProbe = (url: string): boolean => probes.has(url.split('?', 1)[0] ?? '');
