import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { timeLimiterOptionRules, type TimeLimiterOptions, resolveTimeLimiterOptions } from './time-limiter.options.ts';
import { TimeLimiter } from './time-limiter.ts';

export const timeLimiterDefinition = definePolicy({
  kind: 'timeLimiter',
  label: 'TimeLimiter',
  title: 'Time limiter',
  section: 'timelimiter',
  inPipeline: true,
  rules: timeLimiterOptionRules,
  file: { meaninglessKeys: ['timeLimiterAspectOrder', 'enabled', 'metrics', 'tags'] },
  resolve: resolveTimeLimiterOptions,
  create: (name: string, options: TimeLimiterOptions, environment: PolicyEnvironment) =>
    new TimeLimiter(name, options, environment),
});
