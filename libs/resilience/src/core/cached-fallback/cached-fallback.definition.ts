import { attributeNames as names, errorTypeOf } from '../observability.ts';
import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { cachedFallbackOptions, type CachedFallbackOptions } from './cached-fallback.options.ts';
import { CachedFallback } from './cached-fallback.ts';

export const cachedFallbackDefinition = definePolicy({
  kind: 'cachedFallback',
  label: 'CachedFallback',
  title: 'Cached fallback',
  section: 'cachedfallback',
  inPipeline: true,
  isLeftOutOfSimulations: true,
  options: cachedFallbackOptions,
  dispose: (cachedFallback) => cachedFallback.clear(),
  events: { SERVED: true, NOT_SERVED: true },
  meters: [
    {
      type: 'eventCounter',
      name: 'breakwater_cached_fallback_calls_total',
      help: 'Total number of failed calls, by whether a stale value was served instead.',
      labels: ['kind'],
      counts: { SERVED: { kind: 'served' }, NOT_SERVED: { kind: 'not_served' } },
    },
    {
      type: 'gauge',
      aggregator: 'sum',
      name: 'breakwater_cached_fallback_entries',
      help: 'The number of last good values that are kept.',
      read: ({ metrics }) => [[metrics.entries]],
    },
  ],
  spanEvents: {
    policy: 'cached_fallback',
    events: {
      // Never the key: it may be an id or personal data.
      SERVED: {
        name: 'served',
        attributes: ({ ageMs, error }) => ({ [names.ageMs]: ageMs, [names.errorType]: errorTypeOf(error) }),
      },
    },
  },
  create: (name: string, options: CachedFallbackOptions, environment: PolicyEnvironment) =>
    new CachedFallback(name, options, environment),
});
