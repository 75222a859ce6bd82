/** A page that reloads, or whose connection breaks, finds the history of the time in between. */
const lingerMs = 30_000;

/** Runs a monitor while pages are connected and 30 s longer. */
export class Watch {
  readonly #monitor: { start(): void; stop(): void };
  #stopping: NodeJS.Timeout | undefined;

  constructor(monitor: { start(): void; stop(): void }) {
    this.#monitor = monitor;
  }

  /** @param pages number of connected pages */
  setPages(pages: number): void {
    clearTimeout(this.#stopping);
    if (pages > 0) this.#monitor.start();
    else this.#stopping = setTimeout(() => this.#monitor.stop(), lingerMs).unref();
  }

  /** Stops at once. */
  end(): void {
    clearTimeout(this.#stopping);
    this.#monitor.stop();
  }
}
