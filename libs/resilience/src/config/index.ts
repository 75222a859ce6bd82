export { ConfigFileError } from './config-file.error.ts';
export type { ErrorTypes, Predicate, Predicates } from './known-names.ts';
export type { ResilienceConfigSources } from './load-resilience-config.ts';
export { loadResilienceConfig } from './load-resilience-config.ts';
export type { Environment } from './placeholders.ts';
export type { ResilienceConfig, ResilienceConfigContext } from './resilience-config.ts';
