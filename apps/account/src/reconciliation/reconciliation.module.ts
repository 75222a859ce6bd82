import { MetricsModule } from '@breakwater/service-kit';
import { scheduleInBackground, systemClock, type Cancel, type Clock, type Random } from '@breakwater/resilience';
import { ResilienceRegistries } from '@breakwater/resilience/nest';
import {
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CustomerDirectory } from '../customer/customer-directory.ts';
import { PendingVerificationsRepository } from './pending-verifications.repository.ts';
import { Reconciler } from './reconciler.ts';
import { ReconciliationMetrics } from './reconciliation.metrics.ts';

export interface ScheduleOptions {
  /** From the end of a round to the next, plus or minus a fifth, so that replicas do not run in step. */
  readonly intervalMs: number;
  /** Real time, also where policies run on a scaled clock. Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/** Runs rounds one at a time, from the start of the application to its end, whether they fail or not. */
export class ReconciliationSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Reconciliation');
  readonly #reconciler: Pick<Reconciler, 'runRound'>;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #shutdown = new AbortController();
  #cancelNext: Cancel = () => {};
  #running: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(
    reconciler: Pick<Reconciler, 'runRound'>,
    { intervalMs, clock = systemClock, random = Math.random }: ScheduleOptions,
  ) {
    this.#reconciler = reconciler;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#random = random;
  }

  onApplicationBootstrap(): void {
    this.#scheduleNext();
  }

  /** Claims no further accounts and waits for in-flight calls, whose results still count; all other claims are released. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#cancelNext();
    this.#shutdown.abort();
    await this.#running;
  }

  #scheduleNext(): void {
    if (this.#shutdown.signal.aborted) return;
    const jitter = 0.8 + 0.4 * this.#random();
    this.#cancelNext = scheduleInBackground(this.#clock, this.#intervalMs * jitter, () => {
      this.#running = this.#run().then(() => this.#scheduleNext());
    });
  }

  /** Runs rounds while there is more work at once. Never rejects. */
  async #run(): Promise<void> {
    try {
      while ((await this.#reconciler.runRound(this.#shutdown.signal)) === 'more');
      if (this.#isFailing) this.#logger.log('reconciliation works again');
      this.#isFailing = false;
    } catch (err) {
      // Logged once per outage, and not with every round.
      if (!this.#isFailing) this.#logger.error({ err }, 'reconciliation fails; it is tried again with the next round');
      this.#isFailing = true;
    }
  }
}

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
