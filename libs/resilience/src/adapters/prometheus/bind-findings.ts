import { Gauge, register } from 'prom-client';
import type { Unsubscribe } from '../../core/events.ts';
import type { PrometheusOptions } from './bind-to-prometheus.ts';
import { labelNamesWith, type PrometheusRegistry } from './meters.ts';

/** A finding of the doctor: the labels of the metric. */
export interface CountedFinding {
  readonly instance: string;
  readonly code: string;
  readonly severity: string;
}

const name = 'breakwater_doctor_findings';

/**
 * Exports the doctor's findings as `breakwater_doctor_findings{name,code,severity}`, 1 for each finding. They are
 * computed at each scrape, so that they include those about the observed traffic.
 *
 * @param findings returns the current findings, e.g. `() => diagnosisSource.diagnosis().findings`
 * @param prometheusRegistry where the metric is collected; prom-client's `register` by default
 * @returns removes the metric
 * @throws InvalidOptionsError if an extra label has the name of a label of the metric
 */
export function bindFindings(
  findings: () => readonly CountedFinding[],
  prometheusRegistry: PrometheusRegistry = register,
  { extraLabels = {} }: Pick<PrometheusOptions, 'extraLabels'> = {},
): Unsubscribe {
  const gauge = new Gauge({
    name,
    help: "The doctor's findings about the configuration and the observed traffic of an instance: 1 for each.",
    labelNames: labelNamesWith(extraLabels, ['name', 'code', 'severity']),
    // Each worker of a cluster has the same finding.
    aggregator: 'max',
    registers: [],
    collect() {
      this.reset();
      for (const { instance, code, severity } of findings())
        this.set({ name: instance, code, severity, ...extraLabels }, 1);
    },
  });
  prometheusRegistry.registerMetric(gauge);
  return () => prometheusRegistry.removeSingleMetric(name);
}
