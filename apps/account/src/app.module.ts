import {
  ServiceKitModule,
  ServiceHealthModule,
  MetricsModule,
  MetricsRegistry,
  type Environment,
} from '@breakwater/service-kit';
import { scaledClock, systemClock, type Clock } from '@breakwater/resilience';
import {
  DiagnosisSource,
  ResilienceActuatorModule,
  ResilienceModule,
  ResilienceRegistries,
  ResilienceReloadModule,
} from '@breakwater/resilience/nest';
import { opossumEngine } from '@breakwater/resilience/opossum';
import { Module, type DynamicModule } from '@nestjs/common';
import { AccountsModule } from './accounts/accounts.module.ts';
import type { AccountConfig } from './app.config.ts';
import { CustomerModule } from './customer/customer.module.ts';
import { customerPolicies } from './customer/no-answer.ts';
import { accountService } from './database/account.service-definition.ts';
import { ExperimentsModule } from './experiments/experiments.module.ts';
import { CustomerIndicator } from './health/customer.indicator.ts';
import { IdempotencyModule } from './idempotency/idempotency.module.ts';
import { ReconciliationModule } from './reconciliation/reconciliation.module.ts';
import { ResilienceTelemetry } from './telemetry/resilience-telemetry.ts';

/** What a circuit breaker can be told to run on (`engine: opossum`), beside the library's own. */
const engines = { opossum: opossumEngine };

const besidePackage = (file: string): URL => new URL(`../${file}`, import.meta.url);

/** What policies have from outside of the process. */
export interface Outside {
  /** By which they go. Default: real time, as many times faster as TIME_SCALE says. */
  readonly clock?: Clock | undefined;
  /** Whose variables are laid over their files. Default: `process.env`. */
  readonly env?: Environment;
}

/** The account service. */
@Module({})
export class AppModule {
  static forRoot(config: AccountConfig, { clock = clockOf(config), env = process.env }: Outside = {}): DynamicModule {
    const configFiles = [
      config.RESILIENCE_CONFIG ?? besidePackage('resilience.yml'),
      ...(config.DEMO_MODE ? [besidePackage('resilience-demo.yml')] : []),
    ];
    const experiments = ExperimentsModule.forRoot({
      instance: config.INSTANCE_NAME,
      customerUrls: config.CUSTOMER_URL,
      clock,
    });
    return {
      module: AppModule,
      imports: [
        ServiceKitModule.forRoot(accountService, config, { requestTimeoutMs: config.REQUEST_TIMEOUT, clock }),
        ResilienceModule.forRoot({ configFiles, clock, env, engines, ...customerPolicies }),
        ResilienceReloadModule.forRoot(),
        ServiceHealthModule.forRoot([CustomerIndicator]),
        MetricsModule,
        ResilienceActuatorModule.forRoot({ token: config.ACTUATOR_TOKEN }),
        CustomerModule.forRoot({ urls: config.CUSTOMER_URL }),
        IdempotencyModule.forRoot({ keyTtlMs: config.IDEMPOTENCY_KEY_TTL, clock }),
        AccountsModule,
        ReconciliationModule.forRoot({
          intervalMs: config.RECONCILIATION_INTERVAL,
          batchSize: config.RECONCILIATION_BATCH_SIZE,
        }),
        ...(config.DEMO_MODE ? [experiments] : []),
      ],
      providers: [
        {
          provide: ResilienceTelemetry,
          useFactory: (registries: ResilienceRegistries, metrics: MetricsRegistry, doctor: DiagnosisSource) =>
            new ResilienceTelemetry(registries, metrics, doctor, clock),
          inject: [ResilienceRegistries, MetricsRegistry, DiagnosisSource],
        },
      ],
    };
  }
}

const clockOf = ({ TIME_SCALE }: AccountConfig): Clock => (TIME_SCALE === 1 ? systemClock : scaledClock(TIME_SCALE));
