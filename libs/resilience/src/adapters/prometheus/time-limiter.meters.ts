import type { TimeLimiterEvents } from '../../core/time-limiter/time-limiter.events.ts';
import type { TimeLimiter } from '../../core/time-limiter/time-limiter.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedTimeLimiterEvents = ['SUCCESS', 'ERROR', 'TIMEOUT'] as const;

/** What the meters look at. */
export type MeteredTimeLimiter = Pick<TimeLimiter, 'name' | 'on'>;

/** What Resilience4j's Micrometer binding (`AbstractTimeLimiterMetrics`) shows. */
export const timeLimiterMeters: readonly Meter<CountedEvents<MeteredTimeLimiter, TimeLimiterEvents>>[] = [
  {
    type: 'counter',
    name: 'resilience4j_timelimiter_calls_total',
    help: 'Total number of calls, by how they ended.',
    labels: ['kind'],
    read: (timeLimiter) => [
      [timeLimiter.of('SUCCESS'), { kind: 'successful' }],
      [timeLimiter.of('ERROR'), { kind: 'failed' }],
      [timeLimiter.of('TIMEOUT'), { kind: 'timeout' }],
    ],
  },
];
