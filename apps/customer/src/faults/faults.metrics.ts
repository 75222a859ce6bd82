import { MetricsRegistry } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { faultNames } from './fault-list.ts';
import type { FaultGauge } from './fault.ts';
import { Faults } from './faults.ts';

/** The faults as metrics, so that a graph shows which failures are deliberate. */
@Injectable()
export class FaultsMetrics {
  constructor(faults: Faults, registry: MetricsRegistry) {
    registry.registerMetric(
      new Gauge({
        name: 'customer_faults_active',
        help: 'Whether a fault is set: 1 or 0.',
        labelNames: ['fault'],
        registers: [],
        collect() {
          const active = new Set(faults.active);
          for (const fault of faultNames) this.set({ fault }, active.has(fault) ? 1 : 0);
        },
      }),
    );
    registry.registerMetric(
      new Counter({
        name: 'customer_faults_injected_total',
        help: 'Requests, or for unready probes, that a fault has affected.',
        labelNames: ['fault'],
        registers: [],
        collect() {
          // The counts are kept by the faults.
          this.reset();
          for (const fault of faultNames) this.inc({ fault }, faults.affected(fault));
        },
      }),
    );
    for (const gauge of faults.gauges) registry.registerMetric(metricOf(gauge));
  }
}

const metricOf = ({ name, help, label, read }: FaultGauge): Gauge =>
  new Gauge({
    name,
    help,
    labelNames: label ? [label.name] : [],
    registers: [],
    collect() {
      if (label) for (const value of label.values) this.set({ [label.name]: value }, read(value));
      else this.set(read(0));
    },
  });
