import { MetricsRegistry } from '@breakwater/service-kit';
import { describe, expect, it, vi } from 'vitest';
import type { Backlog, PendingVerificationsRepository } from './pending-verifications.repository.ts';
import { ReconciliationMetrics } from './reconciliation.metrics.ts';

function metricsOf(read: () => Promise<Backlog>) {
  const registry = new MetricsRegistry();
  const backlog = vi.fn(read);
  const metrics = new ReconciliationMetrics({ backlog } as Partial<PendingVerificationsRepository> as never, registry);
  const lines = async () => (await registry.metrics()).split('\n').filter((line) => /account_/.test(line));
  return { metrics, backlog, lines };
}

describe('ReconciliationMetrics', () => {
  it('counts the queue once for each scrape, and attempts by their results', async () => {
    const { metrics, backlog, lines } = metricsOf(async () => ({ count: 3, setAside: 2, oldestSeconds: 7.5 }));

    metrics.count('active');
    metrics.count('active');
    metrics.count('set_aside');

    expect(await lines()).toEqual([
      '# HELP account_pending_verifications Accounts to verify, without those set aside.',
      '# TYPE account_pending_verifications gauge',
      'account_pending_verifications 3',
      '# HELP account_verifications_set_aside Pending accounts that are not tried again automatically.',
      '# TYPE account_verifications_set_aside gauge',
      'account_verifications_set_aside 2',
      '# HELP account_pending_verification_oldest_seconds Age of the oldest account to verify, without those set aside.',
      '# TYPE account_pending_verification_oldest_seconds gauge',
      'account_pending_verification_oldest_seconds 7.5',
      '# HELP account_verifications_total Attempts of this replica to verify an account, by result.',
      '# TYPE account_verifications_total counter',
      'account_verifications_total{result="active"} 2',
      'account_verifications_total{result="rejected"} 0',
      'account_verifications_total{result="postponed"} 0',
      'account_verifications_total{result="set_aside"} 1',
    ]);
    expect(backlog).toHaveBeenCalledTimes(1);
  });

  it('has no length of the queue while the database is unavailable', async () => {
    const { lines } = metricsOf(() => Promise.reject(new Error('no connection')));

    expect((await lines()).filter((line) => !line.startsWith('#'))).toEqual([
      'account_verifications_total{result="active"} 0',
      'account_verifications_total{result="rejected"} 0',
      'account_verifications_total{result="postponed"} 0',
      'account_verifications_total{result="set_aside"} 0',
    ]);
  });
});
