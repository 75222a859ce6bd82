import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

/** A metric whose values are read at each scrape: one, or one for each value of a label. */
export type ScrapedMetric = { readonly name: string; readonly help: string } & (
  { readonly read: () => number } | { readonly label: string; readonly read: () => Readonly<Record<string, number>> }
);

/**
 * The metrics of one application, including those of its process. prom-client's global registry would mix two applications
 * of one process, as in tests.
 */
export class MetricsRegistry extends Registry {
  constructor() {
    super();
    collectDefaultMetrics({ register: this });
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

/**
 * Whether a path is one that machines request every few seconds. Such requests are not logged, counted, limited or refused; in
 * logs and metrics they would outnumber those of clients.
 */
export const isProbe = (path: string): boolean =>
  path.startsWith('/health/') || metricsPaths.some((probed) => probed === path);
