export type { ConfigFile } from './config-file.ts';
export { ConfigFileError, readConfigFile } from './config-file.ts';
export type { ErrorTypes, Predicate, Predicates } from './names.ts';
export type { PipelinePolicies, PipelinesInCode } from './pipelines.ts';
export type {
  HealthOptionsOf,
  NamesInCode,
  ResilienceConfig,
  ResilienceConfigContext,
  ResilienceConfigSources,
} from './resilience-config.ts';
export { loadResilienceConfig, resilienceConfig } from './resilience-config.ts';
export type { HealthOptions, SectionFormat } from './section-format.ts';
export { sectionFormats } from './section-format.ts';
export type { Environment } from './placeholders.ts';
