import { attributeNames as names, errorTypeOf } from '../observability.ts';
import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { fallbackOptions, type FallbackOptions } from './fallback.options.ts';
import { Fallback } from './fallback.ts';

export const fallbackDefinition = definePolicy({
  kind: 'fallback',
  label: 'Fallback',
  title: 'Fallback',
  section: 'fallback',
  inPipeline: true,
  isLeftOutOfSimulations: true,
  options: fallbackOptions,
  file: { meaninglessKeys: ['fallbackAspectOrder'] },
  events: { FALLBACK: true, FALLBACK_FAILED: true },
  meters: [
    {
      type: 'eventCounter',
      name: 'breakwater_fallback_handlers_total',
      help: 'Total number of handlers that were called, by whether they returned a value.',
      labels: ['kind'],
      counts: { FALLBACK: { kind: 'answered' }, FALLBACK_FAILED: { kind: 'failed' } },
    },
  ],
  spanEvents: {
    policy: 'fallback',
    events: {
      FALLBACK: {
        name: 'fallback',
        attributes: ({ handlerIndex, handlerName, error }) => ({
          [names.handler]: handlerName ?? String(handlerIndex),
          [names.errorType]: errorTypeOf(error),
        }),
      },
      FALLBACK_FAILED: {
        name: 'fallback_failed',
        attributes: ({ handlerIndex, handlerName, fallbackError }) => ({
          [names.handler]: handlerName ?? String(handlerIndex),
          [names.errorType]: errorTypeOf(fallbackError),
        }),
      },
    },
  },
  create: (name: string, options: FallbackOptions, environment: PolicyEnvironment) =>
    new Fallback(name, options, environment),
});
