import { MetricsModule } from '@breakwater/service-kit';
import { ResilienceRegistries } from '@breakwater/resilience/nest';
import { Module, type DynamicModule } from '@nestjs/common';
import { CustomerDirectory } from '../customer/customer-directory.ts';
import { PendingVerificationsRepository } from './pending-verifications.repository.ts';
import { Reconciler } from './reconciler.ts';
import { ReconciliationMetrics } from './reconciliation.metrics.ts';
import { ReconciliationSchedule } from './reconciliation.schedule.ts';

export interface ReconciliationOptions {
  /** Between two rounds, by the clock on the wall. */
  readonly intervalMs: number;
  /** How many accounts a round takes at most. */
  readonly batchSize: number;
}

/** Makes up for verifications that could not be done when accounts were opened. Every replica has one. */
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
