import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import type { ResilienceConfigContext } from '../config/resilience-config.ts';
import type { CircuitBreakerEngines } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import type { Clock } from '../core/clock.ts';

/**
 * What `ResilienceModule.forRoot` takes. An option of a policy may be set in three places: files win over code,
 * since whoever deploys knows best, and the environment wins over files.
 */
export interface ResilienceModuleOptions extends Omit<ResilienceConfigContext, 'namesInCode'> {
  /**
   * Files in the form of Spring's `application.yml`, relative to the working directory; a later one is laid over an
   * earlier one. They need the package `yaml`. None by default.
   */
  readonly configFiles?: readonly (string | URL)[];
  /** Where time comes from; real time by default. */
  readonly clock?: Clock;
  /** What circuit breakers may run on beside the sliding window, by their `engine`. Nothing by default. */
  readonly engines?: CircuitBreakerEngines;
}

/** The same options made by a factory, which may inject what it needs. */
export interface ResilienceModuleAsyncOptions {
  /** Modules that provide what is injected. None by default. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** What `useFactory` is called with. Nothing by default. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<ResilienceModuleOptions>['useFactory'];
}

/** The token of the options. */
export const resilienceOptions = Symbol('ResilienceModuleOptions');
