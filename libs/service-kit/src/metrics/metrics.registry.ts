import { collectDefaultMetrics, Registry } from 'prom-client';

/**
 * The metrics of one application, including those of its process. prom-client's global registry would mix two applications
 * of one process, as in tests.
 */
export class MetricsRegistry extends Registry {
  constructor() {
    super();
    collectDefaultMetrics({ register: this });
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
