import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { cachedFallbackOptions, type CachedFallbackOptions } from './cached-fallback.options.ts';
import { CachedFallback } from './cached-fallback.ts';

export const cachedFallbackDefinition = definePolicy({
  kind: 'cachedFallback',
  label: 'CachedFallback',
  title: 'Cached fallback',
  section: 'cachedfallback',
  inPipeline: true,
  options: cachedFallbackOptions,
  dispose: (cachedFallback) => cachedFallback.clear(),
  create: (name: string, options: CachedFallbackOptions, environment: PolicyEnvironment) =>
    new CachedFallback(name, options, environment),
});
