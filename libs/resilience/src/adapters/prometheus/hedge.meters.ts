import type { HedgeEvents } from '../../core/hedge/hedge.events.ts';
import type { Hedge } from '../../core/hedge/hedge.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedHedgeEvents = ['RETRY_BUDGET_EXHAUSTED'] as const;

/** What the meters look at. */
export type MeteredHedge = Pick<Hedge, 'name' | 'config' | 'metrics' | 'on'>;

/** Resilience4j has no such policy; all of it is ours. */
export const hedgeMeters: readonly Meter<CountedEvents<MeteredHedge, HedgeEvents>>[] = [
  {
    type: 'counter',
    name: 'breakwater_hedge_calls_total',
    help: 'Total number of calls, by which attempt answered them.',
    labels: ['kind'],
    read: ({ policy: { metrics } }) => [
      [metrics.numberOfPrimarySuccesses, { kind: 'successful_primary' }],
      [metrics.numberOfHedgeSuccesses, { kind: 'successful_hedge' }],
      [metrics.numberOfFailures, { kind: 'failed' }],
    ],
  },
  {
    type: 'counter',
    name: 'breakwater_hedge_attempts_total',
    help: 'Total number of attempts beside the first ones: the load that hedging adds.',
    read: ({ policy }) => [[policy.metrics.numberOfHedgedAttempts]],
  },
  {
    type: 'gauge',
    name: 'breakwater_hedge_delay_seconds',
    help: 'How long a call that begins now waits for its first answer before it is hedged; none while no call is.',
    read: ({ policy: { metrics } }) => (metrics.delayMs === undefined ? [] : [[metrics.delayMs / 1_000]]),
  },
  {
    type: 'counter',
    name: 'breakwater_hedge_budget_exhausted_total',
    help: 'Total number of further attempts that the retry budget denied.',
    read: (hedge) => (hedge.policy.config.retryBudget === undefined ? [] : [[hedge.of('RETRY_BUDGET_EXHAUSTED')]]),
  },
];
