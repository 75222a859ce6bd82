import { definePolicy } from '../policy-definition.ts';
import { hedgeOptions, type HedgeOptions } from './hedge.options.ts';
import { Hedge, type HedgeEnvironment } from './hedge.ts';

export const hedgeDefinition = definePolicy({
  kind: 'hedge',
  label: 'Hedge',
  title: 'Hedge',
  section: 'hedge',
  inPipeline: true,
  options: hedgeOptions,
  create: (name: string, options: HedgeOptions, environment: HedgeEnvironment) => new Hedge(name, options, environment),
});
