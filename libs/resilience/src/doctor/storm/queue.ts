import type { Clock } from '../../core/clock.ts';
import type { QueueDiscipline } from './storm-model.ts';

/** CoDel's own defaults for the wait that it permits, and for how long it may be exceeded (RFC 8289). */
const codelTargetMs = 5;
const codelIntervalMs = 100;

/** A call that waits. */
export interface Waiting {
  readonly arrivedAt: number;
  /** Whether it is not to be worked on, because its caller has left. */
  readonly isAbandoned: boolean;
}

/** The calls that wait for a worker. An abandoned one stays in the list, but is not taken. */
export class Queue<J extends Waiting> {
  readonly #discipline: QueueDiscipline;
  readonly #clock: Clock;
  readonly #refuse: (job: J) => void;
  #jobs: J[] = [];
  /** The index of the oldest. */
  #first = 0;
  #abandoned = 0;
  /** CoDel: when the wait will have been too long for an interval, and when to refuse next. */
  #tooLongAt: number | undefined;
  #refuseAt: number | undefined;
  #refused = 0;

  /** @param refuse ends a call that CoDel takes out */
  constructor(discipline: QueueDiscipline, clock: Clock, refuse: (job: J) => void) {
    this.#discipline = discipline;
    this.#clock = clock;
    this.#refuse = refuse;
  }

  get length(): number {
    return this.#jobs.length - this.#first - this.#abandoned;
  }

  add(job: J): void {
    this.#jobs.push(job);
  }

  /** One of the waiting calls has been abandoned. */
  abandon(): void {
    this.#abandoned++;
  }

  take(): J | undefined {
    if (this.#discipline === 'lifo') return this.#next(() => this.#jobs.pop());
    if (this.#discipline === 'fifo') return this.#next(() => this.#oldest());
    return this.#takeByCodel();
  }

  #next(take: () => J | undefined): J | undefined {
    for (let job = take(); job !== undefined; job = take()) {
      if (!job.isAbandoned) return job;
      this.#abandoned--;
    }
    return undefined;
  }

  #oldest(): J | undefined {
    if (this.#first === this.#jobs.length) return undefined;
    const job = this.#jobs[this.#first++];
    if (this.#first > 1_000 && this.#first * 2 > this.#jobs.length) {
      this.#jobs = this.#jobs.slice(this.#first);
      this.#first = 0;
    }
    return job;
  }

  /** Refuses calls ever more often while each has waited longer than the target, after an interval of that. */
  #takeByCodel(): J | undefined {
    for (;;) {
      const job = this.#next(() => this.#oldest());
      const now = this.#clock.now();
      if (job === undefined || now - job.arrivedAt < codelTargetMs) {
        this.#tooLongAt = undefined;
        this.#refuseAt = undefined;
        return job;
      }
      this.#tooLongAt ??= now + codelIntervalMs;
      if (now < this.#tooLongAt) return job;
      if (this.#refuseAt === undefined) {
        this.#refuseAt = now;
        this.#refused = 0;
      }
      if (now < this.#refuseAt) return job;
      this.#refused++;
      this.#refuseAt += codelIntervalMs / Math.sqrt(this.#refused);
      this.#refuse(job);
    }
  }
}
