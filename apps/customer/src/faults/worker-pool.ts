/** How many may be served at a time, and how many may wait. */
export interface PoolSize {
  readonly workers: number;
  readonly queue: number;
}

/** Workers that are given out one by one, and a queue for those who come when all are busy: first come, first served. */
export class WorkerPool {
  readonly #waiting = new Set<() => void>();
  #size: PoolSize;
  #busy = 0;

  constructor(size: PoolSize) {
    this.#size = size;
  }

  get busy(): number {
    return this.#busy;
  }

  get queueLength(): number {
    return this.#waiting.size;
  }

  /**
   * Takes a worker, now or when it is one's turn; undefined where all are busy and the queue is full.
   *
   * @param signal gives the place in the queue up, and rejects with its reason
   */
  take(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#busy < this.#size.workers) {
      this.#busy++;
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#size.queue) return undefined;
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      signal?.addEventListener('abort', () => {
        if (this.#waiting.delete(resolve)) reject(signal.reason as Error);
      });
    });
  }

  /** Gives a worker back, to whoever has waited longest. */
  giveBack(): void {
    this.#busy--;
    this.#serveWaiting();
  }

  /** Fewer workers: those who have one keep it until they are done. A shorter queue: those who are in it stay. */
  resize(size: PoolSize): void {
    this.#size = size;
    this.#serveWaiting();
  }

  #serveWaiting(): void {
    for (const serve of this.#waiting) {
      if (this.#busy >= this.#size.workers) return;
      this.#waiting.delete(serve);
      this.#busy++;
      serve();
    }
  }
}
