import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { fallbackOptionRules, type FallbackOptions, resolveFallbackOptions } from './fallback.options.ts';
import { Fallback } from './fallback.ts';

export const fallbackDefinition = definePolicy({
  kind: 'fallback',
  label: 'Fallback',
  title: 'Fallback',
  section: 'fallback',
  inPipeline: true,
  rules: fallbackOptionRules,
  file: { meaninglessKeys: ['fallbackAspectOrder'] },
  resolve: resolveFallbackOptions,
  create: (name: string, options: FallbackOptions, environment: PolicyEnvironment) =>
    new Fallback(name, options, environment),
});
