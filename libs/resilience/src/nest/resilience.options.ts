import type { DynamicModule, FactoryProvider } from '@nestjs/common';
import type { ResilienceConfigContext } from '../config/resilience-config.ts';
import type { CircuitBreakerEngines } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import type { Clock } from '../core/clock.ts';
import type { DynamicInstanceOptions } from '../core/dynamic-instances.ts';

/**
 * The options of `ResilienceModule.forRoot`. An option of a policy can be set in three places: files override code, and
 * environment variables override files, so that a deployment can change what the code says.
 */
export interface ResilienceModuleOptions extends Omit<ResilienceConfigContext, 'namesInCode'> {
  /**
   * Files in the form of Spring's `application.yml` or `application.properties`, relative to the working directory; a
   * later file overrides an earlier one. YAML needs the package `yaml`. None by default.
   */
  readonly configFiles?: readonly (string | URL)[];
  /** The clock of all policies; real time by default. */
  readonly clock?: Clock;
  /** The engines that circuit breakers can choose (`engine`) in addition to the sliding window. None by default. */
  readonly engines?: CircuitBreakerEngines;
  /**
   * Limits the instances of each kind whose names are neither configured nor in a decorator, such as names of tenants. By
   * default 1,000, each removed after 1 h without use.
   */
  readonly dynamicInstances?: DynamicInstanceOptions;
}

/** The same options from a factory with injected dependencies. */
export interface ResilienceModuleAsyncOptions {
  /** Modules that provide what is injected. None by default. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
  /** The parameters of `useFactory`. None by default. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<ResilienceModuleOptions>['useFactory'];
}

/** The token of the table of policies. */
export const policyTable = Symbol('PolicyTable');

/** The token of the options. */
export const resilienceOptions = Symbol('ResilienceModuleOptions');
