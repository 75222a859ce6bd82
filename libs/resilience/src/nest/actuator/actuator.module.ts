import { type DynamicModule, Inject, Logger, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  type ActuatorModuleAsyncOptions,
  type ActuatorModuleOptions,
  type ActuatorSettings,
  actuatorSettings,
  defaultPath,
} from './actuator.options.ts';
import { Application } from './application.ts';
import { CircuitBreakerStateController } from './circuit-breaker-state.controller.ts';
import { CircuitBreakerWindowsController } from './circuit-breaker-windows.controller.ts';
import { DiagnosisSource, ObservedDiagnosis } from './diagnosis.ts';
import { DoctorController } from './doctor.controller.ts';
import { EventStreamController } from './event-stream.controller.ts';
import { EventStream } from './event-stream.ts';
import { patternsWithEndpoints } from './monitored-patterns.ts';
import { patternController } from './pattern.controller.ts';
import { ReloadController } from './reload.controller.ts';
import { TokenGuard } from './token.guard.ts';

const controllers = [
  ...patternsWithEndpoints.map((pattern) => patternController(pattern)),
  CircuitBreakerStateController,
  CircuitBreakerWindowsController,
  EventStreamController,
  DoctorController,
  ReloadController,
];

/**
 * Endpoints with the paths and answers of Resilience4j's Spring Boot actuator, on Fastify and Express, beside
 * `ResilienceModule`. Reading is open to whoever reaches them; what changes something needs the token.
 *
 * They show the registries that the application provides, in whatever module; the endpoints of others answer 404.
 */
@Module({})
export class ResilienceActuatorModule implements OnApplicationBootstrap {
  readonly #settings: ActuatorSettings;

  constructor(@Inject(actuatorSettings) settings: ActuatorSettings) {
    this.#settings = settings;
  }

  /**
   * @example
   * ResilienceActuatorModule.forRoot({ token: process.env.ACTUATOR_TOKEN })
   */
  static forRoot({ path = defaultPath, ...settings }: ActuatorModuleOptions = {}): DynamicModule {
    return ResilienceActuatorModule.forRootAsync({ path, useFactory: () => settings });
  }

  /**
   * @example
   * ResilienceActuatorModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ token: config.get('ACTUATOR_TOKEN') }),
   * })
   */
  static forRootAsync(options: ActuatorModuleAsyncOptions): DynamicModule {
    const { path = defaultPath, imports = [], inject = [], useFactory } = options;
    return {
      module: ResilienceActuatorModule,
      imports: [...imports, RouterModule.register([{ path, module: ResilienceActuatorModule }])],
      controllers,
      providers: [
        { provide: actuatorSettings, inject, useFactory },
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
    if (this.#settings.token) logger.log('What changes something needs the token of the actuator.');
    else logger.log('What changes something is switched off, since the actuator was given no token.');
  }
}
