import { MetricsRegistry, ScrapedReading } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { PendingVerificationsRepository, type Backlog } from './pending-verifications.repository.ts';

/** The result of an attempt. */
export type VerificationResult = 'active' | 'rejected' | 'postponed' | 'set_aside';

/**
 * The length of the queue, and the results of attempts. The queue is counted when the metrics are scraped. While the
 * database is unavailable the gauges are absent: a number would be wrong.
 */
@Injectable()
export class ReconciliationMetrics {
  private readonly results: Counter<'result'>;

  constructor(queue: PendingVerificationsRepository, registry: MetricsRegistry) {
    // One reading serves both gauges.
    const backlogReading = new ScrapedReading(() => queue.backlog());
    const addGauge = (name: string, help: string, valueOf: (backlog: Backlog) => number): void => {
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          async collect() {
            const backlog = await backlogReading.value();
            if (backlog) this.set(valueOf(backlog));
            else this.remove();
          },
        }),
      );
    };
    addGauge('account_pending_verifications', 'Accounts to verify, without those set aside.', ({ count }) => count);
    addGauge(
      'account_verifications_set_aside',
      'Pending accounts that are not tried again automatically.',
      ({ setAside }) => setAside,
    );
    addGauge(
      'account_pending_verification_oldest_seconds',
      'Age of the oldest account to verify, without those set aside.',
      ({ oldestSeconds }) => oldestSeconds,
    );
    this.results = new Counter({
      name: 'account_verifications_total',
      help: 'Attempts of this replica to verify an account, by result.',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of ['active', 'rejected', 'postponed', 'set_aside'] as const) this.results.inc({ result }, 0);
  }

  count(result: VerificationResult): void {
    this.results.inc({ result });
  }
}
