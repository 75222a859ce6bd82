import { definePolicy } from '../policy-definition.ts';
import { hedgeOptionRules, type HedgeOptions, resolveHedgeOptions } from './hedge.options.ts';
import { Hedge, type HedgeEnvironment } from './hedge.ts';

export const hedgeDefinition = definePolicy({
  kind: 'hedge',
  label: 'Hedge',
  title: 'Hedge',
  section: 'hedge',
  inPipeline: true,
  rules: hedgeOptionRules,
  resolve: resolveHedgeOptions,
  create: (name: string, options: HedgeOptions, environment: HedgeEnvironment) => new Hedge(name, options, environment),
});
