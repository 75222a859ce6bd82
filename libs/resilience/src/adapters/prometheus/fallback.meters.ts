import type { CachedFallbackEvents } from '../../core/cached-fallback/cached-fallback.events.ts';
import type { CachedFallback } from '../../core/cached-fallback/cached-fallback.ts';
import type { FallbackEvents } from '../../core/fallback/fallback.events.ts';
import type { Fallback } from '../../core/fallback/fallback.ts';
import type { CountedEvents } from './counted-events.ts';
import type { Meter } from './meters.ts';

export const countedFallbackEvents = ['FALLBACK', 'FALLBACK_FAILED'] as const;
export const countedCachedFallbackEvents = ['SERVED', 'NOT_SERVED'] as const;

/** What the meters look at. */
export type MeteredFallback = Pick<Fallback, 'name' | 'on'>;

/** What the meters look at. */
export type MeteredCachedFallback = Pick<CachedFallback, 'name' | 'metrics' | 'on'>;

/** Resilience4j has no such policy; all of it is ours. */
export const fallbackMeters: readonly Meter<CountedEvents<MeteredFallback, FallbackEvents>>[] = [
  {
    type: 'counter',
    name: 'breakwater_fallback_handlers_total',
    help: 'Total number of handlers that were asked, by whether they had an answer.',
    labels: ['kind'],
    read: (fallback) => [
      [fallback.of('FALLBACK'), { kind: 'answered' }],
      [fallback.of('FALLBACK_FAILED'), { kind: 'failed' }],
    ],
  },
];

/** Resilience4j has no such policy; all of it is ours. */
export const cachedFallbackMeters: readonly Meter<CountedEvents<MeteredCachedFallback, CachedFallbackEvents>>[] = [
  {
    type: 'counter',
    name: 'breakwater_cached_fallback_calls_total',
    help: 'Total number of failed calls, by whether a remembered result was served instead.',
    labels: ['kind'],
    read: (fallback) => [
      [fallback.of('SERVED'), { kind: 'served' }],
      [fallback.of('NOT_SERVED'), { kind: 'not_served' }],
    ],
  },
  {
    type: 'gauge',
    name: 'breakwater_cached_fallback_entries',
    help: 'The number of results that are remembered.',
    read: ({ policy }) => [[policy.metrics.entries]],
  },
];
