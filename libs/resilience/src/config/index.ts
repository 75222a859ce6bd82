export { ConfigFileError } from './config-file.error.ts';
export type { HealthExtras, HealthExtrasOf } from './health-extras.ts';
export type { ErrorTypes, Predicate, Predicates } from './known-names.ts';
export type { ResilienceConfigSources } from './load-resilience-config.ts';
export { loadResilienceConfig } from './load-resilience-config.ts';
export type { PatternDefinitions, PatternName, PatternOptions } from './patterns.ts';
export type { PipelineStep, PipelineSteps } from './pipelines.ts';
export type { Environment } from './placeholders.ts';
export type { NamesInCode, ResilienceConfig, ResilienceConfigContext } from './resilience-config.ts';
