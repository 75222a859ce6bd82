import type { Clock } from '@breakwater/resilience';
import { formatDuration } from '@breakwater/service-kit';
import { Logger } from '@nestjs/common';
import { healthy, showPlan, withGiven } from './fault-plan.ts';
import type { TimelineReport } from './faults-report.schema.ts';
import type { Faults } from './faults.ts';
import type { TimelineSetting } from './timeline.schema.ts';
import { wait } from './wait.ts';

/** A timeline and where it is. */
interface Play {
  readonly setting: TimelineSetting;
  readonly durationMs: number;
  readonly controller: AbortController;
  state: 'playing' | 'ended' | 'stopped';
  roundStart: number;
  step: number | null;
  /** What was left on the clock when it stopped. */
  elapsedAtEnd: number | undefined;
}

/** Plays one timeline of faults at a time. */
export class Timeline {
  readonly #logger = new Logger(Timeline.name);
  #play: Play | undefined;

  constructor(
    private readonly faults: Faults,
    private readonly clock: Clock,
  ) {}

  /** Begins a timeline, in place of one that plays. A step at 0 is set at once. */
  start(setting: TimelineSetting): void {
    this.stop();
    const play: Play = {
      setting,
      durationMs: setting.duration ?? setting.steps.at(-1)?.at ?? 0,
      controller: new AbortController(),
      state: 'playing',
      roundStart: this.clock.now(),
      step: null,
      elapsedAtEnd: undefined,
    };
    this.#play = play;
    this.#run(play).catch((err: unknown) => {
      if (!play.controller.signal.aborted) this.#logger.error({ err }, 'the timeline of faults broke');
    });
  }

  /** Plays no further. The faults stay as they are. */
  stop(): void {
    if (this.#play?.state !== 'playing') return;
    this.#end(this.#play, 'stopped');
    this.#play.controller.abort();
  }

  get report(): TimelineReport {
    const play = this.#play;
    if (!play) return { state: 'none' };
    const { setting, durationMs, state, step } = play;
    const elapsed = play.elapsedAtEnd ?? this.#elapsed(play);
    const isEnding = state === 'playing' && !setting.repeat;
    return {
      state,
      steps: setting.steps.map(({ at, faults }) => ({
        at: formatDuration(at),
        faults: showPlan(withGiven(healthy, faults)),
      })),
      repeat: setting.repeat,
      duration: formatDuration(durationMs),
      step,
      elapsed: formatDuration(elapsed),
      endsIn: isEnding ? formatDuration(Math.max(0, durationMs - elapsed)) : null,
    };
  }

  async #run(play: Play): Promise<void> {
    const { setting, durationMs } = play;
    const { signal } = play.controller;
    for (;;) {
      for (const [index, step] of setting.steps.entries()) {
        // What is due is set within this turn, so that who starts a timeline finds its first step set.
        const left = this.#left(step.at, play);
        if (left > 0) await wait(this.clock, left, signal);
        signal.throwIfAborted();
        play.step = index;
        this.faults.replace(step.faults, `step ${index} of the timeline, at ${formatDuration(step.at)}`);
      }
      if (!setting.repeat && this.#left(durationMs, play) <= 0) break;
      // A round that is late ends in another turn all the same: one shorter than a turn would never let go.
      await wait(this.clock, Math.max(1, this.#left(durationMs, play)), signal);
      if (!setting.repeat) break;
      // Rounds that were missed are left out.
      play.roundStart += durationMs * Math.max(1, Math.floor(-this.#left(0, play) / durationMs));
    }
    this.#end(play, 'ended');
  }

  /** Until a moment of the round, in milliseconds; negative when it is over. */
  #left(at: number, { roundStart }: Play): number {
    return roundStart + at - this.clock.now();
  }

  #end(play: Play, state: 'ended' | 'stopped'): void {
    play.elapsedAtEnd = this.#elapsed(play);
    play.state = state;
  }

  /** In whole milliseconds. */
  #elapsed(play: Play): number {
    return Math.floor(this.clock.now() - play.roundStart);
  }
}
