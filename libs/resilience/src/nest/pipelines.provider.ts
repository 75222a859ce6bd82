import type { FactoryProvider } from '@nestjs/common';
import type { ResilienceConfig } from '../config/resilience-config.ts';
import { systemClock } from '../core/clock.ts';
import { PipelineRegistry } from '../core/pipeline.registry.ts';
import { pipelineOf } from './make-pipeline.ts';
import type { PatternRegistries } from './pattern-registries.ts';
import { registryTokens, resilienceConfiguration } from './registries.providers.ts';
import { resilienceOptions, type ResilienceModuleOptions } from './resilience.options.ts';

const patterns = Object.keys(registryTokens) as (keyof PatternRegistries)[];

/** Gathers the registries that Nest has made. */
export const patternRegistriesProvider: FactoryProvider<PatternRegistries> = {
  provide: Symbol('PatternRegistries'),
  inject: Object.values(registryTokens),
  useFactory: (...registries: unknown[]) =>
    Object.fromEntries(patterns.map((pattern, at) => [pattern, registries[at]])) as unknown as PatternRegistries,
};

/** The pipelines that code, files and environment declare. */
export const pipelineRegistryProvider: FactoryProvider<PipelineRegistry> = {
  provide: PipelineRegistry,
  inject: [resilienceConfiguration, patternRegistriesProvider.provide, resilienceOptions],
  useFactory: (
    { pipelines }: ResilienceConfig,
    registries: PatternRegistries,
    { clock = systemClock }: ResilienceModuleOptions,
  ) => {
    const declared = Object.entries(pipelines).map(([name, steps]) => pipelineOf(name, steps, registries));
    return new PipelineRegistry(declared, { clock });
  },
};
