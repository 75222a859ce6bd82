export { attributeNames } from '../../core/observability.ts';
export { AttemptSpans } from './attempt-spans.ts';
export type { MetricsOptions } from './export-metrics.ts';
export { exportMetrics } from './export-metrics.ts';
export type { InstrumentOptions } from './instrument.ts';
export { instrument } from './instrument.ts';
