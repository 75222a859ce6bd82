export type { Labels } from '../../core/observability.ts';
export type { CountedFinding } from './bind-findings.ts';
export { bindFindings } from './bind-findings.ts';
export type { PrometheusOptions } from './bind-to-prometheus.ts';
export { bindToPrometheus } from './bind-to-prometheus.ts';
export { percentileHistogramBuckets } from './duration-histogram.ts';
export type { PrometheusRegistry } from './meters.ts';
