import { duration, formatDuration } from '@breakwater/service-kit';
import { z } from 'zod';
import { faultsBody } from './faults.schema.ts';

const maxSteps = 100;

const step = z.strictObject(
  {
    at: duration().describe('When the step begins, from the start of the timeline.'),
    faults: faultsBody.describe('The faults from then on, as PUT /faults takes them.'),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a step such as {"at":"30s","faults":{}}' : undefined) },
);

const stepsError = `must be 1 to ${maxSteps} steps such as {"at":"0s","faults":{"latency":"2s"}}`;

/** Faults that change by themselves, step by step. */
export const timelineBody = z
  .strictObject(
    {
      steps: z
        .array(step, { error: stepsError })
        .min(1, { error: stepsError })
        .max(maxSteps, { error: stepsError })
        .describe('Each replaces the faults of the one before.'),
      repeat: z
        .boolean({ error: 'must be true or false' })
        .default(false)
        .describe('Whether it begins again when it is over.'),
      duration: duration()
        .optional()
        .describe('How long it takes. Default: until its last step begins; a timeline that repeats has to say it.'),
    },
    { error: ({ code }) => (code === 'invalid_type' ? 'must be an object such as {"steps":[…]}' : undefined) },
  )
  .superRefine(({ steps, repeat, duration: length }, context) => {
    const wrong = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    steps.forEach(({ at }, index) => {
      const before = steps[index - 1]?.at;
      if (before !== undefined && at <= before)
        wrong(['steps', index, 'at'], `must be later than the step before, which is at ${formatDuration(before)}`);
    });
    const last = Math.max(...steps.map(({ at }) => at));
    if (length === undefined) {
      if (repeat) wrong(['duration'], 'must be given where repeat is true');
    } else if (length <= last)
      wrong(['duration'], `must be longer than ${formatDuration(last)}, when the last step is`);
  })
  .meta({ description: 'Faults that change by themselves, in the time of TIME_SCALE.' });

export type TimelineSetting = z.output<typeof timelineBody>;
