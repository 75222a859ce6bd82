import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { bulkheadOptionRules, type BulkheadOptions, resolveBulkheadOptions } from './bulkhead.options.ts';
import { Bulkhead } from './bulkhead.ts';

export const bulkheadDefinition = definePolicy({
  kind: 'bulkhead',
  label: 'Bulkhead',
  title: 'Bulkhead',
  section: 'bulkhead',
  inPipeline: true,
  rules: bulkheadOptionRules,
  file: {
    meaninglessOptions: ['writableStackTraceEnabled', 'fairCallHandlingEnabled'],
    meaninglessKeys: ['bulkheadAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  resolve: resolveBulkheadOptions,
  create: (name: string, options: BulkheadOptions, environment: PolicyEnvironment) =>
    new Bulkhead(name, options, environment),
});
