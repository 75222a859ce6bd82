import { MetricsRegistry } from '@breakwater/service-kit';
import { Injectable } from '@nestjs/common';
import { Counter, Gauge } from 'prom-client';
import { PendingVerificationsRepository, type Backlog } from './pending-verifications.repository.ts';

/** How an attempt at a verification ended. */
export type VerificationResult = 'active' | 'rejected' | 'postponed';

/** A scrape waits no longer for the database. */
const patienceMs = 1_000;
/** For as long one reading serves all gauges, and all who scrape. */
const freshMs = 1_000;

/**
 * How much is still to be verified, and how it goes. The queue is counted when somebody looks. While the database doesn't
 * answer, the two gauges are absent: nobody knows, and a number would look as if somebody did.
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
    addGauge('account_pending_verifications', 'Accounts that wait to be verified.', ({ count }) => count);
    addGauge(
      'account_pending_verification_oldest_seconds',
      'For how long the account has been waiting that waits longest.',
      ({ oldestSeconds }) => oldestSeconds,
    );
    this.results = new Counter({
      name: 'account_verifications_total',
      help: 'Verifications made up for by this replica, by how they ended.',
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
    if (this.latest === undefined || now - this.latest.readAt >= freshMs)
      this.latest = { readAt: now, backlog: inTime(this.queue.backlog()) };
    return this.latest.backlog;
  }
}

/** What is read, or undefined where that fails or takes too long. Why is said by those who need the database. */
async function inTime<T>(reading: Promise<T>): Promise<T | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), patienceMs);
  try {
    return await Promise.race([reading, late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
