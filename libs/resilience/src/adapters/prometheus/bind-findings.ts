import { Gauge, register } from 'prom-client';
import type { Unsubscribe } from '../../core/events.ts';
import type { PrometheusRegistry } from './meters.ts';

/** What a finding of the doctor is counted by. */
export interface CountedFinding {
  readonly instance: string;
  readonly code: string;
  readonly severity: string;
}

const name = 'breakwater_doctor_findings';

/**
 * Shows what the doctor finds as `breakwater_doctor_findings{name,code,severity}`, 1 for each finding and nothing for what is
 * in order. It is asked anew at each scrape, so that what it observes of the traffic shows.
 *
 * @param findings what the doctor finds now, e.g. `() => diagnosisSource.diagnosis().findings`
 * @param prometheusRegistry where the metric is collected; prom-client's `register` by default
 * @returns what takes the metric back
 */
export function bindFindings(
  findings: () => readonly CountedFinding[],
  prometheusRegistry: PrometheusRegistry = register,
): Unsubscribe {
  const gauge = new Gauge({
    name,
    help: 'What the doctor finds in the configuration of an instance, with the rate and the latency that are observed.',
    labelNames: ['name', 'code', 'severity'],
    registers: [],
    collect() {
      this.reset();
      for (const { instance, code, severity } of findings()) this.set({ name: instance, code, severity }, 1);
    },
  });
  prometheusRegistry.registerMetric(gauge);
  return () => prometheusRegistry.removeSingleMetric(name);
}
