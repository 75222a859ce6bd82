import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop says that it is there. */
const resolutionMs = 20;
/** Over which the delay is averaged. */
const windowMs = 1_000;

/**
 * By how much the event loop is late on average, measured anew each second. Overload lasts: a second in which the whole process
 * stood still, as on a machine that others use too, is none until another one follows.
 */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #timer: NodeJS.Timeout | undefined;
  /** Of the last two whole seconds, in milliseconds. */
  #means: readonly [before: number, last: number] = [0, 0];

  /** Of the better of the last two whole seconds, in milliseconds; 0 before they are over. */
  get ms(): number {
    return Math.min(...this.#means);
  }

  /** To be called when the service is up: its start takes all of the event loop, and is no overload. */
  start(): void {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#measure(), windowMs).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #measure(): void {
    const { mean, count } = this.#histogram;
    const [, last] = this.#means;
    this.#means = [last, count === 0 ? 0 : Math.max(0, mean / 1e6 - resolutionMs)];
    this.#histogram.reset();
  }
}
