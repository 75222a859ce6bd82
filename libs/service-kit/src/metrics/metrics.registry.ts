import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { ConcurrentReads } from './concurrent-reads.ts';

/** A metric whose values are read at each scrape: one, or one for each value of a label. */
export type ScrapedMetric = { readonly name: string; readonly help: string } & (
  { readonly read: () => number } | { readonly label: string; readonly read: () => Readonly<Record<string, number>> }
);

/**
 * prom-client's metrics of the process that no panel, alert or test reads; together they are 6 kB of a scrape. They stay
 * registered, because some of them set the values of the others when they are collected.
 */
const unread = new Set([
  'process_cpu_user_seconds_total',
  'process_cpu_system_seconds_total',
  'process_virtual_memory_bytes',
  'process_heap_bytes',
  'nodejs_external_memory_bytes',
  'nodejs_version_info',
  ...['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90'].map((value) => `nodejs_eventloop_lag${value}_seconds`),
  ...['handles', 'requests', 'resources'].flatMap((name) => [`nodejs_active_${name}`, `nodejs_active_${name}_total`]),
  ...['total', 'used', 'available'].map((size) => `nodejs_heap_space_size_${size}_bytes`),
]);

/**
 * The metrics of one application, including those of its process. prom-client's global registry would mix two applications
 * of one process, as in tests.
 */
export class MetricsRegistry extends Registry {
  readonly #renderings = new ConcurrentReads<string>();

  constructor() {
    super();
    collectDefaultMetrics({ register: this });
  }

  /** The metrics that have series, in Prometheus' text format. Concurrent readers get one rendering. */
  override metrics(): Promise<string> {
    return this.#renderings.share('', () => this.#render());
  }

  async #render(): Promise<string> {
    const families = await Promise.all(
      this.getMetricsAsArray().map(async ({ name }) => ({ name, text: await this.getSingleMetricAsString(name) })),
    );
    const shown = families.filter(({ name, text }) => !unread.has(name) && /^[^#]/m.test(text));
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
