import { BulkheadFullError } from './bulkhead.errors.ts';
import { plainEvent } from '../observability.ts';
import { definePolicy, type PolicyEnvironment, serviceBusy } from '../policy-definition.ts';
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
  events: { CALL_PERMITTED: true, CALL_REJECTED: true, CALL_FINISHED: true },
  meters: [
    // The gauges of Resilience4j's Micrometer binding (`AbstractBulkheadMetrics`).
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_bulkhead_available_concurrent_calls',
      help: 'The number of calls that could be admitted now.',
      read: ({ metrics }) => [[metrics.availableConcurrentCalls]],
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'resilience4j_bulkhead_max_allowed_concurrent_calls',
      help: 'The number of calls that may be in flight at once.',
      read: ({ metrics }) => [[metrics.maxAllowedConcurrentCalls]],
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'breakwater_bulkhead_queue_length',
      help: 'The number of calls that wait for a permit.',
      read: ({ queueLength }) => [[queueLength]],
    },
    {
      type: 'eventCounter',
      name: 'breakwater_bulkhead_calls_total',
      help: 'Total number of calls, by whether they were admitted.',
      labels: ['kind'],
      counts: { CALL_PERMITTED: { kind: 'permitted' }, CALL_REJECTED: { kind: 'rejected' } },
    },
  ],
  spanEvents: { policy: 'bulkhead', events: { CALL_REJECTED: { name: 'rejected' } } },
  refusals: [{ error: BulkheadFullError, problem: serviceBusy, outcome: 'bulkheadFull' }],
  actuator: {
    plural: 'bulkheads',
    describeEvent: plainEvent('bulkheadName'),
    describePartitions: (bulkheads) => ({
      availableConcurrentCalls: bulkheads.reduce((sum, { metrics }) => sum + metrics.availableConcurrentCalls, 0),
      maxAllowedConcurrentCalls: bulkheads.reduce((sum, { metrics }) => sum + metrics.maxAllowedConcurrentCalls, 0),
      queueLength: bulkheads.reduce((sum, { queueLength }) => sum + queueLength, 0),
    }),
  },
  isRemovable: ({ metrics }) => metrics.availableConcurrentCalls === metrics.maxAllowedConcurrentCalls,
  create: (name: string, options: BulkheadOptions, environment: PolicyEnvironment) =>
    new Bulkhead(name, options, environment),
});
