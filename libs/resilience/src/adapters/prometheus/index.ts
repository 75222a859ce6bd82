export type { CountedFinding } from './bind-findings.ts';
export { bindFindings } from './bind-findings.ts';
export type { BoundRegistries, PrometheusOptions } from './bind-to-prometheus.ts';
export { bindToPrometheus } from './bind-to-prometheus.ts';
export type { Labels, PrometheusRegistry } from './meters.ts';
export { percentileHistogramBuckets } from './percentile-histogram-buckets.ts';
