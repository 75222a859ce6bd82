import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { fallbackOptions, type FallbackOptions } from './fallback.options.ts';
import { Fallback } from './fallback.ts';

export const fallbackDefinition = definePolicy({
  kind: 'fallback',
  label: 'Fallback',
  title: 'Fallback',
  section: 'fallback',
  inPipeline: true,
  options: fallbackOptions,
  file: { meaninglessKeys: ['fallbackAspectOrder'] },
  create: (name: string, options: FallbackOptions, environment: PolicyEnvironment) =>
    new Fallback(name, options, environment),
});
