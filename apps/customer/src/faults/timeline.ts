import { durationText, runInBackground, type Clock } from '@breakwater/resilience';
import { duration } from '@breakwater/service-kit';
import { Logger } from '@nestjs/common';
import { z } from 'zod';
import { faultNames, faultsBody, noFaults, showPlan, withGiven } from './fault-list.ts';
import type { Faults } from './faults.ts';
import { wait } from './wait.ts';

const maxSteps = 100;

const step = z.strictObject(
  {
    at: duration().describe('When the step begins, from the start of the timeline.'),
    faults: faultsBody.describe('The faults from then on, as PUT /faults takes them.'),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be a step such as {"at":"30s","faults":{}}' : undefined) },
);

const stepsError = `must be 1 to ${maxSteps} steps such as {"at":"0s","faults":{"latency":"2s"}}`;

/** The body of `PUT /faults/timeline`. */
export const timelineBody = z
  .strictObject(
    {
      steps: z
        .array(step, { error: stepsError })
        .min(1, { error: stepsError })
        .max(maxSteps, { error: stepsError })
        .describe('Each replaces the faults of the step before.'),
      repeat: z
        .boolean({ error: 'must be true or false' })
        .default(false)
        .describe('Whether the timeline starts again when it ends.'),
      duration: duration()
        .optional()
        .describe('How long it takes. Default: until its last step begins; required where repeat is true.'),
    },
    { error: ({ code }) => (code === 'invalid_type' ? 'must be an object such as {"steps":[…]}' : undefined) },
  )
  .superRefine(({ steps, repeat, duration: length }, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    steps.forEach(({ at }, index) => {
      const before = steps[index - 1]?.at;
      if (before !== undefined && at <= before)
        refuse(['steps', index, 'at'], `must be later than the step before, which is at ${durationText(before)}`);
    });
    const last = Math.max(...steps.map(({ at }) => at));
    if (length === undefined) {
      if (repeat) refuse(['duration'], 'must be given where repeat is true');
    } else if (length <= last) refuse(['duration'], `must be longer than ${durationText(last)}, when the last step is`);
  })
  .meta({
    description:
      'Faults that change by time. Durations are on the clock of the service, which TIME_SCALE speeds up in the lab.',
  });

export type TimelineSetting = z.output<typeof timelineBody>;

/** A timeline and its progress. Durations are on the clock of the service. */
export const timelineReportSchema = z
  .union([
    z.object({ state: z.literal('none') }),
    z.object({
      state: z.enum(['playing', 'ended', 'stopped']),
      steps: z.array(
        z.object({
          at: z.string(),
          faults: z
            .record(z.enum(faultNames), z.unknown())
            .describe('As PUT /faults takes them; null where a fault is off.'),
        }),
      ),
      repeat: z.boolean(),
      duration: z.string(),
      step: z.int().min(0).nullable().describe('The index of the last step that was set; null before the first.'),
      elapsed: z.string().describe('Since the start of the timeline, or of this repetition.'),
      endsIn: z.string().nullable().describe('Null when it repeats or does not play.'),
    }),
  ])
  .meta({ id: 'Timeline', description: 'A timeline of faults and its progress.' });

export type TimelineReport = z.output<typeof timelineReportSchema>;

/** One run of a timeline. */
interface Run {
  readonly setting: TimelineSetting;
  readonly durationMs: number;
  readonly controller: AbortController;
  state: 'playing' | 'ended' | 'stopped';
  /** When the present repetition started. */
  startedAt: number;
  step: number | null;
  /** The elapsed time at the end of the run. */
  elapsedMs: number | undefined;
}

/** Sets faults by time. There is one timeline at a time. */
export class Timeline {
  readonly #logger = new Logger(Timeline.name);
  #run: Run | undefined;

  constructor(
    private readonly faults: Faults,
    private readonly clock: Clock,
  ) {}

  /** Starts a timeline in place of the present one. A step at 0 is set immediately. */
  start(setting: TimelineSetting): void {
    this.stop();
    const run: Run = {
      setting,
      durationMs: setting.duration ?? setting.steps.at(-1)?.at ?? 0,
      controller: new AbortController(),
      state: 'playing',
      startedAt: this.clock.now(),
      step: null,
      elapsedMs: undefined,
    };
    this.#run = run;
    // It outlives the request that starts it, whose deadline and trace do not apply.
    runInBackground(() => this.#play(run)).catch((err: unknown) => {
      if (!run.controller.signal.aborted) this.#logger.error({ err }, 'the timeline of faults failed');
    });
  }

  /** Stops the timeline. The faults stay as they are. */
  stop(): void {
    if (this.#run?.state !== 'playing') return;
    this.#end(this.#run, 'stopped');
    this.#run.controller.abort();
  }

  get report(): TimelineReport {
    const run = this.#run;
    if (!run) return { state: 'none' };
    const { setting, durationMs, state, step } = run;
    const elapsed = run.elapsedMs ?? this.#elapsedMs(run);
    const isEnding = state === 'playing' && !setting.repeat;
    return {
      state,
      steps: setting.steps.map(({ at, faults }) => ({
        at: durationText(at),
        faults: showPlan(withGiven(noFaults, faults)),
      })),
      repeat: setting.repeat,
      duration: durationText(durationMs),
      step,
      elapsed: durationText(elapsed),
      endsIn: isEnding ? durationText(Math.max(0, durationMs - elapsed)) : null,
    };
  }

  async #play(run: Run): Promise<void> {
    const { setting, durationMs } = run;
    const { signal } = run.controller;
    for (;;) {
      for (const [index, step] of setting.steps.entries()) {
        // A step that is due is set synchronously, so the response to the start of a timeline shows its first step.
        const remainingMs = this.#remainingMs(step.at, run);
        if (remainingMs > 0) await wait(this.clock, remainingMs, signal);
        signal.throwIfAborted();
        run.step = index;
        this.faults.replace(step.faults, `step ${index} of the timeline, at ${durationText(step.at)}`);
      }
      if (!setting.repeat && this.#remainingMs(durationMs, run) <= 0) break;
      // At least one timer for each repetition, so that a very short one cannot block the event loop.
      await wait(this.clock, Math.max(1, this.#remainingMs(durationMs, run)), signal);
      if (!setting.repeat) break;
      // Repetitions that are over already are left out.
      run.startedAt += durationMs * Math.max(1, Math.floor(-this.#remainingMs(0, run) / durationMs));
    }
    this.#end(run, 'ended');
  }

  /** Until a moment of the present repetition; negative when it has passed. */
  #remainingMs(at: number, { startedAt }: Run): number {
    return startedAt + at - this.clock.now();
  }

  #end(run: Run, state: 'ended' | 'stopped'): void {
    run.elapsedMs = this.#elapsedMs(run);
    run.state = state;
  }

  /** In whole milliseconds. */
  #elapsedMs(run: Run): number {
    return Math.floor(this.clock.now() - run.startedAt);
  }
}
