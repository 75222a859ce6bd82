import { type PatternName, patternNames } from '../config/patterns.ts';
import type { ResilienceConfig } from '../config/resilience-config.ts';

/** Those whose instances tell of events. */
const telling = patternNames.filter((pattern) => pattern !== 'retryBudget') satisfies readonly PatternName[];

/**
 * Where the module's defaults are not the core's. As in Resilience4j, whose core keeps no events and whose Spring
 * integration keeps the last hundred of each instance, to show them.
 */
export function withModuleDefaults(config: ResilienceConfig): ResilienceConfig {
  const defaults = { eventConsumerBufferSize: 100 };
  return { ...config, ...Object.fromEntries(telling.map((pattern) => [pattern, { ...config[pattern], defaults }])) };
}
