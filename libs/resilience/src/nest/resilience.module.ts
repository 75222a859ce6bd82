import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';
import { circuitBreakerRegistryProvider } from './circuit-breaker.provider.ts';
import { injectedCircuitBreakerProviders } from './inject-circuit-breaker.decorator.ts';
import { ProtectedClasses } from './protected-classes.ts';
import {
  type ResilienceModuleAsyncOptions,
  type ResilienceModuleOptions,
  resilienceOptions,
} from './resilience.options.ts';
import { StartUp } from './start-up.ts';

/**
 * Resilience for a Nest application: import it once, in the root module. It is global, and provides the
 * CircuitBreakerRegistry.
 */
@Module({})
export class ResilienceModule {
  /**
   * @example
   * ResilienceModule.forRoot({ configFiles: ['resilience.yml'] })
   */
  static forRoot(options: ResilienceModuleOptions = {}): DynamicModule {
    return ResilienceModule.forRootAsync({ useFactory: () => options });
  }

  /**
   * @example
   * ResilienceModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ configFiles: [config.getOrThrow('RESILIENCE_FILE')] }),
   * })
   */
  static forRootAsync({ imports = [], inject = [], useFactory }: ResilienceModuleAsyncOptions): DynamicModule {
    const options = { provide: resilienceOptions, inject, useFactory };
    return {
      module: ResilienceModule,
      global: true,
      imports: [...imports, DiscoveryModule],
      // Read when the application is made, and by then all decorators have run.
      get providers() {
        return [
          options,
          circuitBreakerRegistryProvider,
          ProtectedClasses,
          StartUp,
          ...injectedCircuitBreakerProviders(),
        ];
      },
      get exports() {
        return [CircuitBreakerRegistry, ...injectedCircuitBreakerProviders()];
      },
    };
  }
}
