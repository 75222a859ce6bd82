import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { rateLimiterOptions, type RateLimiterOptions } from './rate-limiter.options.ts';
import { RateLimiter } from './rate-limiter.ts';

export const rateLimiterDefinition = definePolicy({
  kind: 'rateLimiter',
  label: 'RateLimiter',
  title: 'Rate limiter',
  section: 'ratelimiter',
  inPipeline: true,
  options: rateLimiterOptions,
  file: {
    hasHealthIndicator: true,
    // Events are always kept and emitted.
    meaninglessOptions: ['subscribeForEvents', 'writableStackTraceEnabled'],
    meaninglessKeys: ['rateLimiterAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  create: (name: string, options: RateLimiterOptions, environment: PolicyEnvironment) =>
    new RateLimiter(name, options, environment),
});
