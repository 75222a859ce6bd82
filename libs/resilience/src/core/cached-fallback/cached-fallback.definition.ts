import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import {
  cachedFallbackOptionRules,
  type CachedFallbackOptions,
  resolveCachedFallbackOptions,
} from './cached-fallback.options.ts';
import { CachedFallback } from './cached-fallback.ts';

export const cachedFallbackDefinition = definePolicy({
  kind: 'cachedFallback',
  label: 'CachedFallback',
  title: 'Cached fallback',
  section: 'cachedfallback',
  inPipeline: true,
  rules: cachedFallbackOptionRules,
  dispose: (cachedFallback) => cachedFallback.clear(),
  resolve: resolveCachedFallbackOptions,
  create: (name: string, options: CachedFallbackOptions, environment: PolicyEnvironment) =>
    new CachedFallback(name, options, environment),
});
