import {
  currentSampledTraceId,
  followVariable,
  limitStreams,
  MetricsModule,
  MetricsRegistry,
  ServiceHealthModule,
  ServiceKitModule,
  type Environment,
  type ServiceHealthIndicator,
} from '@breakwater/service-kit';
import { systemClock, type Clock } from '@breakwater/resilience';
import {
  DiagnosisSource,
  ResilienceActuatorModule,
  ResilienceModule,
  ResilienceReloadModule,
} from '@breakwater/resilience/nest';
import { ResiliencePrometheusModule } from '@breakwater/resilience/nest-prometheus';
import { CircuitBreakerHealthIndicator } from '@breakwater/resilience/terminus';
import { Injectable, Logger, Module, type DynamicModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { AccountsController } from './accounts/accounts.controller.ts';
import { AccountsRepository } from './accounts/accounts.repository.ts';
import { AccountsService } from './accounts/accounts.service.ts';
import type { AccountConfig } from './app.config.ts';
import { CustomerModule } from './customer/customer.module.ts';
import { accountService } from './database/account.service-definition.ts';
import { IdempotencyModule } from './idempotency/idempotent.ts';
import { policyOptions, type MorePolicyOptions } from './policy-options.ts';
import { attemptSpans, PolicyTelemetry } from './policy-telemetry.ts';
import { ReconciliationModule } from './reconciliation/reconciliation.module.ts';

const breakerLog = new Logger('CircuitBreaker');

/** The log of state transitions, with their numbers as fields. */
const logTransitions = {
  info: (message: string, fields: object) => breakerLog.log(fields, message),
  warn: (message: string, fields: object) => breakerLog.warn(fields, message),
};

/** What an entry or a test may replace. */
export interface AppOptions extends MorePolicyOptions {
  /** The clock of policies, deadlines and the purge of keys. Default: real time. */
  readonly clock?: Clock | undefined;
  /** Variables that override the configuration files of the policies. Default: `process.env`. */
  readonly env?: Environment;
}

/** The circuit breakers as a detail of `/health/ready`. An open one does not take account out of rotation. */
@Injectable()
export class CircuitBreakersIndicator extends CircuitBreakerHealthIndicator implements ServiceHealthIndicator {
  readonly key = 'circuitBreakers';
  readonly isInformative = true;

  check() {
    return this.isHealthy(this.key);
  }
}

/** Half of the clients that the stream of events accepts. */
const maxEventStreamsPerClient = 50;

/** Keeps one client from holding all streams of events. */
function limitEventStreams({ httpAdapter }: HttpAdapterHost<FastifyAdapter>, config: AccountConfig): void {
  const max = config.MAX_REQUESTS_IN_FLIGHT_PER_CLIENT ?? maxEventStreamsPerClient;
  limitStreams(httpAdapter.getInstance(), '/actuator/events/stream', max);
}

/** The account service. */
@Module({})
export class AppModule {
  static forRoot(config: AccountConfig, options: AppOptions = {}): DynamicModule {
    const { clock = systemClock, env = process.env } = options;
    const actuator = ResilienceActuatorModule.forRootAsync({
      useFactory: () => {
        const token = followVariable(config, 'ACTUATOR_TOKEN');
        return {
          get token() {
            return token();
          },
          currentTraceId: currentSampledTraceId,
        };
      },
    });
    return {
      module: AppModule,
      imports: [
        ServiceKitModule.forRoot(accountService, config, { requestTimeoutMs: config.REQUEST_TIMEOUT, clock }),
        ResilienceModule.forRoot({
          ...policyOptions(config, options),
          clock,
          env,
          logTransitions,
          ...attemptSpans(),
        }),
        ResilienceReloadModule.forRoot(),
        actuator,
        ResiliencePrometheusModule.forRootAsync({
          imports: [actuator, MetricsModule],
          inject: [MetricsRegistry, DiagnosisSource],
          useFactory: (registry: MetricsRegistry, doctor: DiagnosisSource) => ({
            registry,
            findings: () => doctor.diagnosis().findings,
            clock,
            // By which dashboards for Spring, including Resilience4j's own, select an application.
            extraLabels: { application: accountService.name },
          }),
        }),
        ServiceHealthModule.forRoot([CircuitBreakersIndicator]),
        MetricsModule,
        CustomerModule.forRoot(config.CUSTOMER_URL[0]),
        IdempotencyModule.forRoot({ keyTtlMs: config.IDEMPOTENCY_KEY_TTL, clock }),
        ReconciliationModule.forRoot({
          intervalMs: config.RECONCILIATION_INTERVAL,
          batchSize: config.RECONCILIATION_BATCH_SIZE,
          maxAttempts: config.RECONCILIATION_MAX_ATTEMPTS,
        }),
      ],
      controllers: [AccountsController],
      providers: [
        {
          provide: limitEventStreams,
          inject: [HttpAdapterHost],
          useFactory: (adapterHost: HttpAdapterHost<FastifyAdapter>) => limitEventStreams(adapterHost, config),
        },
        AccountsService,
        AccountsRepository,
        PolicyTelemetry,
      ],
    };
  }
}
