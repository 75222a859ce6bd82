import { TimeoutExceededError } from './time-limiter.errors.ts';
import { attributeNames as names, plainEvent } from '../observability.ts';
import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { timeLimiterOptions, type TimeLimiterOptions } from './time-limiter.options.ts';
import { TimeLimiter } from './time-limiter.ts';

export const timeLimiterDefinition = definePolicy({
  kind: 'timeLimiter',
  label: 'TimeLimiter',
  title: 'Time limiter',
  section: 'timelimiter',
  inPipeline: true,
  options: timeLimiterOptions,
  file: { meaninglessKeys: ['timeLimiterAspectOrder', 'enabled', 'metrics', 'tags'] },
  events: { SUCCESS: true, ERROR: true, TIMEOUT: true },
  meters: [
    // The counter of Resilience4j's Micrometer binding (`AbstractTimeLimiterMetrics`).
    {
      type: 'eventCounter',
      name: 'resilience4j_timelimiter_calls_total',
      help: 'Total number of calls, by how they ended.',
      labels: ['kind'],
      counts: { SUCCESS: { kind: 'successful' }, ERROR: { kind: 'failed' }, TIMEOUT: { kind: 'timeout' } },
    },
  ],
  spanEvents: {
    policy: 'timelimiter',
    events: {
      TIMEOUT: {
        name: 'timeout',
        attributes: ({ timeoutMs, limitedBy }) => ({ [names.timeoutMs]: timeoutMs, [names.limitedBy]: limitedBy }),
      },
    },
  },
  refusals: [
    {
      error: TimeoutExceededError,
      problem: {
        status: 504,
        title: 'Not answered in time',
        detail: 'A dependency of this service did not respond in time.',
      },
      outcome: 'timedOut',
    },
  ],
  actuator: { plural: 'timeLimiters', describeEvent: plainEvent('timeLimiterName') },
  create: (name: string, options: TimeLimiterOptions, environment: PolicyEnvironment) =>
    new TimeLimiter(name, options, environment),
});
