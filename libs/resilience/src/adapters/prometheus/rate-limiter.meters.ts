import type { RateLimiterEvents } from '../../core/rate-limiter/rate-limiter.events.ts';
import type { RateLimiter } from '../../core/rate-limiter/rate-limiter.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedRateLimiterEvents = ['SUCCESSFUL_ACQUIRE', 'FAILED_ACQUIRE'] as const;

/** What the meters look at. */
export type MeteredRateLimiter = Pick<RateLimiter, 'name' | 'metrics' | 'on'>;

/** What Resilience4j's Micrometer binding (`AbstractRateLimiterMetrics`) shows, and then what is ours. */
export const rateLimiterMeters: readonly Meter<CountedEvents<MeteredRateLimiter, RateLimiterEvents>>[] = [
  {
    type: 'gauge',
    name: 'resilience4j_ratelimiter_available_permissions',
    help: 'The number of permissions left in this period; below 0 when those of later periods are reserved.',
    read: ({ policy }) => [[policy.metrics.availablePermissions]],
  },
  {
    type: 'gauge',
    name: 'resilience4j_ratelimiter_waiting_threads',
    help: 'The number of callers that wait for a permission.',
    read: ({ policy }) => [[policy.metrics.numberOfWaitingThreads]],
  },
  {
    type: 'counter',
    name: 'breakwater_ratelimiter_calls_total',
    help: 'Total number of requests for permissions, by whether they were granted.',
    labels: ['kind'],
    read: (rateLimiter) => [
      [rateLimiter.of('SUCCESSFUL_ACQUIRE'), { kind: 'successful' }],
      [rateLimiter.of('FAILED_ACQUIRE'), { kind: 'failed' }],
    ],
  },
];
