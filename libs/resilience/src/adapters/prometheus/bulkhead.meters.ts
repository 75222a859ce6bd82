import type { BulkheadEvents } from '../../core/bulkhead/bulkhead.events.ts';
import type { Bulkhead } from '../../core/bulkhead/bulkhead.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedBulkheadEvents = ['CALL_PERMITTED', 'CALL_REJECTED'] as const;

/** What the meters look at. */
export type MeteredBulkhead = Pick<Bulkhead, 'name' | 'metrics' | 'on'>;

/** What Resilience4j's Micrometer binding (`AbstractBulkheadMetrics`) shows, and then what is ours. */
export const bulkheadMeters: readonly Meter<CountedEvents<MeteredBulkhead, BulkheadEvents>>[] = [
  {
    type: 'gauge',
    name: 'resilience4j_bulkhead_available_concurrent_calls',
    help: 'The number of calls that could be admitted now.',
    read: ({ policy }) => [[policy.metrics.availableConcurrentCalls]],
  },
  {
    type: 'gauge',
    name: 'resilience4j_bulkhead_max_allowed_concurrent_calls',
    help: 'The number of calls that may be under way at once.',
    read: ({ policy }) => [[policy.metrics.maxAllowedConcurrentCalls]],
  },
  {
    type: 'counter',
    name: 'breakwater_bulkhead_calls_total',
    help: 'Total number of calls, by whether they were admitted.',
    labels: ['kind'],
    read: (bulkhead) => [
      [bulkhead.of('CALL_PERMITTED'), { kind: 'permitted' }],
      [bulkhead.of('CALL_REJECTED'), { kind: 'rejected' }],
    ],
  },
];
