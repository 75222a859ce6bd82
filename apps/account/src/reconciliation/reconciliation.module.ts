import { MetricsModule } from '@breakwater/service-kit';
import { ResilienceRegistries } from '@breakwater/resilience/nest';
import { Module, type DynamicModule } from '@nestjs/common';
import { CustomerDirectory } from '../customer/customer-directory.ts';
import { PendingVerificationsRepository } from './pending-verifications.repository.ts';
import { Reconciler } from './reconciler.ts';
import { ReconciliationMetrics } from './reconciliation.metrics.ts';
import { ReconciliationSchedule } from './reconciliation.schedule.ts';

export interface ReconciliationOptions {
  /** Between two rounds, in real time. */
  readonly intervalMs: number;
  /** The most accounts in a round. */
  readonly batchSize: number;
}

/** Verifies pending accounts. It runs in every replica. */
@Module({})
export class ReconciliationModule {
  static forRoot({ intervalMs, batchSize }: ReconciliationOptions): DynamicModule {
    return {
      module: ReconciliationModule,
      imports: [MetricsModule],
      providers: [
        PendingVerificationsRepository,
        ReconciliationMetrics,
        {
          provide: Reconciler,
          inject: [PendingVerificationsRepository, CustomerDirectory, ReconciliationMetrics, ResilienceRegistries],
          useFactory: (
            queue: PendingVerificationsRepository,
            customers: CustomerDirectory,
            metrics: ReconciliationMetrics,
            registries: ResilienceRegistries,
          ) => {
            const budget = registries.policies.retryBudget.getOrCreate('customer');
            const pace = registries.pipeline('reconciliation');
            return new Reconciler({ queue, customers, metrics, budget, pace }, { batchSize });
          },
        },
        {
          provide: ReconciliationSchedule,
          inject: [Reconciler],
          useFactory: (reconciler: Reconciler) => new ReconciliationSchedule(reconciler, { intervalMs }),
        },
      ],
    };
  }
}
