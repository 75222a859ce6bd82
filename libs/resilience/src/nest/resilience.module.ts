import { type DynamicModule, Inject, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { kindsOf, policies, registryToken } from '../core/policies.ts';
import type { PolicyTable } from '../core/policy-definition.ts';
import { ConfigurationSource } from './configuration-source.ts';
import { DeclaredFeature, FeatureDefinitions, type ResilienceFeature } from './feature-definitions.ts';
import { injectedProviders } from './inject.decorators.ts';
import { ProtectedClasses } from './protected-methods.ts';
import { registryProviders, resilienceConfiguration } from './registries.provider.ts';
import {
  pipelineRegistryProvider,
  ResilienceRegistries,
  resilienceRegistriesProvider,
} from './resilience-registries.ts';
import {
  type ResilienceModuleAsyncOptions,
  type ResilienceModuleOptions,
  optionsProviders,
  policyTable,
  resilienceOptions,
} from './resilience.options.ts';
import { StartUp } from './start-up.ts';

/**
 * Resilience for a Nest application: import `forRoot` once, in the root module. It is global, and provides the registry
 * of each policy (`@InjectRegistry('circuitBreaker')`, `registryToken('circuitBreaker')`) and the PipelineRegistry.
 */
@Module({})
export class ResilienceModule {
  /**
   * @param table the policies; those of this library by default
   *
   * @example
   * ResilienceModule.forRoot({
   *   configFiles: ['resilience.yml'],
   *   pipelines: { customer: ['retry', 'circuitBreaker', 'timeLimiter', 'bulkhead'] },
   * })
   */
  static forRoot(options: ResilienceModuleOptions = {}, table: PolicyTable = policies): DynamicModule {
    return ResilienceModule.forRootAsync({ useFactory: () => options }, table);
  }

  /**
   * @param table the policies; those of this library by default
   *
   * @example
   * ResilienceModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ configFiles: [config.getOrThrow('RESILIENCE_FILE')] }),
   * })
   * @example
   * ResilienceModule.forRootAsync({ useClass: ResilienceSettings }) // implements ResilienceOptionsFactory
   *
   * @throws InvalidOptionsError unless exactly one of useFactory, useClass and useExisting is given
   */
  static forRootAsync(asyncOptions: ResilienceModuleAsyncOptions, table: PolicyTable = policies): DynamicModule {
    const { imports = [] } = asyncOptions;
    const options = optionsProviders(asyncOptions);
    return {
      module: ResilienceModule,
      global: true,
      imports: [...imports, DiscoveryModule],
      // A getter: Nest reads it when it creates the application, after all decorators have run.
      get providers() {
        return [
          ...options,
          { provide: policyTable, useValue: table },
          FeatureDefinitions,
          ProtectedClasses,
          ConfigurationSource,
          ...registryProviders(table),
          pipelineRegistryProvider,
          resilienceRegistriesProvider,
          StartUp,
          ...injectedProviders(),
        ];
      },
      get exports() {
        return [
          resilienceOptions,
          resilienceConfiguration,
          ConfigurationSource,
          ...kindsOf(table).map((kind) => registryToken(kind)),
          PipelineRegistry,
          ResilienceRegistries,
          ...injectedProviders(),
        ];
      },
    };
  }

  /**
   * Defines instances, configurations and pipelines in the module that uses them. They apply to the whole application:
   * files and environment override them, and the application does not start if two modules define the same name
   * differently. In a lazily loaded module they would come too late: loading it rejects.
   *
   * @example
   * @Module({
   *   imports: [ResilienceModule.forFeature({ retry: { instances: { customer: { maxAttempts: 2 } } } })],
   *   providers: [CustomerClient],
   * })
   * export class CustomerModule {}
   */
  static forFeature(feature: ResilienceFeature): DynamicModule {
    const token = Symbol('ResilienceFeature');
    return {
      module: ResilienceFeatureModule,
      providers: [{ provide: token, useValue: new DeclaredFeature(feature) }],
    };
  }
}

/** Contains the definitions of one module. It injects the registries so that it fails without the root module. */
@Module({})
class ResilienceFeatureModule {
  constructor(@Inject(ResilienceRegistries) _registries: ResilienceRegistries) {}
}
