import { attributeNames as names } from '../observability.ts';
import { definePolicy } from '../policy-definition.ts';
import { hedgeOptions, type HedgeOptions } from './hedge.options.ts';
import { Hedge, type HedgeEnvironment } from './hedge.ts';

export const hedgeDefinition = definePolicy({
  kind: 'hedge',
  label: 'Hedge',
  title: 'Hedge',
  section: 'hedge',
  inPipeline: true,
  options: hedgeOptions,
  events: { HEDGE: true, SUCCESS: true, ERROR: true, RETRY_BUDGET_EXHAUSTED: true },
  meters: [
    {
      type: 'counter',
      name: 'breakwater_hedge_calls_total',
      help: 'Total number of calls, by which attempt succeeded.',
      labels: ['kind'],
      read: ({ metrics }) => [
        [metrics.numberOfPrimarySuccesses, { kind: 'successful_primary' }],
        [metrics.numberOfHedgeSuccesses, { kind: 'successful_hedge' }],
        [metrics.numberOfFailures, { kind: 'failed' }],
      ],
    },
    {
      type: 'counter',
      name: 'breakwater_hedge_attempts_total',
      help: 'Total number of attempts after the first ones: the load that hedging adds.',
      read: ({ metrics }) => [[metrics.numberOfHedgedAttempts]],
    },
    {
      type: 'gauge',
      aggregator: 'max',
      name: 'breakwater_hedge_delay_seconds',
      help: 'How long a call that starts now waits for its first response before it is hedged; absent while none is.',
      read: ({ metrics: { delayMs } }) => (delayMs === undefined ? [] : [[delayMs / 1_000]]),
    },
    {
      type: 'eventCounter',
      name: 'breakwater_hedge_budget_exhausted_total',
      help: 'Total number of further attempts that the retry budget denied.',
      counts: { RETRY_BUDGET_EXHAUSTED: {} },
      appliesTo: ({ config }) => config.retryBudget !== undefined,
    },
  ],
  spanEvents: {
    policy: 'hedge',
    events: {
      HEDGE: {
        name: 'hedge',
        attributes: ({ attempt, delayMs }) => ({ [names.attempt]: attempt, [names.waitMs]: delayMs }),
      },
      RETRY_BUDGET_EXHAUSTED: {
        name: 'budget_exhausted',
        attributes: ({ retryBudgetName }) => ({ [names.retryBudget]: retryBudgetName }),
      },
    },
  },
  create: (name: string, options: HedgeOptions, environment: HedgeEnvironment) => new Hedge(name, options, environment),
});
