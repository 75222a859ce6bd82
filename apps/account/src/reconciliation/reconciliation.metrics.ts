import { MetricsRegistry } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { PendingVerificationsRepository, type Backlog } from './pending-verifications.repository.ts';

/** The result of an attempt. */
export type VerificationResult = 'active' | 'rejected' | 'postponed';

/** The longest that a scrape waits for the database. */
const readTimeoutMs = 1_000;
/** How long one reading serves all gauges and all scrapes. */
const readingTtlMs = 1_000;

/**
 * The length of the queue, and the results of attempts. The queue is counted when the metrics are scraped. While the
 * database is unavailable the two gauges are absent: a number would be wrong.
 */
@Injectable()
export class ReconciliationMetrics {
  private readonly results: Counter<'result'>;
  private latest: { readonly readAt: number; readonly backlog: Promise<Backlog | undefined> } | undefined;

  constructor(
    private readonly queue: PendingVerificationsRepository,
    registry: MetricsRegistry,
  ) {
    const addGauge = (name: string, help: string, valueOf: (backlog: Backlog) => number): void => {
      const read = () => this.backlog();
      registry.registerMetric(
        new Gauge({
          name,
          help,
          registers: [],
          async collect() {
            const backlog = await read();
            if (backlog) this.set(valueOf(backlog));
            else this.remove();
          },
        }),
      );
    };
    addGauge('account_pending_verifications', 'Accounts to verify.', ({ count }) => count);
    addGauge(
      'account_pending_verification_oldest_seconds',
      'Age of the oldest account to verify.',
      ({ oldestSeconds }) => oldestSeconds,
    );
    this.results = new Counter({
      name: 'account_verifications_total',
      help: 'Attempts of this replica to verify an account, by result.',
      labelNames: ['result'],
      registers: [registry],
    });
    for (const result of ['active', 'rejected', 'postponed'] as const) this.results.inc({ result }, 0);
  }

  count(result: VerificationResult): void {
    this.results.inc({ result });
  }

  private backlog(): Promise<Backlog | undefined> {
    const now = performance.now();
    if (this.latest === undefined || now - this.latest.readAt >= readingTtlMs)
      this.latest = { readAt: now, backlog: readInTime(this.queue.backlog()) };
    return this.latest.backlog;
  }
}

/** Undefined when the reading fails or takes too long. Other users of the database log the reason. */
async function readInTime<T>(reading: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), readTimeoutMs);
  try {
    return await Promise.race([reading, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
