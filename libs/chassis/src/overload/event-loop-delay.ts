import { monitorEventLoopDelay } from 'node:perf_hooks';

/** How often the event loop says that it is there. */
const resolutionMs = 20;
/** Over which the delay is averaged: long enough that one slow turn is no overload, short enough to be over soon. */
const windowMs = 1_000;

/** By how much the event loop is late on average, measured anew each second. */
export class EventLoopDelay {
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #timer: NodeJS.Timeout | undefined;
  #ms = 0;

  /** Of the last whole second, in milliseconds; 0 before the first is over. */
  get ms(): number {
    return this.#ms;
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
    this.#ms = count === 0 ? 0 : Math.max(0, mean / 1e6 - resolutionMs);
    this.#histogram.reset();
  }
}
