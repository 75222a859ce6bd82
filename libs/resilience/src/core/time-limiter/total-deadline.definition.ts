import { attributeNames as names, plainEvent } from '../observability.ts';
import { definePolicy, type PolicyEnvironment } from '../policy-definition.ts';
import { type TotalDeadlineOptions, totalDeadlineOptions } from './time-limiter.options.ts';
import { TotalDeadline } from './time-limiter.ts';

export const totalDeadlineDefinition = definePolicy({
  kind: 'deadline',
  label: 'TotalDeadline',
  title: 'Total deadline',
  section: 'deadline',
  inPipeline: true,
  options: totalDeadlineOptions,
  events: { SUCCESS: true, ERROR: true, TIMEOUT: true },
  meters: [
    {
      type: 'eventCounter',
      name: 'breakwater_deadline_calls_total',
      help: 'Total number of calls with all their attempts, by how they ended.',
      labels: ['kind'],
      counts: { SUCCESS: { kind: 'successful' }, ERROR: { kind: 'failed' }, TIMEOUT: { kind: 'timeout' } },
    },
  ],
  spanEvents: {
    policy: 'deadline',
    events: {
      TIMEOUT: {
        name: 'timeout',
        attributes: ({ timeoutMs, limitedBy }) => ({ [names.timeoutMs]: timeoutMs, [names.limitedBy]: limitedBy }),
      },
    },
  },
  // Its errors are those of the time limiter, which describes them to clients.
  actuator: { plural: 'deadlines', describeEvent: plainEvent('timeLimiterName') },
  create: (name: string, options: TotalDeadlineOptions, environment: PolicyEnvironment) =>
    new TotalDeadline(name, options, environment),
});
