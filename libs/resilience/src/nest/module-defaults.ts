import type { ResilienceConfig } from '../config/resilience-config.ts';
import { policies } from '../core/policies.ts';

/** The policies that keep events. */
const withEvents = policies.filter(({ options }) => 'eventConsumerBufferSize' in options.rules);

/**
 * Adds the defaults of the module that differ from those of the core. As in Resilience4j, the core keeps no events, and the
 * integration keeps the last hundred of each instance, for the actuator.
 */
export function withModuleDefaults(config: ResilienceConfig): ResilienceConfig {
  const defaults = { eventConsumerBufferSize: 100 };
  return { ...config, ...Object.fromEntries(withEvents.map(({ kind }) => [kind, { ...config[kind], defaults }])) };
}
