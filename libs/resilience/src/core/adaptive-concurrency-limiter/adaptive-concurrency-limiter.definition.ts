import { ConcurrencyLimitExceededError } from './adaptive-concurrency-limiter.errors.ts';
import { attributeNames as names } from '../observability.ts';
import { definePolicy, type PolicyEnvironment, serviceBusy } from '../policy-definition.ts';
import {
  adaptiveConcurrencyLimiterOptions,
  type AdaptiveConcurrencyLimiterOptions,
} from './adaptive-concurrency-limiter.options.ts';
import { AdaptiveConcurrencyLimiter } from './adaptive-concurrency-limiter.ts';

export const adaptiveConcurrencyLimiterDefinition = definePolicy({
  kind: 'adaptiveConcurrencyLimiter',
  label: 'AdaptiveConcurrencyLimiter',
  title: 'Adaptive concurrency limiter',
  section: 'adaptiveconcurrencylimiter',
  inPipeline: true,
  options: adaptiveConcurrencyLimiterOptions,
  events: { LIMIT_CHANGED: true, CALL_PERMITTED: true, CALL_REJECTED: true, CALL_FINISHED: true },
  meters: [
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'breakwater_adaptive_concurrency_limit',
      help: 'The current limit: how many calls may be in flight at once.',
      read: ({ metrics }) => [[metrics.limit]],
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'breakwater_adaptive_concurrency_in_flight',
      help: 'The number of calls that are in flight.',
      read: ({ metrics }) => [[metrics.inFlight]],
    },
    {
      type: 'eventCounter',
      name: 'breakwater_adaptive_concurrency_calls_total',
      help: 'Total number of calls, by whether they were admitted.',
      labels: ['kind'],
      counts: { CALL_PERMITTED: { kind: 'permitted' }, CALL_REJECTED: { kind: 'rejected' } },
    },
  ],
  spanEvents: {
    policy: 'adaptive_concurrency_limiter',
    events: { CALL_REJECTED: { name: 'rejected', attributes: ({ limit }) => ({ [names.limit]: limit }) } },
  },
  refusals: [{ error: ConcurrencyLimitExceededError, problem: serviceBusy, outcome: 'limitExceeded' }],
  isRemovable: ({ metrics }) => metrics.inFlight === 0,
  create: (name: string, options: AdaptiveConcurrencyLimiterOptions, environment: PolicyEnvironment) =>
    new AdaptiveConcurrencyLimiter(name, options, environment),
});
