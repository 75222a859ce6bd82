import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { timeLimiterOptions, type TimeLimiterOptions } from './time-limiter.options.ts';
import { TimeLimiter } from './time-limiter.ts';

export const timeLimiterDefinition = definePolicy({
  kind: 'timeLimiter',
  label: 'TimeLimiter',
  title: 'Time limiter',
  section: 'timelimiter',
  inPipeline: true,
  options: timeLimiterOptions,
  file: { meaninglessKeys: ['timeLimiterAspectOrder', 'enabled', 'metrics', 'tags'] },
  create: (name: string, options: TimeLimiterOptions, environment: PolicyEnvironment) =>
    new TimeLimiter(name, options, environment),
});
