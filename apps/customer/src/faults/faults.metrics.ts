import { MetricsRegistry } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { faultNames } from './fault-plan.ts';
import { Faults } from './faults.ts';

/** Which quantiles of the latency that is set are shown. */
const quantiles = [0.5, 0.99, 1];

/** What is wrong on purpose, as metrics: whoever looks at a graph should see whose doing it is. */
@Injectable()
export class FaultsMetrics {
  constructor(
    private readonly faults: Faults,
    private readonly registry: MetricsRegistry,
  ) {
    this.#showFaults();
    this.#showLatency();
    this.#showCapacity();
  }

  #showFaults(): void {
    const { faults, registry } = this;
    registry.registerMetric(
      new Gauge({
        name: 'customer_faults_active',
        help: 'Whether a fault is set: 1 or 0.',
        labelNames: ['fault'],
        registers: [],
        collect() {
          for (const fault of faultNames) this.set({ fault }, faults[fault].isActive ? 1 : 0);
        },
      }),
    );
    registry.registerMetric(
      new Counter({
        name: 'customer_faults_injected_total',
        help: 'How often a fault has struck a request, or for unready a probe.',
        labelNames: ['fault'],
        registers: [],
        collect() {
          // The faults count for themselves; here is only told how far they are.
          this.reset();
          for (const fault of faultNames) this.inc({ fault }, faults.injected(fault));
        },
      }),
    );
  }

  #showLatency(): void {
    const { faults } = this;
    this.registry.registerMetric(
      new Gauge({
        name: 'customer_fault_latency_seconds',
        help: 'The latency that is set, by quantile, in the time of TIME_SCALE.',
        labelNames: ['quantile'],
        registers: [],
        collect() {
          for (const quantile of quantiles) this.set({ quantile }, faults.latency.quantile(quantile) / 1_000);
        },
      }),
    );
  }

  #showCapacity(): void {
    const { faults, registry } = this;
    const add = (name: string, help: string, count: 'workers' | 'busy' | 'queueLength'): void => {
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          collect() {
            this.set(faults.capacity.report?.[count] ?? 0);
          },
        }),
      );
    };
    add(
      'customer_capacity_workers',
      'How many requests can be worked on at a time; 0 where there is no limit.',
      'workers',
    );
    add('customer_capacity_workers_busy', 'Workers that are busy, be it for a client that has gone away.', 'busy');
    add('customer_capacity_queue_length', 'Requests that wait for a worker.', 'queueLength');
  }
}
