import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { bulkheadOptions, type BulkheadOptions } from './bulkhead.options.ts';
import { Bulkhead } from './bulkhead.ts';

export const bulkheadDefinition = definePolicy({
  kind: 'bulkhead',
  label: 'Bulkhead',
  title: 'Bulkhead',
  section: 'bulkhead',
  inPipeline: true,
  options: bulkheadOptions,
  file: {
    meaninglessOptions: ['writableStackTraceEnabled', 'fairCallHandlingEnabled'],
    meaninglessKeys: ['bulkheadAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  create: (name: string, options: BulkheadOptions, environment: PolicyEnvironment) =>
    new Bulkhead(name, options, environment),
});
