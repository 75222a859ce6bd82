import type { DynamicModule, FactoryProvider, InjectionToken, Provider, Type } from '@nestjs/common';
import type { Logger } from '../core/circuit-breaker/log-transitions.ts';
import type { ResilienceConfigContext } from '../config/resilience-config.ts';
import type { CircuitBreakerEngines } from '../core/circuit-breaker/circuit-breaker.contract.ts';
import type { Clock } from '../core/clock.ts';
import type { DynamicInstanceOptions } from '../core/dynamic-instances.ts';
import { InvalidOptionsError } from '../core/errors.ts';
import type { Policy } from '../core/policy.ts';

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
  /**
   * Returns a policy that each attempt of a pipeline passes through: directly inside its retry, and outside of its
   * circuit breaker, e.g. `(name) => new AttemptSpans(name)`. It gets the name of the pipeline. None by default.
   */
  readonly aroundAttempts?: (pipeline: string) => Policy;
  /** The engines that circuit breakers can choose (`engine`) in addition to the sliding window. None by default. */
  readonly engines?: CircuitBreakerEngines;
  /**
   * Limits the instances of each kind whose names are neither configured nor in a decorator, and the partitions
   * (`partitionBy`). By default 1,000, each removed after 1 h without use.
   */
  readonly dynamicInstances?: DynamicInstanceOptions;
  /**
   * Logs a line for each state transition of a circuit breaker: `true` to Nest's logger, without fields; a logger of your
   * own gets the fields too. `true` by default; `false` logs none.
   */
  readonly logTransitions?: boolean | Logger;
}

/** Creates the options, e.g. from injected settings. */
export interface ResilienceOptionsFactory {
  createResilienceOptions(): ResilienceModuleOptions | Promise<ResilienceModuleOptions>;
}

interface AsyncOptionsBase {
  /** Modules that provide what is injected. None by default. */
  readonly imports?: NonNullable<DynamicModule['imports']>;
}

/** The same options from a function with injected dependencies. */
interface OptionsFromFunction extends AsyncOptionsBase {
  /** The parameters of `useFactory`. None by default. */
  readonly inject?: NonNullable<FactoryProvider['inject']>;
  readonly useFactory: FactoryProvider<ResilienceModuleOptions>['useFactory'];
}

/** The same options from an instance of this class, which the module creates. */
interface OptionsFromClass extends AsyncOptionsBase {
  readonly useClass: Type<ResilienceOptionsFactory>;
}

/** The same options from a provider of `imports` or of a global module. */
interface OptionsFromProvider extends AsyncOptionsBase {
  readonly useExisting: InjectionToken<ResilienceOptionsFactory>;
}

/** The same options from a function, a class or a provider, each with injected dependencies. */
export type ResilienceModuleAsyncOptions = OptionsFromFunction | OptionsFromClass | OptionsFromProvider;

/** The token of the table of policies. */
export const policyTable = Symbol('PolicyTable');

/** The token of the options. */
export const resilienceOptions = Symbol('ResilienceModuleOptions');

const optionSources = ['useFactory', 'useClass', 'useExisting'] as const;

/**
 * The providers of the options.
 *
 * @throws InvalidOptionsError unless exactly one source is given
 */
export function optionsProviders(options: ResilienceModuleAsyncOptions): readonly Provider[] {
  const given = optionSources.filter((source) => source in options);
  if (given.length !== 1) {
    const fault = {
      given: given.length === 0 ? 'none' : given.join(' and '),
      allowed: `one of ${optionSources.join(', ')}`,
    };
    throw new InvalidOptionsError('ResilienceModule.forRootAsync', [{ option: 'the source of the options', ...fault }]);
  }
  if ('useFactory' in options) {
    const { inject = [], useFactory } = options;
    return [{ provide: resilienceOptions, inject, useFactory }];
  }
  const token = 'useClass' in options ? options.useClass : options.useExisting;
  const useFactory = (factory: ResilienceOptionsFactory) => factory.createResilienceOptions();
  const provider = { provide: resilienceOptions, inject: [token], useFactory };
  return 'useClass' in options ? [options.useClass, provider] : [provider];
}
