import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { policies } from '../../core/policies.ts';
import type { PolicyTable } from '../../core/policy-definition.ts';
import { Application } from './application.ts';
import { CircuitBreakerController } from './circuit-breaker.controller.ts';
import { DiagnosisSource, DoctorController, ObservedDiagnosis } from './diagnosis.ts';
import { EndpointPoolController } from './endpoint-pool.controller.ts';
import { EventStream, EventStreamController } from './event-stream.ts';
import { policyTable } from '../resilience.options.ts';
import { policiesWithEndpoints } from './monitored-policies.ts';
import { PartitionsController } from './partitions.controller.ts';
import { policyController } from './policy.controller.ts';
import { ReloadController } from './reload.controller.ts';
import { type ActuatorSettings, actuatorSettings, TokenGuard } from './token.guard.ts';

/** The options of `ResilienceActuatorModule.forRoot`. */
export interface ActuatorModuleOptions extends ActuatorSettings {
  /** The path of the endpoints, below the application's global prefix; `actuator` by default. */
  readonly path?: string;
}

/** The options of `ResilienceActuatorModule.forRootAsync`: settings from a factory with injected dependencies. */
export interface ActuatorModuleAsyncOptions {
  /** The path of the endpoints, below the application's global prefix; `actuator` by default. */
  readonly path?: string;
  /** Modules that provide the dependencies of the factory. None by default. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** The tokens of the parameters of `useFactory`. None by default. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<ActuatorSettings>['useFactory'];
}

const defaultPath = 'actuator';

const controllers = [
  CircuitBreakerController,
  PartitionsController,
  EndpointPoolController,
  EventStreamController,
  DoctorController,
  ReloadController,
];

/**
 * Endpoints with the paths and responses of Resilience4j's Spring Boot actuator, on Fastify and Express, next to
 * `ResilienceModule`. Every client may read; write endpoints need the token.
 *
 * They show the registries that any module of the application provides; endpoints of other registries respond with 404.
 */
@Module({})
export class ResilienceActuatorModule implements OnApplicationBootstrap {
  readonly #settings: ActuatorSettings;

  constructor(@Inject(actuatorSettings) settings: ActuatorSettings) {
    this.#settings = settings;
  }

  /**
   * @param table the policies; those of this library by default
   *
   * @example
   * ResilienceActuatorModule.forRoot({ token: process.env.ACTUATOR_TOKEN })
   */
  static forRoot(
    { path = defaultPath, ...settings }: ActuatorModuleOptions = {},
    table: PolicyTable = policies,
  ): DynamicModule {
    return ResilienceActuatorModule.forRootAsync({ path, useFactory: () => settings }, table);
  }

  /**
   * @param table the policies; those of this library by default
   *
   * @example
   * ResilienceActuatorModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ token: config.get('ACTUATOR_TOKEN') }),
   * })
   */
  static forRootAsync(options: ActuatorModuleAsyncOptions, table: PolicyTable = policies): DynamicModule {
    const { path = defaultPath, imports = [], inject = [], useFactory } = options;
    return {
      module: ResilienceActuatorModule,
      imports: [...imports, RouterModule.register([{ path, module: ResilienceActuatorModule }])],
      controllers: [...policiesWithEndpoints(table).map((policy) => policyController(policy)), ...controllers],
      providers: [
        { provide: actuatorSettings, inject, useFactory },
        { provide: policyTable, useValue: table },
        { provide: DiagnosisSource, useClass: ObservedDiagnosis },
        Application,
        EventStream,
        TokenGuard,
      ],
      exports: [DiagnosisSource],
    };
  }

  onApplicationBootstrap(): void {
    const logger = new Logger('ResilienceActuator');
    if (this.#settings.token) logger.log('Write endpoints require the actuator token.');
    else logger.log('Write endpoints are disabled: no actuator token is configured.');
  }
}
