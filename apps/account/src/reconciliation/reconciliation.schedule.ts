import { scheduleInBackground, systemClock, type Cancel, type Clock, type Random } from '@breakwater/resilience';
import { Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { Reconciler, RoundEnd } from './reconciler.ts';

export interface ScheduleOptions {
  /** From the end of a round to the next, plus or minus a fifth, so that replicas do not run in step. */
  readonly intervalMs: number;
  /** Real time, also where policies run on a scaled clock. Default: the system's clock. */
  readonly clock?: Clock;
  /** Default: `Math.random`. */
  readonly random?: Random;
}

/**
 * Runs rounds one at a time, whether they fail or not: the first one an interval after the start of the application, and
 * none once its shutdown begins.
 */
export class ReconciliationSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Reconciliation');
  readonly #reconciler: Pick<Reconciler, 'runRound'>;
  readonly #intervalMs: number;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #shutdown = new AbortController();
  #cancelNext: Cancel = () => {};
  #running: Promise<void> = Promise.resolve();
  /** The errors of the current outage that have been logged; empty when the last round that used the database succeeded. */
  readonly #loggedErrors = new Set<string>();

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

  /** Claims no further accounts and waits for in-flight calls, whose results still count; all other claims are released. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#cancelNext();
    this.#shutdown.abort();
    await this.#running;
  }

  #scheduleNext(): void {
    if (this.#shutdown.signal.aborted) return;
    const jitter = 0.8 + 0.4 * this.#random();
    this.#cancelNext = scheduleInBackground(this.#clock, this.#intervalMs * jitter, () => {
      this.#running = this.#run().then(() => this.#scheduleNext());
    });
  }

  /** Runs rounds while there is more work at once. Never rejects. */
  async #run(): Promise<void> {
    try {
      let end: RoundEnd;
      do {
        end = await this.#reconciler.runRound(this.#shutdown.signal);
        // A skipped round shows nothing about the database.
        if (end !== 'skipped') this.#logRecovery();
      } while (end === 'more');
    } catch (err) {
      this.#logFailure(err);
    }
  }

  #logRecovery(): void {
    if (this.#loggedErrors.size > 0) this.#logger.log('reconciliation works again');
    this.#loggedErrors.clear();
  }

  /** Logs each error once per outage, and not with every round. */
  #logFailure(err: unknown): void {
    const text = String(err);
    if (!this.#loggedErrors.has(text)) {
      this.#logger.error({ err }, 'reconciliation fails; it is tried again with the next round');
    }
    this.#loggedErrors.add(text);
  }
}
