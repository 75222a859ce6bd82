import type { AdaptiveConcurrencyLimiterEvents } from '../../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.events.ts';
import type { AdaptiveConcurrencyLimiter } from '../../core/adaptive-concurrency-limiter/adaptive-concurrency-limiter.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedAdaptiveConcurrencyLimiterEvents = ['CALL_PERMITTED', 'CALL_REJECTED'] as const;

/** What the meters look at. */
export type MeteredAdaptiveConcurrencyLimiter = Pick<AdaptiveConcurrencyLimiter, 'name' | 'metrics' | 'on'>;

/** Resilience4j has no such policy; all of it is ours. */
export const adaptiveConcurrencyLimiterMeters: readonly Meter<
  CountedEvents<MeteredAdaptiveConcurrencyLimiter, AdaptiveConcurrencyLimiterEvents>
>[] = [
  {
    type: 'gauge',
    name: 'breakwater_adaptive_concurrency_limit',
    help: 'The number of calls that may be under way at once, as found out by now.',
    read: ({ policy }) => [[policy.metrics.limit]],
  },
  {
    type: 'gauge',
    name: 'breakwater_adaptive_concurrency_in_flight',
    help: 'The number of calls that are under way.',
    read: ({ policy }) => [[policy.metrics.inFlight]],
  },
  {
    type: 'counter',
    name: 'breakwater_adaptive_concurrency_calls_total',
    help: 'Total number of calls, by whether they were admitted.',
    labels: ['kind'],
    read: (limiter) => [
      [limiter.of('CALL_PERMITTED'), { kind: 'permitted' }],
      [limiter.of('CALL_REJECTED'), { kind: 'rejected' }],
    ],
  },
];
