import type { DynamicModule, FactoryProvider } from '@nestjs/common';

/** The settings of the actuator. */
export interface ActuatorSettings {
  /**
   * The token that write requests send as `Authorization: Bearer <token>`. Without a token, or with an empty one, write
   * endpoints respond with 404. None by default.
   */
  readonly token?: string | undefined;
}

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

/** The token of the settings. */
export const actuatorSettings = Symbol('ActuatorSettings');

export const defaultPath = 'actuator';
