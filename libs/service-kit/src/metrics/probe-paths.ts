/** Where metrics are shown: where Prometheus looks by default, and where users of Spring Boot look. */
export const metricsPaths = ['/metrics', '/actuator/prometheus'] as const;

/**
 * Whether machines ask for this path every few seconds. Such requests are neither logged nor counted: they would drown
 * those of clients.
 */
export const isProbe = (path: string): boolean =>
  path.startsWith('/health/') || metricsPaths.some((probed) => probed === path);
