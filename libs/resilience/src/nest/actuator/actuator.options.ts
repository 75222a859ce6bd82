import type { DynamicModule, FactoryProvider } from '@nestjs/common';

/** What the actuator may be told when the application starts. */
export interface ActuatorSettings {
  /**
   * What callers show as `Authorization: Bearer <token>` in order to change something. Without one, or with an empty one,
   * the endpoints that change something do not exist.
   */
  readonly token?: string | undefined;
}

/** What `ResilienceActuatorModule.forRoot` takes. */
export interface ActuatorModuleOptions extends ActuatorSettings {
  /** Where the endpoints are, below the application's global prefix; `actuator` by default. */
  readonly path?: string;
}

/** The same with settings made by a factory, which may inject what it needs. */
export interface ActuatorModuleAsyncOptions {
  /** Where the endpoints are, below the application's global prefix; `actuator` by default. */
  readonly path?: string;
  /** Modules that provide what is injected. None by default. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** What `useFactory` is called with. Nothing by default. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<ActuatorSettings>['useFactory'];
}

/** The token of the settings. */
export const actuatorSettings = Symbol('ActuatorSettings');

export const defaultPath = 'actuator';
