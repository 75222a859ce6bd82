import { type FactoryProvider, Logger } from '@nestjs/common';
import { loadResilienceConfig } from '../config/load-resilience-config.ts';
import { CircuitBreakerRegistry } from '../core/circuit-breaker/circuit-breaker.registry.ts';
import { ProtectedClasses } from './protected-classes.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** The registry of the application, made of code, files and environment. */
export const circuitBreakerRegistryProvider: FactoryProvider<CircuitBreakerRegistry> = {
  provide: CircuitBreakerRegistry,
  inject: [resilienceOptions, ProtectedClasses],
  useFactory: async (options: ResilienceModuleOptions, classes: ProtectedClasses) => {
    const { configFiles = [], clock, ...sources } = options;
    const circuitBreakerNames = classes.circuitBreakerNames();
    const { circuitBreaker, warnings } = await loadResilienceConfig({
      ...sources,
      files: configFiles,
      circuitBreakerNames,
    });

    const logger = new Logger('ResilienceModule');
    for (const warning of warnings) logger.warn(warning);
    return new CircuitBreakerRegistry(circuitBreaker, clock === undefined ? {} : { clock });
  },
};
