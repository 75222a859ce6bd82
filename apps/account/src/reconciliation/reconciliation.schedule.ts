import { systemClock, type Cancel, type Clock, type Random } from '@breakwater/resilience';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Reconciler } from './reconciler.ts';

export interface ScheduleOptions {
  /** Between the end of a round and the next, give or take a fifth, so that replicas don't go in step. */
  readonly intervalMs: number;
  /** The clock on the wall, also where policies go by a faster one. Default: the system's. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/** Says when there is a round: one at a time, from the application's start until its end, whatever becomes of them. */
export class ReconciliationSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Reconciliation');
  readonly #reconciler: Pick<Reconciler, 'runRound'>;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #shutdown = new AbortController();
  #cancelNext: Cancel = () => {};
  #underWay: Promise<void> = Promise.resolve();
  #isFailing = false;

  constructor(
    reconciler: Pick<Reconciler, 'runRound'>,
    { intervalMs, clock = systemClock, random = Math.random }: ScheduleOptions,
  ) {
    this.#reconciler = reconciler;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
    this.#random = random;
  }

  onApplicationBootstrap(): void {
    this.#scheduleNext();
  }

  /** Claims nothing more, and waits for what is under way: customer's answers still count, the rest is given back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#cancelNext();
    this.#shutdown.abort();
    await this.#underWay;
  }

  #scheduleNext(): void {
    if (this.#shutdown.signal.aborted) return;
    const jitter = 0.8 + 0.4 * this.#random();
    this.#cancelNext = this.#clock.schedule(this.#intervalMs * jitter, () => {
      this.#underWay = this.#work().then(() => this.#scheduleNext());
    });
  }

  /** Rounds, one after the other, while there is more to do at once. Never rejects. */
  async #work(): Promise<void> {
    try {
      while ((await this.#reconciler.runRound(this.#shutdown.signal)) === 'more');
      if (this.#isFailing) this.#logger.log('goes on');
      this.#isFailing = false;
    } catch (err) {
      // Said when it begins and not with every round: an outage is long, and a round is short.
      if (!this.#isFailing) this.#logger.error({ err }, 'comes to a halt, and is tried again with the next round');
      this.#isFailing = true;
    }
  }
}
