import { ProblemException } from '@breakwater/service-kit';
import { z } from 'zod';
import { defineFault, faultKinds, objectLike, wholeNumber, type Exchange, type Fault, type Next } from './fault.ts';

interface PoolSize {
  /** How many requests are served at a time. */
  readonly workers: number;
  /** How many more may wait. */
  readonly queue: number;
}

/** A limited number of workers with a FIFO queue in front of them. */
export class WorkerPool {
  readonly #queue = new Set<() => void>();
  #size: PoolSize;
  #busy = 0;

  constructor(size: PoolSize) {
    this.#size = size;
  }

  get busy(): number {
    return this.#busy;
  }

  get queueLength(): number {
    return this.#queue.size;
  }

  /**
   * Takes a worker as soon as one is free.
   *
   * @param signal leaves the queue when it aborts, and rejects with its reason
   * @returns undefined when all workers are busy and the queue is full
   */
  take(signal?: AbortSignal): Promise<void> | undefined {
    if (this.#busy < this.#size.workers) {
      this.#busy++;
      return Promise.resolve();
    }
    if (this.#queue.size >= this.#size.queue) return undefined;
    return new Promise((resolve, reject) => {
      this.#queue.add(resolve);
      signal?.addEventListener('abort', () => {
        if (this.#queue.delete(resolve)) reject(signal.reason as Error);
      });
    });
  }

  /** Returns a worker, which goes to the head of the queue. */
  giveBack(): void {
    this.#busy--;
    this.#serveQueue();
  }

  /** Busy workers finish even if there are fewer now; a shorter queue keeps its present entries. */
  resize(size: PoolSize): void {
    this.#size = size;
    this.#serveQueue();
  }

  #serveQueue(): void {
    for (const serve of this.#queue) {
      if (this.#busy >= this.#size.workers) return;
      this.#queue.delete(serve);
      this.#busy++;
      serve();
    }
  }
}

const setting = objectLike('{"workers":8,"queue":100}', {
  workers: wholeNumber(1, 10_000).describe('How many requests are served at the same time.'),
  queue: wholeNumber(0, 100_000).describe('How many more may wait, in FIFO order. Further requests get 503.'),
  abandonedWork: z
    .enum(['kept', 'dropped'], { error: 'must be one of kept, dropped' })
    .default('kept')
    .describe('Whether a request is still worked on after its client has disconnected.'),
});

type CapacitySetting = z.output<typeof setting>;

const unlimited: PoolSize = { workers: Infinity, queue: Infinity };
const never = new AbortController().signal;

/**
 * A limited number of workers, so that latency grows with load. With abandoned work kept, an overloaded service works for
 * clients that have disconnected, and collapses under their retries.
 */
export class Capacity implements Fault<CapacitySetting> {
  #current: { readonly setting: CapacitySetting; readonly pool: WorkerPool } | undefined;

  constructor(private readonly count: () => void) {}

  get isActive(): boolean {
    return this.#current !== undefined;
  }

  get report(): { workers: number; busy: number; queueLength: number } | undefined {
    if (!this.#current) return undefined;
    const { setting, pool } = this.#current;
    return { workers: setting.workers, busy: pool.busy, queueLength: pool.queueLength };
  }

  readonly gauges = [
    this.#gauge('customer_capacity_workers', 'How many requests are served at a time; 0: without a limit.', 'workers'),
    this.#gauge('customer_capacity_workers_busy', 'Busy workers, also for disconnected clients.', 'busy'),
    this.#gauge('customer_capacity_queue_length', 'Requests that wait for a worker.', 'queueLength'),
  ];

  /** Without a limit, the whole queue is served immediately. */
  set(setting: CapacitySetting | null): void {
    const pool = this.#current?.pool;
    pool?.resize(setting ?? unlimited);
    this.#current = setting ? { setting, pool: pool ?? new WorkerPool(setting) } : undefined;
  }

  /** @throws the signal's reason as soon as it aborts; ProblemException when the queue is full */
  async apply(exchange: Exchange, next: Next): Promise<unknown> {
    if (!this.#current) return next(exchange);
    const { signal } = exchange;
    signal.throwIfAborted();
    const { setting, pool } = this.#current;
    const isKept = setting.abandonedWork === 'kept';
    const turn = pool.take(isKept ? undefined : signal);
    if (!turn) {
      this.count();
      throw new ProblemException({
        ...faultKinds['capacity-exceeded'],
        detail: 'All workers are busy and the queue is full. Try again later.',
        headers: { 'retry-after': '1' },
      });
    }
    const work = () => next(isKept ? { ...exchange, signal: never } : exchange);
    const working = turn.then(() => work().finally(() => pool.giveBack()));
    return isKept ? untilAborted(working, signal) : working;
  }

  #gauge(name: string, help: string, figure: 'workers' | 'busy' | 'queueLength') {
    return { name, help, read: () => this.report?.[figure] ?? 0 };
  }
}

/** The work itself continues after an abort. */
function untilAborted(working: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    working.then(resolve, reject);
  });
}

export const capacity = defineFault({
  name: 'capacity',
  description: 'A limited number of workers, each busy for the latency of its request, with a queue in front of them.',
  setting,
  report: z
    .object({ workers: z.int(), busy: z.int(), queueLength: z.int() })
    .nullable()
    .describe('Null when capacity is not limited.'),
  create: ({ count }) => new Capacity(count),
});
