import { MetricsModule } from '@breakwater/service-kit';
import type { Pipeline, RetryBudget } from '@breakwater/resilience';
import { InjectPipeline, InjectPolicy } from '@breakwater/resilience/nest';
import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { CustomerDirectory } from '../customer/customer-directory.ts';
import { PendingVerificationsRepository } from './pending-verifications.repository.ts';
import { Reconciler, type ReconcilerParts } from './reconciler.ts';
import { ReconciliationMetrics } from './reconciliation.metrics.ts';
import { ReconciliationSchedule } from './reconciliation.schedule.ts';

export interface ReconciliationOptions {
  /** Between two rounds, in real time. */
  readonly intervalMs: number;
  /** The most accounts in a round. */
  readonly batchSize: number;
  /** The attempts after which an account is set aside. */
  readonly maxAttempts: number;
}

/** The policies of the reconciler are those of `resilience.yml`. */
@Injectable()
class InjectedParts implements ReconcilerParts {
  constructor(
    readonly queue: PendingVerificationsRepository,
    readonly customers: CustomerDirectory,
    readonly metrics: ReconciliationMetrics,
    @InjectPolicy('retryBudget', 'customer') readonly budget: RetryBudget,
    @InjectPipeline('reconciliation') readonly pace: Pipeline,
  ) {}
}

/** Verifies pending accounts. It runs in every replica. */
@Module({})
export class ReconciliationModule {
  static forRoot({ intervalMs, batchSize, maxAttempts }: ReconciliationOptions): DynamicModule {
    return {
      module: ReconciliationModule,
      imports: [MetricsModule],
      providers: [
        PendingVerificationsRepository,
        ReconciliationMetrics,
        InjectedParts,
        {
          provide: Reconciler,
          inject: [InjectedParts],
          useFactory: (parts: InjectedParts) => new Reconciler(parts, { batchSize, maxAttempts }),
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
