import { RateLimitExceededError } from './rate-limiter.errors.ts';
import { plainEvent } from '../observability.ts';
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
  events: { SUCCESSFUL_ACQUIRE: true, FAILED_ACQUIRE: true, DRAINED: true },
  meters: [
    // The gauges of Resilience4j's Micrometer binding (`AbstractRateLimiterMetrics`).
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_ratelimiter_available_permissions',
      help: 'The number of permissions left in this period; below 0 if permissions of later periods are reserved.',
      read: ({ metrics }) => [[metrics.availablePermissions]],
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_ratelimiter_waiting_threads',
      help: 'The number of callers that wait for a permission.',
      read: ({ metrics }) => [[metrics.numberOfWaitingThreads]],
    },
    {
      type: 'eventCounter',
      name: 'breakwater_ratelimiter_calls_total',
      help: 'Total number of requests for permissions, by whether they were granted.',
      labels: ['kind'],
      counts: { SUCCESSFUL_ACQUIRE: { kind: 'successful' }, FAILED_ACQUIRE: { kind: 'failed' } },
    },
  ],
  spanEvents: { policy: 'ratelimiter', events: { FAILED_ACQUIRE: { name: 'rejected' } } },
  refusals: [
    {
      error: RateLimitExceededError,
      problem: { status: 429, title: 'Too many requests', detail: 'The rate limit is exhausted. Try again later.' },
      outcome: 'rateLimited',
    },
  ],
  actuator: {
    plural: 'rateLimiters',
    describeEvent: plainEvent('rateLimiterName'),
    describePartitions: (rateLimiters) => ({
      availablePermissions: rateLimiters.reduce((sum, { metrics }) => sum + metrics.availablePermissions, 0),
      numberOfWaitingThreads: rateLimiters.reduce((sum, { metrics }) => sum + metrics.numberOfWaitingThreads, 0),
    }),
  },
  // An instance that is created again would start with the whole limit of the period.
  isRemovable: ({ metrics, config }) => metrics.availablePermissions >= config.limitForPeriod,
  create: (name: string, options: RateLimiterOptions, environment: PolicyEnvironment) =>
    new RateLimiter(name, options, environment),
});
