import { z } from 'zod';
import { faultNames } from './fault-plan.ts';

const plan = z
  .record(z.enum(faultNames), z.unknown())
  .describe('As PUT /faults takes it; null where nothing is wrong.');

/** Where a timeline is. Durations are in the demo's time. */
export const timelineReportSchema = z
  .union([
    z.object({ state: z.literal('none') }),
    z.object({
      state: z.enum(['playing', 'ended', 'stopped']),
      steps: z.array(z.object({ at: z.string(), faults: plan })),
      repeat: z.boolean(),
      duration: z.string(),
      step: z
        .int()
        .min(0)
        .nullable()
        .describe('Which step’s faults were set last, counted from 0; null before the first.'),
      elapsed: z.string().describe('Since it began, or began again.'),
      endsIn: z.string().nullable().describe('Null where it repeats, or plays no more.'),
    }),
  ])
  .meta({ id: 'Timeline', description: 'Faults that change by themselves, and where they are.' });

export type TimelineReport = z.output<typeof timelineReportSchema>;

/** What is wrong with this process, and what came of it. */
export const faultsReportSchema = z
  .object({
    faults: plan,
    active: z.array(z.enum(faultNames)).describe('The faults that can strike as they are set.'),
    injected: z.record(z.enum(faultNames), z.int().min(0)).describe('How often each has struck since the start.'),
    capacity: z
      .object({ workers: z.int(), busy: z.int(), queueLength: z.int() })
      .nullable()
      .describe('Null where there is no end of workers.'),
    timeline: timelineReportSchema,
  })
  .meta({ id: 'Faults', description: 'What is wrong with this process on purpose, and what came of it.' });

export type FaultsReport = z.output<typeof faultsReportSchema>;
