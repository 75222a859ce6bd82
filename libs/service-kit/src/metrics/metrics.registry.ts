import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
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

/**
 * The metrics of one application, including those of its process. prom-client's global registry would mix two applications
 * of one process, as in tests.
 */
export class MetricsRegistry extends Registry {
  readonly #renderings = new ConcurrentReads<string>();
  /** They stay registered, because some of them set the values of the others when they are collected. */
  readonly #hidden: ReadonlySet<string>;

  constructor() {
    super();
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

  async #render(): Promise<string> {
    const families = await Promise.all(
      this.getMetricsAsArray().map(async ({ name }) => ({ name, text: await this.getSingleMetricAsString(name) })),
    );
    const shown = families.filter(({ name, text }) => !this.#hidden.has(name) && /^[^#]/m.test(text));
    return `${shown.map(({ text }) => text).join('\n\n')}\n`;
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

/** The paths of the metrics: Prometheus' default and that of Spring Boot. */
export const metricsPaths = ['/metrics', '/actuator/prometheus'] as const;

/** The paths of the health checks. */
export const healthPaths = { live: '/health/live', ready: '/health/ready' } as const;

const probes: ReadonlySet<string> = new Set([...metricsPaths, ...Object.values(healthPaths)]);

/**
 * Whether a path is exactly one that machines request every few seconds. Such requests are not logged, counted, limited or
 * refused; in logs and metrics they would outnumber those of clients.
 */
export const isProbe = (path: string): boolean => probes.has(path);
