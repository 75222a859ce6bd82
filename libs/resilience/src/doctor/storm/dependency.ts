import type { Cancel, Clock } from '../../core/clock.ts';
import type { Random } from '../../core/interval-function.ts';
import { type CallContext, whenAborted } from '../../core/policy.ts';
import { Queue, type Waiting } from './queue.ts';
import type { ServiceTime, StormModel } from './storm-model.ts';

/** A call in the queue or at a worker. */
interface Job extends Waiting {
  readonly succeed: () => void;
  readonly fail: (error: unknown) => void;
  isAbandoned: boolean;
  /** Frees its worker before the work is done; `undefined` while it waits. */
  stop: (() => void) | undefined;
}

/** How the trigger changes a dependency; each is 1 without it. */
export interface Condition {
  /** The share of the workers that are there. */
  readonly workers: number;
  /** Times the service time. */
  readonly slowness: number;
  /** The share of calls that succeed. */
  readonly successes: number;
}

export const healthy: Condition = { workers: 1, slowness: 1, successes: 1 };

/** One replica of a dependency with finite capacity: workers, and a queue in front of them. */
export class FiniteDependency {
  condition: Condition = healthy;
  readonly #model: StormModel;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #error: Error;
  readonly #queue: Queue<Job>;
  #busy = 0;

  /** @param error of a call that fails or is refused */
  constructor(model: StormModel, clock: Clock, random: Random, error: Error) {
    this.#model = model;
    this.#clock = clock;
    this.#random = random;
    this.#error = error;
    this.#queue = new Queue(model.discipline, clock, (job) => job.fail(error));
  }

  /** Calls that wait for a worker, including those whose callers have left, if they are worked on. */
  get backlog(): number {
    return this.#queue.length;
  }

  call(context: CallContext): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#busy >= this.#workers && this.#queue.length >= this.#model.queue) {
        reject(this.#error);
        return;
      }
      const job: Job = {
        arrivedAt: this.#clock.now(),
        succeed: resolve,
        fail: reject,
        isAbandoned: false,
        stop: undefined,
      };
      this.#queue.add(job);
      whenAborted(context, (reason) => {
        this.#abandon(job);
        reject(reason);
      });
      this.startWaiting();
    });
  }

  /** Gives calls to workers that are free, e.g. because there are more of them again. */
  startWaiting(): void {
    while (this.#busy < this.#workers) {
      const job = this.#queue.take();
      if (job === undefined) return;
      this.#work(job);
    }
  }

  get #workers(): number {
    return Math.floor(this.#model.workers * this.condition.workers + 1e-9);
  }

  #work(job: Job): void {
    this.#busy++;
    const fails = this.#random() >= this.condition.successes;
    const { serviceTimeMs, serviceTime } = this.#model;
    const durationMs = serviceTimeMs * this.condition.slowness * factorOf(serviceTime, this.#random);
    const free = (): void => {
      this.#busy--;
      job.stop = undefined;
      this.startWaiting();
    };
    const cancel: Cancel = this.#clock.schedule(durationMs, () => {
      if (fails) job.fail(this.#error);
      else job.succeed();
      free();
    });
    job.stop = () => {
      cancel();
      free();
    };
  }

  #abandon(job: Job): void {
    if (this.#model.abandonedWork === 'kept') return;
    job.isAbandoned = true;
    if (job.stop === undefined) this.#queue.abandon();
    else job.stop();
  }
}

/** A random factor with mean 1. The long tail is log-normal: 1 % of calls take more than six times the mean. */
function factorOf(serviceTime: ServiceTime, random: Random): number {
  if (serviceTime === 'fixed') return 1;
  if (serviceTime === 'exponential') return -Math.log(1 - random());
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.exp(normal - 0.5);
}
