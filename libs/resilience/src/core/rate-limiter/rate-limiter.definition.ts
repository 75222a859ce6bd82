import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { rateLimiterOptionRules, type RateLimiterOptions, resolveRateLimiterOptions } from './rate-limiter.options.ts';
import { RateLimiter } from './rate-limiter.ts';

export const rateLimiterDefinition = definePolicy({
  kind: 'rateLimiter',
  label: 'RateLimiter',
  title: 'Rate limiter',
  section: 'ratelimiter',
  inPipeline: true,
  rules: rateLimiterOptionRules,
  file: {
    hasHealthIndicator: true,
    // Events are always kept and emitted.
    meaninglessOptions: ['subscribeForEvents', 'writableStackTraceEnabled'],
    meaninglessKeys: ['rateLimiterAspectOrder', 'enabled', 'metrics', 'tags'],
  },
  resolve: resolveRateLimiterOptions,
  create: (name: string, options: RateLimiterOptions, environment: PolicyEnvironment) =>
    new RateLimiter(name, options, environment),
});
