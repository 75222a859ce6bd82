import { pipeline, RetryBudget } from '@breakwater/resilience';
import { pipelineToken, policyToken } from '@breakwater/resilience/nest';
import { MetricsRegistry } from '@breakwater/service-kit';
import { Module } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CustomerDirectory, type CustomerStatus } from '../customer/customer-directory.ts';
import { CustomerUnavailableError } from '../customer/customer.client.ts';
import { useAccountDatabase } from '../database/account-database.fixture.ts';
import { idOf, insertPending } from './pending-accounts.fixture.ts';
import { Reconciler } from './reconciler.ts';
import { ReconciliationModule, type ReconciliationOptions } from './reconciliation.module.ts';

const exists: CustomerStatus = { customer: 'exists', verifiedAt: new Date(), verifiedBy: 'CUSTOMER' };

describe('ReconciliationModule', () => {
  const opened = useAccountDatabase();
  afterEach(() => void vi.useRealTimers());

  /** Starts an application whose customers exist, and whose rounds start on request by default. */
  async function start(options: Partial<ReconciliationOptions>, verifyFresh = async () => exists) {
    const customers: Pick<CustomerDirectory, 'verifyFresh' | 'mayBeCalled' | 'isSuspect' | 'msSinceResult'> = {
      verifyFresh,
      mayBeCalled: true,
      isSuspect: false,
      msSinceResult: 0,
    };
    const tokens = [
      { provide: CustomerDirectory, useValue: customers },
      { provide: policyToken('retryBudget', 'customer'), useValue: new RetryBudget('customer') },
      { provide: pipelineToken('reconciliation'), useValue: pipeline('reconciliation', []) },
    ];
    @Module({})
    class PartsModule {}

    const app = await opened.start(
      { module: PartsModule, global: true, providers: tokens, exports: tokens },
      ReconciliationModule.forRoot({ intervalMs: 3_600_000, batchSize: 10, maxAttempts: 10, ...options }),
    );
    const find = <T>(type: new (...args: never[]) => T) => app.get<T>(type, { strict: false });
    const reconciler = find(Reconciler);
    return {
      reconciler,
      runRound: () => reconciler.runRound(new AbortController().signal),
      metrics: () => find(MetricsRegistry).metrics(),
    };
  }

  const statuses = async () => {
    const rows = await opened.database.tables.selectFrom('accounts').select(['id', 'status']).orderBy('id').execute();
    return rows.map(({ status }) => status);
  };

  it('verifies accounts in batches of the configured size, and counts them in the metrics', async () => {
    for (const [at, number] of [1, 2, 3].entries())
      await insertPending(opened.database, number, { dueInMs: at - 9_000 });
    const { runRound, metrics } = await start({ batchSize: 2 });

    expect(await runRound()).toBe('more');

    expect(await statuses()).toEqual(['ACTIVE', 'ACTIVE', 'PENDING_VERIFICATION']);
    const text = await metrics();
    expect(text).toContain('account_verifications_total{result="active"} 2');
    expect(text).toContain('account_pending_verifications 1');
  });

  it('sets an account aside after the configured number of attempts', async () => {
    await insertPending(opened.database, 1, { failedMsAgo: 60_000, failures: 1 });
    const { runRound } = await start({ maxAttempts: 2 }, () => Promise.reject(new CustomerUnavailableError('503')));

    await runRound();

    const { next_attempt_at: next } = await opened.database.tables
      .selectFrom('pending_verifications')
      .select('next_attempt_at')
      .where('account_id', '=', idOf(1))
      .executeTakeFirstOrThrow();
    expect(next).toBe(Number.POSITIVE_INFINITY);
  });

  it('starts rounds at the configured interval, plus or minus a fifth', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { reconciler } = await start({ intervalMs: 10_000 });
    const runRound = vi.spyOn(reconciler, 'runRound').mockResolvedValue('done');

    vi.advanceTimersByTime(7_999);
    const early = runRound.mock.calls.length;
    vi.advanceTimersByTime(4_001);

    expect({ early, late: runRound.mock.calls.length }).toEqual({ early: 0, late: 1 });
  });
});
