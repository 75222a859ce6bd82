import type { FactoryProvider } from '@nestjs/common';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { systemClock } from '../core/clock.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import type { PolicyRegistries } from '../core/policies.ts';
import { pipelineOf } from './make-pipeline.ts';
import { policyRegistries, resilienceConfiguration } from './registries.provider.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

/** The pipelines that code, files and environment declare. */
export const pipelineRegistryProvider: FactoryProvider<PipelineRegistry> = {
  provide: PipelineRegistry,
  inject: [resilienceConfiguration, policyRegistries, resilienceOptions],
  useFactory: (
    { pipelines }: ResilienceConfig,
    registries: PolicyRegistries,
    { clock = systemClock }: ResilienceModuleOptions,
  ) => {
    const declared = Object.entries(pipelines).map(([name, steps]) => pipelineOf(name, steps, registries));
    return new PipelineRegistry(declared, { clock });
  },
};
